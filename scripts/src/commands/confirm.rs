//! Policies that are final or look like a mistake: who means it accepts it by its id. Policies are parsed, and their
//! contracts looked at, before anything is sent.

use super::context::Context;
use crate::app_error::Error;
use crate::assess::{Coverage, Finding, FindingId, Part, Severity};
use crate::client::{ChainError, Client, policy_reason};
use crate::error::Refusal;
use crate::governance::{Call, current_policy, pending, readiness, rival};
use crate::progress::Progress;
use crate::text::{count, shell_word};
use alloy::primitives::{Address, Bytes};
use stylus_registry_core::policy::{Policy, parse};

/// Something that has to be meant, in words.
pub(super) fn notice(id: FindingId, words: String) -> Finding {
    Finding::new(Part::Policy, Severity::Danger, id, words)
}

/// Refuses `call` where an open action is about the same and differs, unless that is meant.
///
/// # Errors
/// [`Error::Unconfirmed`]; what the chain says.
pub(super) async fn require_no_rival(
    context: &Context,
    (client, registry): (&Client, Address),
    call: &Bytes,
) -> Result<(), Error> {
    let own = Call::decode(call)?;
    let notices = rivals(context, (client, registry), (&own, call)).await?;
    require(context, &notices)
}

/// A finding for each open action that is about the same as `own` and differs.
///
/// # Errors
/// What the chain says.
pub(super) async fn rivals(
    context: &Context,
    (client, registry): (&Client, Address),
    (own, bytes): (&Call, &Bytes),
) -> Result<Vec<Finding>, Error> {
    let open = pending(client, registry, own.definition()).await?;
    let all = open.iter().filter_map(|other| {
        let (subject, differs) = rival((own, bytes), other)?;
        let (action, proposer) = (other.action, context.names().long(other.proposer));
        let words = format!(
            "the open action {action} for {subject}, which {proposer} proposed, {differs}: an approval of this one \
             does not count for it. Compare: stylus-upgrades pending {action}; then approve or cancel it"
        );
        let id = FindingId::OTHER_ACTION;
        Some(Finding::new(Part::Action, Severity::Danger, id, words))
    });
    Ok(all.collect())
}

/// A policy of a role as the registry parses it.
///
/// # Errors
/// `InvalidPolicy` where the registry would refuse its text.
pub(super) fn parsed(role: &str, expression: &str) -> Result<Policy, Error> {
    let parsed = parse(expression.as_bytes()).map_err(|refused| {
        let (reason, offset) = (policy_reason(refused.reason), refused.offset);
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let before = expression.get(..at).unwrap_or(expression);
        let message = format!(
            "the policy of role {role} is not valid at byte {offset} of {expression}: {reason}"
        );
        let refusal = Refusal::new("InvalidPolicy", message).with(
            "a policy such as 0xaddr, AND(p,…), OR(p,…), OutOf(n,p,…), or NONE",
            format!("{reason}, at byte {offset} of {expression}: behind {before:?}"),
            "correct the expression there: names are written as their addresses in it",
        );
        refusal.usage()
    });
    Ok(parsed?)
}

/// What has to be meant in the policies of these roles, if `sender` sends them. Contracts that are
/// asked must have code.
pub(super) async fn notices(
    client: &Client,
    sender: Address,
    policies: &[(&str, &str)],
) -> Result<Vec<Finding>, Error> {
    let mut all = Vec::new();
    for (role, expression) in policies {
        let policy = parsed(role, expression)?;
        for lambda in &policy.lambdas {
            let account = lambda.address;
            if client.code(account).await?.is_empty() {
                let what = "contract to be asked, CALL(…)";
                return Err(ChainError::missing(what, account).into());
            }
        }
        if policy.is_none() {
            all.push(final_notice(role));
        } else if !policy.approvers.iter().any(|leaf| leaf.address == sender) {
            let words = format!("{sender}, who sends it, has no part in the policy of {role}");
            all.push(notice(FindingId::EXCLUDED_SENDER, words));
        }
    }
    Ok(all)
}

/// The role that decides versions.
pub(super) const MIGRATE: &str = "migrate";
/// The role that decides every role.
pub(super) const POLICY: &str = "policy";

