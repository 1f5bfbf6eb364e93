//! The guardian of a definition, role `cancel`: who alone satisfies it ends an open action. Who else can still say no, and
//! until when; where a guardian stops nothing; what roles without a policy mean.

use super::calls::Call;
use super::policy::{Explained, current_policy, may_be_satisfied, readable};
use crate::client::ChainError;
use crate::model::{BlockedBy, Readiness, role_of};
use crate::names::Names;
use crate::registry::Registry;
use crate::text::utc;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use stylus_registry_core::policy::Policy;
use stylus_upgrades_interface::role::MIGRATE;

/// The role of the guardian.
pub const CANCEL: &str = "cancel";
/// The role that stops instances.
pub const PAUSE: &str = "pause";

/// A role that has no policy of its own, and who acts in it all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsetRole {
    /// The role.
    pub role: String,
    /// The accounts that act in it, each of them alone; nobody where it is empty.
    pub any_one_of: Vec<Address>,
}

impl UnsetRole {
    /// The roles that act and have no policy. `is_set` tells which have one; `migrate` is the policy of that role, which the
    /// registry itself does not have.
    pub fn all(is_set: impl Fn(&str) -> bool, migrate: Option<&Explained>) -> Vec<Self> {
        let pause = migrate.filter(|_| !is_set(PAUSE)).map(|migrate| Self {
            role: PAUSE.into(),
            any_one_of: migrate.approvers.clone(),
        });
        let cancel = (!is_set(CANCEL)).then(|| Self {
            role: CANCEL.into(),
            any_one_of: Vec::new(),
        });
        pause.into_iter().chain(cancel).collect()
    }

    /// The role in words: `pause: any one of Ana, Ben, Cleo (not set)`, `cancel: nobody (not set)`.
    pub fn line(&self, names: &Names) -> String {
        let role = &self.role;
        let who: Vec<String> = self
            .any_one_of
            .iter()
            .map(|who| names.short(*who))
            .collect();
        match who.as_slice() {
            [] => format!("{role}: nobody (not set)"),
            [one] => format!("{role}: {one} (not set)"),
            all => format!("{role}: any one of {} (not set)", all.join(", ")),
        }
    }
}

/// A line where role `policy` undoes the delay of `migrate` at once, for a definition with these policies.
pub fn missing_policy_delay(policies: &[Explained]) -> Option<String> {
    let of = |role: &str| policies.iter().find(|policy| policy.role == role);
    let (migrate, policy) = (of("migrate")?, of("policy")?);
    let is_hasty =
        !migrate.delays.is_empty() && policy.delays.is_empty() && policy.fewest.is_some();
    is_hasty.then(|| {
        "role policy has no AFTER: its approvers can remove the delay of role migrate at once"
            .into()
    })
}

/// Lines on what a guardian does not stop, for a definition with these policies.
pub fn guardian_limits(policies: &[Explained]) -> Vec<String> {
    let timed = ["migrate", "create"];
    let powerless = policies
        .iter()
        .any(|policy| policy.role == CANCEL && policy.alone.is_empty() && policy.fewest.is_some());
    let hasty = policies.iter().filter(|policy| {
        timed.contains(&policy.role.as_str()) && policy.delays.is_empty() && policy.fewest.is_some()
    });
    let hasty: Vec<&str> = hasty.map(|policy| policy.role.as_str()).collect();
    let mut lines = Vec::new();
    if powerless {
        lines.push(
            "nobody satisfies role cancel alone, so it ends no action: name guardians by OR".into(),
        );
    }
    if !hasty.is_empty() {
        lines.push(format!(
            "the guardian has no time where the last approval executes: no AFTER in the policy of {}",
            hasty.join(" and ")
        ));
    }
    lines.push(
        "the guardian stops no change of policies, and no signatures for a later round".into(),
    );
    lines
}

/// A reason for which somebody can end an open action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelReason {
    /// They alone satisfy role `cancel`.
    Guardian,
    /// They alone satisfy the role of the action.
    Alone,
    /// They proposed it, and the others do not satisfy the policy without them.
    Proposer,
}

/// Somebody who can end an open action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancelRight {
    /// The account that can cancel.
    pub account: Address,
    /// The reason why it can.
    pub reason: CancelReason,
}

/// Rights to end an open action, and the time until which they last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancelRights {
    /// The accounts that can end it, with reasons.
    pub who: Vec<CancelRight>,
    /// True if a guardian counts for the action, if the definition has one.
    pub has_guardian: bool,
    /// True if it changes a policy, which no guardian stops.
    pub changes_policy: bool,
    /// Unix seconds from which it can be executed, where a delay runs or is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_from: Option<u64>,
    /// True if the last approval executes it at once.
    pub is_immediate: bool,
    /// True if anybody can execute it now.
    pub is_due: bool,
    /// Unix seconds up to which it is open.
    pub expires: u64,
}

