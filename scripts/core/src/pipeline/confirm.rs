//! Policies that are irreversible or look like a mistake need `--accept ID`. Policies are parsed, and their contracts
//! checked, before anything is sent.

use super::check_options::CheckOptions;
use crate::assess::{Accepted, Finding, FindingId, FindingKind, Part, Role, Severity};
use crate::client::{ChainError, Client, policy_reason};
use crate::context::prelude::*;
use crate::error_catalogue::{WordsField, fixed_words};
use crate::governance::{
    CANCEL, Call, GovernedCall, PAUSE, current_policy, pending, readiness, replaced_policy, rival,
};
use crate::history::{self, Wanted};
use crate::manifest::policy_slip;
use crate::text::{count, nearest, shell_word};
use stylus_registry_core::policy::{self, Policy, parse};

/// A finding about a policy, which must be accepted by its id.
pub(crate) fn notice(id: FindingId, words: String) -> Finding {
    Finding::new(Part::Policy, Severity::Danger, id, words)
}

/// A finding for each open action that has the subject of a call and differs.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn rivals(session: Session<'_>, governed: &GovernedCall) -> Result<Vec<Finding>> {
    let own = (&governed.call, &governed.bytes);
    // Other calls have no rival, and a pause must not wait for the events.
    if own.0.version().is_none() && own.0.policies().is_empty() {
        return Ok(Vec::new());
    }
    let open = pending(session.registry, own.0.definition()).await?;
    let all = open.iter().filter_map(|other| {
        let (subject, differs) = rival(own, other)?;
        let (action, proposer) = (other.action, session.context.names().long(other.proposer));
        let words = format!(
            "another open action {action} (proposer {proposer}) is about {subject} and {differs}: an approval of this \
             one does not count for it. Compare: stylus-upgrades pending {action}; then approve or cancel it"
        );
        let id = FindingId::other_action(action);
        Some(Finding::new(Part::Action, Severity::Danger, id, words))
    });
    Ok(all.collect())
}

/// A policy of a role as it was typed, with addresses in place of aliases; of no role if that is empty.
///
/// # Errors
/// `UnknownAlias`; `InvalidPolicy` if the registry would refuse its text.
pub(crate) fn typed(context: &Context, role: &str, text: &str) -> Result<String> {
    let read = || {
        let expression = context.manifest.policy(text)?;
        parse(expression.as_bytes())
            .map_err(|refused| invalid(role, &expression, refused, &context.names()))?;
        Ok(expression)
    };
    let advised = |refused: Refusal| match policy_slip(text) {
        Some(advice) => refused.advising(advice),
        None => refused,
    };
    Ok(read().map_err(advised)?)
}

/// A policy of a role as the registry parses it.
///
/// # Errors
/// `InvalidPolicy` if the registry would refuse its text.
pub(crate) fn parsed(role: &str, expression: &str) -> Result<Policy> {
    let parsed = parse(expression.as_bytes());
    Ok(parsed.map_err(|refused| invalid(role, expression, refused, &Names::default()))?)
}

/// The refusal of an invalid policy: its error, and the part before it.
fn invalid(role: &str, expression: &str, refused: policy::Refusal, names: &Names) -> Refusal {
    let reason = policy_reason(refused.reason);
    let at = usize::try_from(refused.offset).unwrap_or(usize::MAX);
    let before = names.policy(expression.get(..at).unwrap_or(expression));
    let of = match role {
        "" => String::new(),
        role => format!(" of role {role}"),
    };
    let message = format!("the policy{of} is not valid after {before:?}: {reason}");
    let refusal = Refusal::new("InvalidPolicy", message);
    refusal
        .with(
            fixed_words("InvalidPolicy", WordsField::Expected),
            reason,
            "correct the expression there",
        )
        .usage()
}

/// Finds what must be accepted in the policies of these roles, if `sender` sends them. Contracts in them must have
/// code.
pub(crate) async fn of_policies(
    client: &Client,
    sender: Address,
    policies: &[(&str, &str)],
) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for (role, expression) in policies {
        let policy = parsed(role, expression)?;
        for lambda in &policy.lambdas {
            let account = lambda.address;
            if client.code(account).await?.is_empty() {
                let what = "contract in the policy, CALL(…)";
                return Err(ChainError::missing(what, account).into());
            }
        }
        if policy.is_none() {
            all.push(final_notice(role));
        } else if *role != CANCEL && !policy.approvers.iter().any(|leaf| leaf.address == sender) {
            let words =
                format!("the sender {sender} would be no approver in the new policy of {role}");
            all.push(notice(FindingKind::ExcludedSender.id(), words));
        }
    }
    Ok(all)
}

