//! Progress of an action, in words and as fields: the accounts that approved, those that are missing, the obstacle and the
//! time.

use super::needed::Needed;
use super::send_call::{Approved, CallOutcome};
use crate::model::{BlockedBy, Readiness};
use crate::names::Names;
use crate::text::{count, utc};
use alloy::primitives::Address;

/// The need of an action that no approval can complete.
const NOBODY_LEFT: &str = "what no approval gives: the same command proposes it again";

/// Explains why an open action is not executed.
pub fn not_executed(readiness: &Readiness) -> String {
    let more = readiness.more();
    match readiness.blocked_by {
        BlockedBy::Approvals => format!("{} needed", count(more, "more approval")),
        BlockedBy::Delay => format!("a delay runs until {}", utc(readiness.not_before)),
        BlockedBy::Nothing => "anybody may execute it now".into(),
        BlockedBy::Lambda => "it waits for the consent of a contract in the policy".into(),
        BlockedBy::Expired => "it has expired".into(),
        other => format!("it waits for {other}"),
    }
}

/// Describes the progress of an open action in a sentence: `1 of 2 approvals: Ana. Still needed: Ben or Cleo, then 2 days.`
pub fn progress(
    open: &Readiness,
    needed: Option<&Needed>,
    refused: &[Address],
    names: &Names,
) -> String {
    let who = match open.approved.as_slice() {
        [] => "nobody".into(),
        approved => names.list(approved),
    };
    let (approvals, required) = (open.approvals, open.required);
    let still = still_needed(open, needed, refused, names);
    format!("{approvals} of {required} approvals: {who}. Still needed: {still}.")
}

/// Lists the approvals and delays that an open action still needs, in words that end a sentence: `Ben or Cleo, then 2 days`.
/// Where the policy is not known, `needed` is none, and all who may approve are named. `refused` are those who have refused
/// it.
pub fn still_needed(
    open: &Readiness,
    needed: Option<&Needed>,
    refused: &[Address],
    names: &Names,
) -> String {
    let (more, missing) = (usize::from(open.more()), open.needed());
    let all: Vec<String> = missing
        .iter()
        .map(|account| names.short(*account))
        .collect();
    let of_policy = needed.and_then(|needed| needed.words(names));
    let who = of_policy.unwrap_or_else(|| match more {
        _ if all.is_empty() && refused.is_empty() => NOBODY_LEFT.into(),
        _ if all.is_empty() => {
            let refused: Vec<String> = refused
                .iter()
                .map(|account| names.short(*account))
                .collect();
            format!("an approval of {}, who refused it", refused.join(" or "))
        }
        more if more == all.len() => all.join(" and "),
        1 => all.join(" or "),
        more => format!("{more} of {}", all.join(", ")),
    });
    let sooner = needed.map(Needed::who).unwrap_or_default();
    match open.blocked_by {
        BlockedBy::Approvals => who,
        BlockedBy::Delay if !sooner.is_empty() => format!(
            "the delay until {}, or sooner {}",
            utc(open.not_before),
            names.list(&sooner)
        ),
        BlockedBy::Delay => format!("the delay until {}", utc(open.not_before)),
        BlockedBy::Nothing => "anybody who executes it".into(),
        _ => not_executed(open),
    }
}

impl CallOutcome {
    /// Lines for people, the verdict first. `is_migration` says that an execution activates a version.
    pub fn lines(&self, is_migration: bool, names: &Names) -> Vec<String> {
        let action = self.action;
        let Some(open) = &self.readiness else {
            let done = if is_migration {
                " activated"
            } else {
                "  executed"
            };
            let mut lines = vec![format!("success {}{done}", self.counted())];
            if let Some(by) = &self.executed_by {
                let (who, tx) = (names.short(by.approver), by.tx);
                lines.push(format!("executed by another's approval: {who}, {tx}"));
            }
            return lines;
        };
        let needed = self
            .policy
            .as_ref()
            .and_then(|policy| policy.needed.as_ref());
        let refused = self
            .policy
            .as_ref()
            .map_or(&[][..], |policy| &policy.refused);
        let mut lines = vec![if is_migration && open.more() > 0 {
            let still = still_needed(open, needed, refused, names);
            format!(
                "success {}/{}  not executed: {still}",
                open.approvals, open.required
            )
        } else {
            progress(open, needed, refused, names)
        }];
        lines.push(format!("action     {action}"));
        if let Some(before) = &self.ended_before {
            lines.push(format!(
                "action {before} ended before this approval arrived: the approval proposed the same call again"
            ));
            lines.push(format!(
                "next: stylus-upgrades cancel {action}, unless you want the new proposal"
            ));
        }
        lines.push(format!("open until {}", utc(open.expires)));
        lines.push(match open.blocked_by {
            BlockedBy::Approvals => {
                format!(
                    "next: the same command, or stylus-upgrades approve {action}, by those needed"
                )
            }
            BlockedBy::Delay | BlockedBy::Nothing => {
                format!("next: stylus-upgrades execute {action}, by anybody")
            }
            _ => format!("next: stylus-upgrades pending {action}"),
        });
        lines
    }

    /// Counts the approvals that executed it. An approver who only executed it approved, too: more than the policy asks for
    /// are not counted.
    fn counted(&self) -> Approved {
        let fewest = self.policy.as_ref().map(|policy| policy.fewest);
        let most = fewest.unwrap_or(self.approved.approvals);
        if self.approved.approvals > most {
            Approved {
                approvals: most,
                required: most,
            }
        } else {
            self.approved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::Call;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    /// What an action still needs that one address and a contract decide, where the address has approved or refused it.
    fn still(policy: &str, approved: bool, refused: bool, blocked_by: BlockedBy) -> String {
        let (ana, lambda) = (Address::with_last_byte(1), Address::with_last_byte(9));
        let policy = policy.replace("ana", &format!("{ana:#x}"));
        let policy = policy.replace("lambda", &format!("{lambda:#x}"));
        let mut open = Readiness {
            approvals: u16::from(approved),
            required: 2,
            approved: if approved { vec![ana] } else { Vec::new() },
            missing: Vec::new(),
            not_before: 0,
            expires: 9,
            blocked_by,
        };
        let remove = abi::removeInstanceCall {
            name: "A".into(),
            proxy: ana,
            nonce: 0,
        };
        let call = Call::RemoveInstance(remove);
        let needed = Needed::narrowing(&call, "migrate", &policy, &mut open);
        let refused = if refused { vec![ana] } else { Vec::new() };
        let names: Names = [(ana, "ana".to_owned()), (lambda, "rates".to_owned())]
            .into_iter()
            .collect();
        still_needed(&open, needed.as_ref(), &refused, &names)
    }

    #[test]
    fn nobody_refused_what_a_contract_does_not_consent_to() {
        let both = "AND(ana,CALL(lambda))";
        for (policy, approved, refused, blocked_by, expected) in [
            (both, true, false, BlockedBy::Approvals, "rates consents"),
            (
                both,
                true,
                false,
                BlockedBy::Lambda,
                "it waits for the consent of a contract in the policy",
            ),
            (
                both,
                false,
                true,
                BlockedBy::Approvals,
                "an approval of ana, who refused it",
            ),
            (
                "ana",
                false,
                true,
                BlockedBy::Approvals,
                "an approval of ana, who refused it",
            ),
            (
                "ana",
                false,
                false,
                BlockedBy::Approvals,
                "what no approval gives: the same command proposes it again",
            ),
        ] {
            let said = still(policy, approved, refused, blocked_by);
            assert_eq!(said, expected, "{policy} {approved} {refused}");
        }
    }
}
