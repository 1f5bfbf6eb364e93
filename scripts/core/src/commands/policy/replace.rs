//! `policy replace`: one account in place of another one, in every role of every definition and of the registry.

use crate::context::prelude::*;
use crate::governance::{
    Call, EndedAction, GovernedCall, PolicyReplacement, RolePolicy, definitions,
    find_ended_actions, first_digits, is_approver, pending, policy_replacements,
};
use crate::ids::ActionId;
use crate::model::BlockedBy;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::confirm;
use crate::pipeline::judge::{check_and_send, judge};
use crate::text::{count, shell_word};
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::limits::OPEN_ACTIONS_MAX;

/// The report of `policy replace`.
#[derive(Serialize)]
pub(crate) struct ReplacementReport {
    /// The account that leaves.
    old: Address,
    /// The account that takes its place.
    new: Address,
    /// The policies that change, in their order.
    changes: Vec<ReplacementState>,
    /// Open actions that the changes end: they have to be proposed again.
    ends: Vec<EndedAction>,
    /// True if every policy has changed.
    executed: bool,
    /// The error that stopped the command after a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
}

/// The progress of one policy.
#[derive(Serialize)]
struct ReplacementState {
    #[serde(flatten)]
    change: PolicyReplacement,
    /// Its state.
    state: ChangeState,
    /// Its action, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ActionId>,
    /// The approvals or actions that it waits for, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<String>,
}

/// The state of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ChangeState {
    /// It is executed.
    Executed,
    /// Its action is open.
    Open,
    /// It is proposed once the other changes of its definition are executed: it would end them.
    AfterOthers,
    /// It is proposed in the next round: an account has so many open actions at most.
    NextRound,
    /// Others decide it.
    OfOthers,
    /// It was not tried: the command stopped before it.
    NotTried,
}

impl ChangeState {
    /// Its words.
    const fn words(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Open => "open",
            Self::AfterOthers => {
                "waits for the other changes of its definition, because it would end them"
            }
            Self::NextRound => "in the next round",
            Self::OfOthers => "decided by others",
            Self::NotTried => "not tried",
        }
    }
}

impl CommandReport for ReplacementReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let left = self.changes.iter();
        let left = left
            .filter(|change| change.state != ChangeState::Executed)
            .count();
        let all = count(self.changes.len(), "change");
        let mut lines = vec![if self.changes.is_empty() {
            let old = names.short(self.old);
            format!("nothing to replace: {old} stands in no policy that is in force")
        } else if self.executed {
            format!("success  {all} executed")
        } else {
            format!("waiting: {left} of {all} not executed")
        }];
        for ReplacementState {
            change,
            state,
            action,
            waits,
        } in &self.changes
        {
            let (of, role) = (of_registry(&change.definition), &change.role);
            let policy = names.policy(&change.policy);
            let mut line = format!("{of} {role}  {policy}  {}", state.words());
            if let Some(waits) = waits {
                line.push_str(&format!(": {waits}"));
            }
            if let Some(action) = action {
                line.push_str(&format!(" ({})", first_digits(*action)));
            }
            lines.push(line);
        }
        let of_others = |change: &&ReplacementState| change.state == ChangeState::OfOthers;
        for ReplacementState { change, .. } in self.changes.iter().filter(of_others) {
            let word = |text: &str| shell_word(text);
            lines.push(format!(
                "next: one of its approvers runs: stylus-upgrades policy update {} {} --role {} (a contract: --as ADDRESS --export \
                 FILE)",
                word(&change.definition),
                word(&change.policy),
                word(&change.role)
            ));
        }
        if !self.executed {
            let [old, new] = [self.old, self.new].map(|account| names.short(account));
            lines.push(format!(
                "next: the missing approvers run the same command: stylus-upgrades policy replace {old} {new}"
            ));
        }
        lines
    }

    fn exit(&self) -> Exit {
        match (&self.error, self.executed) {
            (Some(_), _) => Exit::Partial,
            (None, true) => Exit::Done,
            (None, false) => Exit::NotReady,
        }
    }
}

/// The definition, as a line names it.
fn of_registry(name: &str) -> &str {
    match name {
        "" => "the registry",
        name => name,
    }
}

/// Replaces an account in every policy that names it.
///
/// # Errors
/// `InvalidPolicy` where a policy would not be valid with the new account; what the chain says before anything was sent.
pub(super) async fn replace(context: &Context, old: &str, new: &str) -> Result<Outcome> {
    let [old, new] = [
        context.manifest.address(old)?,
        context.manifest.address(new)?,
    ];
    require_two(context, old, new)?;
    let session = Session::sending(context, "policy replace").await?;
    let policies = role_policies(session).await?;
    let changes = policy_replacements(&policies, old, new);
    for change in &changes {
        confirm::parsed(&change.role, &change.policy)?;
    }
    let mut report = ReplacementReport {
        old,
        new,
        executed: changes.is_empty(),
        ends: ended(session, &changes).await?,
        changes: Vec::new(),
        error: None,
    };
    let names = context.names();
    if changes.is_empty() {
        let old = names.long(old);
        context.note(format!("no policy names {old}: nothing to replace"));
        return Ok(context.outcome(&report));
    }
    for end in &report.ends {
        let EndedAction { action, what, .. } = end;
        context.note(format!(
            "! the changes end {what} ({}): propose it again afterwards",
            first_digits(*action)
        ));
    }
    for change in &changes {
        require_clear(session, change).await?;
    }
    let mut own_open = count_own_actions(session, &policies).await?;
    for change in changes {
        let mut others = report.changes.iter();
        let has_others = others.any(|other| {
            other.change.definition == change.definition && other.state != ChangeState::Executed
        });
        let mut state = ReplacementState {
            state: ChangeState::NotTried,
            action: None,
            waits: None,
            change,
        };
        if report.error.is_some() {
            // What comes after a failure is not tried.
        } else if state.change.ends_others() && has_others {
            state.state = ChangeState::AfterOthers;
        } else if own_open >= OPEN_ACTIONS_MAX {
            state.state = ChangeState::NextRound;
        } else if let Err(error) = decide(session, &mut state, &names).await {
            if report.changes.is_empty() {
                return Err(error);
            }
            let told = Report::of(&error);
            context.output.explain(&told);
            report.error = Some(told);
        }
        own_open += u32::from(state.state == ChangeState::Open);
        report.changes.push(state);
    }
    let mut states = report.changes.iter();
    report.executed = states.all(|change| change.state == ChangeState::Executed);
    Ok(context.outcome(&report))
}