/// The role that decides versions.
pub(crate) const MIGRATE: &str = "migrate";
/// The role that decides every role.
pub(crate) const POLICY: &str = "policy";

/// Warns of a call that is about to be sent if `policy` then needs fewer approvals than `migrate`: its approvers can
/// then take over `migrate`.
pub(crate) async fn warn_of_weaker(session: Session<'_>, call: &Call) -> Result<()> {
    let (definition, new) = (call.name(), call.policies());
    let mut both = Vec::new();
    for role in [MIGRATE, POLICY] {
        match new.iter().find(|(other, _)| *other == role) {
            Some((_, expression)) => both.push((*expression).to_owned()),
            None if new.is_empty() => {}
            None => both.extend(current_policy(session.registry, definition, role).await?),
        }
    }
    let [migrate, policy] = both.as_slice() else {
        return Ok(());
    };
    let fewest = |role: &str, expression: &str| {
        let policy = parsed(role, expression)?;
        Ok::<_, Error>((!policy.is_none()).then(|| policy.fewest_missing(0, 0)))
    };
    if let (Some(many), Some(few)) = (fewest(MIGRATE, migrate)?, fewest(POLICY, policy)?)
        && few < many
    {
        session.context.note(format!(
            "warning: {MIGRATE} needs {} and {POLICY} only {few}: the approvers of {POLICY} can change {MIGRATE}",
            count(many, "approval")
        ));
        session.context.output.advise(&format!(
            "to require as many: stylus-upgrades policy update {} --role {POLICY} {}",
            shell_word(definition),
            shell_word(migrate)
        ));
    }
    Ok(())
}

/// A policy that nobody can ever satisfy or change.
fn final_notice(role: &str) -> Finding {
    let words =
        format!("the policy of {role} becomes NONE: nobody can ever satisfy or change it again");
    notice(FindingKind::PolicyNone.id(), words)
}

/// Finds what must be accepted in the policies that a call sets: an irreversible policy, a new role, or a policy that
/// excludes the sender. A proposer accepts that, unless they were no approver before and others proposed the call
/// already. An approver accepts it if the new policy removes them.
///
/// # Errors
/// Errors of the chain; `InvalidPolicy`.
pub(crate) async fn notices(
    session: Session<'_>,
    governed: &GovernedCall,
    options: CheckOptions<'_>,
) -> Result<Vec<Finding>> {
    let policies = governed.call.policies();
    let proposer = options.who.filter(|_| options.role.proposes());
    let mut all = match proposer {
        Some(sender) => of_policies(session.registry.client, sender, &policies).await?,
        None => finals(&policies)?,
    };
    if let Call::SetPolicy(set) = &governed.call {
        name_what_stays(session, &set.name, &policies, &mut all).await?;
    }
    let mut had_part = false;
    if let Call::SetPolicy(set) = &governed.call {
        let (role, expression) = (set.role.as_str(), set.expression.as_str());
        match replaced_policy(session.registry, &set.name, role).await? {
            None if role == CANCEL => {} // unset, it is nobody
            None => all.push(new_role(session, &set.name, role).await?),
            Some(old) => {
                let part_in = |policy: &str| match options.who {
                    Some(who) => has_part(role, policy, who),
                    None => Ok(false),
                };
                had_part = part_in(&old)?;
                if let Some(who) = options.who.filter(|_| had_part && proposer.is_none())
                    && all.is_empty()
                    && !part_in(expression)?
                {
                    let words = format!(
                        "{who} approves its own removal from the policy of {role}; the current policy is {old}"
                    );
                    all.push(notice(FindingKind::ExcludedSender.id(), words));
                }
            }
        }
    }
    if proposer.is_some() && !had_part {
        unless_proposed(session, &governed.bytes, all).await
    } else {
        Ok(all)
    }
}