/// Says where fewer people decide who decides than decide themselves: they can make themselves those
/// who do. The policies of `migrate` and of `policy`.
pub(super) fn warn_of_weaker(
    context: &Context,
    definition: &str,
    (migrate, policy): (&str, &str),
) -> Result<(), Error> {
    let fewest = |role: &str, expression: &str| {
        let policy = parsed(role, expression)?;
        Ok::<_, Error>((!policy.is_none()).then(|| policy.fewest_missing(0, 0)))
    };
    if let (Some(many), Some(few)) = (fewest(MIGRATE, migrate)?, fewest(POLICY, policy)?)
        && few < many
    {
        context.output.note(&format!(
            "warning: {MIGRATE} takes {} and {POLICY} {few}: who satisfies {POLICY} can change {MIGRATE}; \
             stylus-upgrades policy update {} --role {POLICY} {} asks for as many",
            count(many, "approval"),
            shell_word(definition),
            shell_word(migrate)
        ));
    }
    Ok(())
}

/// A policy that nobody can ever satisfy or change.
pub(super) fn final_notice(role: &str) -> Finding {
    let words = format!("the policy of {role} becomes NONE: nobody can ever decide it again");
    notice(FindingId::POLICY_NONE, words)
}

/// What an approver has to mean in the policy that `call` sets: that it is final, that the role is new, or that
/// his own part in it ends.
pub(super) async fn notices_of_approver(
    client: &Client,
    registry: Address,
    call: &Call,
    approver: Option<Address>,
) -> Result<Vec<Finding>, Error> {
    let mut all = Vec::new();
    for (role, expression) in call.policies() {
        if parsed(role, expression)?.is_none() {
            all.push(final_notice(role));
        }
    }
    let Call::SetPolicy(set) = call else {
        return Ok(all);
    };
    let (role, expression) = (set.role.as_str(), set.expression.as_str());
    match current_policy(client, registry, &set.name, role).await? {
        Some(old) if all.is_empty() => {
            if let Some(approver) = approver
                && has_part(role, &old, approver)?
                && !has_part(role, expression, approver)?
            {
                let words = format!(
                    "{approver}, who approves it, has a part in the policy of {role} now, and none in the new one; \
                     now it is {old}"
                );
                all.push(notice(FindingId::EXCLUDED_SENDER, words));
            }
        }
        Some(_) => {}
        None => {
            let words = format!("{:?} has no role {role:?}: it is new", set.name);
            all.push(notice(FindingId::NEW_ROLE, words));
        }
    }
    Ok(all)
}

/// Whether somebody has a part in a policy.
pub(super) fn has_part(role: &str, expression: &str, who: Address) -> Result<bool, Error> {
    let policy = parsed(role, expression)?;
    Ok(policy.approvers.iter().any(|leaf| leaf.address == who))
}

/// Leaves out what whoever proposed `call` has said already: that it is not his to decide later. That
/// something is final is everybody's to say.
pub(super) async fn unless_proposed(
    client: &Client,
    registry: Address,
    call: &Bytes,
    mut notices: Vec<Finding>,
) -> Result<Vec<Finding>, Error> {
    let is_excluded = |notice: &Finding| notice.id == FindingId::EXCLUDED_SENDER;
    if notices.iter().any(is_excluded) {
        let action = client.registry(registry).action_of(call).await?;
        if readiness(client, registry, action).await?.is_some() {
            notices.retain(|notice| !is_excluded(notice));
        }
    }
    Ok(notices)
}

/// Says what was checked in part or not at all before anything is sent. What is absent and not accepted was refused
/// before.
pub(super) fn gaps(context: &Context, coverage: &Coverage) {
    for line in coverage.lines() {
        context.output.note(&line);
    }
}

/// Goes on if everything is meant: accepted by its id.
///
/// # Errors
/// [`Error::Unconfirmed`].
pub(super) fn require(context: &Context, notices: &[Finding]) -> Result<(), Error> {
    let accepted = context.accepted();
    for Finding { id, message, .. } in notices {
        context.output.note(&format!("warning: {message}"));
        if !accepted.contains(id) {
            return Err(Error::Unconfirmed {
                message: message.clone(),
                id: id.clone(),
            });
        }
    }
    Ok(())
}