/// The policies that decide who can end an open action.
#[derive(Debug, Clone, Copy)]
struct CancelPolicies<'a> {
    /// The role of the action.
    pub role: &'a str,
    /// The policy that decides it.
    pub decides: &'a str,
    /// The policy whose holders end it alone: of `resume` that of `migrate`, of others the one that decides.
    pub alone: &'a str,
    /// The policy of the guardian, if it is set.
    pub guardian: Option<&'a str>,
}

impl CancelRights {
    /// Of an open action that is decided by a policy of a role.
    ///
    /// # Errors
    /// `PolicyUnreadable` where a policy cannot be understood; what the chain says.
    pub async fn read(
        registry: Registry<'_>,
        call: &Call,
        (role, decides): (&str, &str),
        (proposer, open): (Address, &Readiness),
    ) -> Result<Self, ChainError> {
        let name = call.definition();
        let alone = match call {
            Call::Resume(_) => Some(registry.policy(name, MIGRATE).await?),
            _ => None,
        };
        let guardian = current_policy(registry, name, CANCEL).await?;
        let policies = CancelPolicies {
            role,
            decides,
            alone: alone.as_deref().unwrap_or(decides),
            guardian: guardian.as_deref(),
        };
        Self::new(call, policies, proposer, open)
    }

    /// The same by these policies.
    ///
    /// # Errors
    /// `PolicyUnreadable` where a policy cannot be understood.
    fn new(
        call: &Call,
        policies: CancelPolicies<'_>,
        proposer: Address,
        open: &Readiness,
    ) -> Result<Self, ChainError> {
        let CancelPolicies { role, guardian, .. } = policies;
        let decides = readable(role, policies.decides)?;
        let changes_policy = matches!(call, Call::SetPolicy(_));
        let guardian = guardian.map(|text| readable(CANCEL, text)).transpose()?;
        let guardian = guardian.filter(|_| !changes_policy);
        let mut who: Vec<CancelRight> = Vec::new();
        let mut add = |account: Address, reason| {
            if !who.iter().any(|right| right.account == account) {
                who.push(CancelRight { account, reason });
            }
        };
        for account in guardian.iter().flat_map(alone) {
            add(account, CancelReason::Guardian);
        }
        let is_by_any_one = matches!(call, Call::Pause(_)) && role_of(role, |_| false) != PAUSE;
        if !is_by_any_one {
            for account in alone(&readable(role, policies.alone)?) {
                add(account, CancelReason::Alone);
            }
        }
        let others = open.approved.iter().filter(|account| **account != proposer);
        let others = others.fold(0, |bits, account| bits | decides.bit(*account));
        if !may_be_satisfied(&decides, others) {
            add(proposer, CancelReason::Proposer);
        }
        // The version that a resumption starts went through the delays.
        let waits = !decides.delays.is_empty() && !matches!(call, Call::Resume(_));
        Ok(Self {
            who,
            has_guardian: guardian.is_some(),
            changes_policy,
            executed_from: Some(open.not_before).filter(|from| *from > 0),
            is_immediate: !waits && open.blocked_by == BlockedBy::Approvals,
            is_due: open.blocked_by == BlockedBy::Nothing,
            expires: open.expires,
        })
    }

    /// The same in words: `can still say no: Gus (guardian), until it is executed, 2026-… at the earliest`.
    pub fn words(&self, names: &Names) -> String {
        let who: Vec<String> = self
            .who
            .iter()
            .map(|right| {
                let reason = match right.reason {
                    CancelReason::Guardian => "guardian",
                    CancelReason::Alone => "decides alone",
                    CancelReason::Proposer => "proposer",
                };
                format!("{} ({reason})", names.short(right.account))
            })
            .collect();
        let guardian = if self.has_guardian {
            ""
        } else if self.changes_policy {
            "; no guardian stops a change of policies"
        } else {
            "; cancel: nobody (not set)"
        };
        if who.is_empty() {
            return format!("nobody can end it any more{guardian}");
        }
        let until = match self.executed_from {
            _ if self.is_immediate => "until the last approval, which executes it".to_owned(),
            _ if self.is_due => "until somebody executes it, which anybody can do now".to_owned(),
            Some(from) => format!("until it is executed, {} at the earliest", utc(from)),
            None => format!("until it is executed, or expires at {}", utc(self.expires)),
        };
        format!("can still say no: {}, {until}{guardian}", who.join(", "))
    }
}

/// Lists the accounts that satisfy a policy without anybody else.
fn alone(policy: &Policy) -> Vec<Address> {
    let accounts = policy.approvers.iter().map(|leaf| leaf.address);
    accounts
        .filter(|account| policy.is_satisfied_alone(policy.bit(*account)))
        .collect()
}

#[cfg(test)]
mod tests;