/// Refuses an account in place of itself, and a file in place of several transactions.
fn require_two(context: &Context, old: Address, new: Address) -> Result<()> {
    if old == new {
        return Err(Error::Usage {
            message: "both accounts are the same".into(),
            expected: "an account, and the one that takes its place".into(),
            found: old.to_string(),
            next: "give the account that leaves first, then the new one".into(),
        });
    }
    if context.is_export() {
        return Err(Error::Usage {
            message: "policy replace decides several calls, and a file holds one".into(),
            expected: "policy replace without --export".into(),
            found: "--export".into(),
            next: "stylus-upgrades policy replace OLD NEW --dry-run lists them; export each with policy update".into(),
        });
    }
    Ok(())
}

/// The policies of every role of every definition and of the registry.
async fn role_policies(session: Session<'_>) -> Result<Vec<RolePolicy>> {
    let mut all = Vec::new();
    let mut names = definitions(session.registry).await?;
    names.push(String::new());
    for name in names {
        for role in confirm::roles(session, &name).await? {
            let expression = session.registry.policy(&name, &role).await?;
            all.push(RolePolicy {
                definition: name.clone(),
                role,
                expression,
            });
        }
    }
    Ok(all)
}

/// The open actions that these changes end, but the changes themselves.
async fn ended(session: Session<'_>, changes: &[PolicyReplacement]) -> Result<Vec<EndedAction>> {
    let own: Vec<Bytes> = changes.iter().map(calldata).collect();
    let names: BTreeSet<&str> = changes
        .iter()
        .map(|change| change.definition.as_str())
        .collect();
    let mut open = Vec::new();
    for name in names {
        open.extend(pending(session.registry, name).await?);
    }
    open.retain(|action| !own.contains(&action.call));
    let mut ended: BTreeMap<ActionId, EndedAction> = BTreeMap::new();
    for (change, bytes) in changes.iter().zip(&own) {
        let call = Call::SetPolicy(set_policy(change));
        let by_change = find_ended_actions(session.registry, (&call, bytes), &open).await?;
        ended.extend(by_change.into_iter().map(|ended| (ended.action, ended)));
    }
    Ok(ended.into_values().collect())
}

/// Counts the open actions that the sender has approved: the registry takes so many at most.
async fn count_own_actions(session: Session<'_>, policies: &[RolePolicy]) -> Result<u32> {
    let Some(sender) = CheckOptions::proposer(session).who else {
        return Ok(0);
    };
    let mut names: Vec<&str> = policies
        .iter()
        .map(|policy| policy.definition.as_str())
        .collect();
    names.dedup();
    let mut own = 0;
    for name in names {
        let open = pending(session.registry, name).await?;
        let of_sender = open
            .iter()
            .filter(|action| action.readiness.approved.contains(&sender));
        own += u32::try_from(of_sender.count()).unwrap_or(u32::MAX);
    }
    Ok(own)
}

fn set_policy(change: &PolicyReplacement) -> abi::setPolicyCall {
    abi::setPolicyCall {
        name: change.definition.clone(),
        role: change.role.clone(),
        expression: change.policy.clone(),
    }
}

fn calldata(change: &PolicyReplacement) -> Bytes {
    set_policy(change).abi_encode().into()
}

/// Refuses a change that would be refused when its turn comes, before anything is sent.
async fn require_clear(session: Session<'_>, change: &PolicyReplacement) -> Result<()> {
    let registry = session.registry;
    let governed = GovernedCall::decode(registry.address, calldata(change), U256::ZERO)?;
    if is_approver(registry, &governed.call).await? {
        let judged = judge(session, &governed, CheckOptions::proposer(session)).await?;
        judged.cleared(session)?;
    }
    Ok(())
}

/// Proposes, approves or executes one change, unless others decide it.
async fn decide(session: Session<'_>, state: &mut ReplacementState, names: &Names) -> Result<()> {
    let registry = session.registry;
    let governed = GovernedCall::decode(registry.address, calldata(&state.change), U256::ZERO)?;
    if !is_approver(registry, &governed.call).await? {
        state.state = ChangeState::OfOthers;
        let open = pending(registry, &state.change.definition).await?;
        let own = open.iter().find(|action| action.call == governed.bytes);
        state.action = own.map(|action| action.action);
        let due = own.filter(|action| action.readiness.blocked_by == BlockedBy::Nothing);
        state.waits = due.map(|action| {
            let id = first_digits(action.action);
            format!("anybody can execute it: stylus-upgrades execute {id}")
        });
        return Ok(());
    }
    let effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    (state.action, state.waits) = effects.open_action(names).unzip();
    state.state = match state.action {
        Some(_) => ChangeState::Open,
        None => ChangeState::Executed,
    };
    Ok(())
}