/// Says of a policy that becomes final which roles keep a policy that stops instances or ends actions: nobody can take
/// these keys away any more, or go on without them.
async fn name_what_stays(
    session: Session<'_>,
    name: &str,
    policies: &[(&str, &str)],
    notices: &mut [Finding],
) -> Result<()> {
    let names = session.context.names();
    for (role, expression) in policies {
        if !parsed(role, expression)?.is_none() {
            continue;
        }
        let stays: &[&str] = match *role {
            MIGRATE => &[PAUSE],
            POLICY => &[PAUSE, CANCEL],
            _ => &[],
        };
        let id = FindingKind::PolicyNone.id();
        let own = final_notice(role).message;
        let notice = notices.iter_mut();
        let mut notice = notice.filter(|notice| notice.id == id && notice.message == own);
        let Some(notice) = notice.next() else {
            continue;
        };
        for other in stays {
            let Some(text) = current_policy(session.registry, name, other).await? else {
                continue;
            };
            let (text, effect) = (names.policy(&text), effect_of(other));
            notice
                .message
                .push_str(&format!("; the policy of {other} stays {text}, {effect}"));
        }
    }
    Ok(())
}

/// The powers that the holders of a role keep for ever once nobody can change it.
fn effect_of(role: &str) -> &'static str {
    match role {
        PAUSE => {
            "whose holders stop every instance: a lost or hostile key among them locks what the instances hold"
        }
        _ => "whose holders end every open action but a change of policies",
    }
}

/// The policies that are irreversible.
fn finals(policies: &[(&str, &str)]) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for (role, expression) in policies {
        if parsed(role, expression)?.is_none() {
            all.push(final_notice(role));
        }
    }
    Ok(all)
}

/// The finding that this role has no policy yet, with a suggestion for a misspelt name.
async fn new_role(session: Session<'_>, name: &str, role: &str) -> Result<Finding> {
    // Only the suggestion needs the events: approving works on an endpoint without them.
    let mut known = roles(session, name).await.unwrap_or_default();
    known.extend([PAUSE, CANCEL].map(String::from));
    let meant = nearest(role, &known).filter(|meant| *meant != role);
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant:?}?"));
    let words = format!("{name:?} has no role {role:?}: it is new{meant}");
    Ok(notice(FindingKind::NewRole.id(), words))
}

/// Every role that ever had a policy, from the events.
pub(crate) async fn roles(session: Session<'_>, name: &str) -> Result<Vec<String>> {
    let Session { context, registry } = session;
    if !name.is_empty() {
        // The registry refuses an unknown name; it must not look like a name without roles.
        session.registry.head(name).await?;
    }
    let history = history::read(registry, name, &context.names(), Wanted::None).await?;
    Ok(history.definition.policies.into_keys().collect())
}

/// Returns true if an account is an approver in a policy.
fn has_part(role: &str, expression: &str, who: Address) -> Result<bool> {
    let policy = parsed(role, expression)?;
    Ok(policy.approvers.iter().any(|leaf| leaf.address == who))
}

/// Drops the finding about the excluded sender where the proposer of `call` has accepted it. A finding that something
/// is irreversible must be accepted by everybody.
async fn unless_proposed(
    session: Session<'_>,
    call: &Bytes,
    mut notices: Vec<Finding>,
) -> Result<Vec<Finding>> {
    let is_excluded = |notice: &Finding| notice.id == FindingKind::ExcludedSender.id();
    if notices.iter().any(is_excluded) {
        let action = session.registry.action_of(call).await?;
        if readiness(session.registry, action).await?.is_some() {
            notices.retain(|notice| !is_excluded(notice));
        }
    }
    Ok(notices)
}

/// Continues if every finding that is in the way of who asks is accepted by its id.
///
/// # Errors
/// [`Error::Unconfirmed`].
pub(crate) fn require_accepted(
    context: &Context,
    role: Role,
    accepted: &Accepted,
    notices: &[Finding],
) -> Result<()> {
    require_none_missing(role, accepted, notices)?;
    for notice in notices {
        context.note(format!("warning: {}", notice.message));
    }
    Ok(())
}

/// The same, without a word about what is accepted.
///
/// # Errors
/// [`Error::Unconfirmed`].
pub(crate) fn require_none_missing(
    role: Role,
    accepted: &Accepted,
    notices: &[Finding],
) -> Result<()> {
    let is_missing = |one: &&Finding| !role.is_answered(one, accepted);
    match notices.iter().find(is_missing) {
        Some(Finding { id, message, .. }) => Err(Error::Unconfirmed {
            message: message.clone(),
            id: id.clone(),
        }),
        None => Ok(()),
    }
}
