//! Policies that are final or look like a mistake: who means it accepts it by its id. Policies are parsed, and their
//! contracts looked at, before anything is sent.

use super::asker::Asker;
use super::prelude::*;
use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{ChainError, Client, policy_reason};
use crate::governance::{Call, GovernedCall, current_policy, pending, readiness, rival};
use crate::history::{self, Wanted};
use crate::text::{count, nearest, shell_word};
use stylus_registry_core::policy::{Policy, parse};

/// Something that has to be meant, in words.
pub(super) fn notice(id: FindingId, words: String) -> Finding {
    Finding::new(Part::Policy, Severity::Danger, id, words)
}

/// A finding for each open action that is about the same as a call and differs.
///
/// # Errors
/// What the chain says.
pub(super) async fn rivals(place: Place<'_>, governed: &GovernedCall) -> Result<Vec<Finding>> {
    let own = (&governed.call, &governed.bytes);
    // Nothing else has a rival, and a pause must not wait for a history of events.
    if own.0.version().is_none() && own.0.policies().is_empty() {
        return Ok(Vec::new());
    }
    let open = pending(place.registry, own.0.definition()).await?;
    let all = open.iter().filter_map(|other| {
        let (subject, differs) = rival(own, other)?;
        let (action, proposer) = (other.action, place.context.names().long(other.proposer));
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
pub(super) fn parsed(role: &str, expression: &str) -> Result<Policy> {
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
pub(super) async fn of_policies(
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
) -> Result<()> {
    let fewest = |role: &str, expression: &str| {
        let policy = parsed(role, expression)?;
        Ok::<_, Error>((!policy.is_none()).then(|| policy.fewest_missing(0, 0)))
    };
    if let (Some(many), Some(few)) = (fewest(MIGRATE, migrate)?, fewest(POLICY, policy)?)
        && few < many
    {
        context.note(format!(
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
fn final_notice(role: &str) -> Finding {
    let words = format!("the policy of {role} becomes NONE: nobody can ever decide it again");
    notice(FindingId::POLICY_NONE, words)
}

/// What has to be meant in the policies that a call sets: that one is final, that its role is new, or who has no part
/// in it. Who proposes a policy that leaves him out says so, unless it is not his own and others proposed it before;
/// who approves one says where his part ends.
///
/// # Errors
/// What the chain says; `InvalidPolicy`.
pub(super) async fn notices(
    place: Place<'_>,
    governed: &GovernedCall,
    asker: Asker<'_>,
) -> Result<Vec<Finding>> {
    let policies = governed.call.policies();
    let proposer = asker.who.filter(|_| asker.role.proposes());
    let mut all = match proposer {
        Some(sender) => of_policies(place.registry.client, sender, &policies).await?,
        None => finals(&policies)?,
    };
    let mut had_part = false;
    if let Call::SetPolicy(set) = &governed.call {
        let (role, expression) = (set.role.as_str(), set.expression.as_str());
        match current_policy(place.registry, &set.name, role).await? {
            None => all.push(new_role(place, &set.name, role).await?),
            Some(old) => {
                let part_in = |policy: &str| match asker.who {
                    Some(who) => has_part(role, policy, who),
                    None => Ok(false),
                };
                had_part = part_in(&old)?;
                if let Some(who) = asker.who.filter(|_| had_part && proposer.is_none())
                    && all.is_empty()
                    && !part_in(expression)?
                {
                    let words = format!(
                        "{who}, who approves it, has a part in the policy of {role} now, and none in the new one; \
                         now it is {old}"
                    );
                    all.push(notice(FindingId::EXCLUDED_SENDER, words));
                }
            }
        }
    }
    match proposer.is_some() && !had_part {
        true => unless_proposed(place, &governed.bytes, all).await,
        false => Ok(all),
    }
}

/// Those of the policies that are final.
fn finals(policies: &[(&str, &str)]) -> Result<Vec<Finding>> {
    let mut all = Vec::new();
    for (role, expression) in policies {
        if parsed(role, expression)?.is_none() {
            all.push(final_notice(role));
        }
    }
    Ok(all)
}

/// The role that is there without being set.
const PAUSE: &str = "pause";

/// That nobody has set a policy of that role before, and which other one may be meant.
async fn new_role(place: Place<'_>, name: &str, role: &str) -> Result<Finding> {
    // For a suggestion alone: an endpoint without events keeps nobody from approving.
    let mut known = roles(place, name).await.unwrap_or_default();
    known.push(PAUSE.into());
    let meant = nearest(role, &known).filter(|meant| *meant != role);
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant:?}?"));
    let words = format!("{name:?} has no role {role:?}: it is new{meant}");
    Ok(notice(FindingId::NEW_ROLE, words))
}

/// Every role that ever had a policy, from the events.
pub(super) async fn roles(place: Place<'_>, name: &str) -> Result<Vec<String>> {
    let Place { context, registry } = place;
    if !name.is_empty() {
        // An unknown name is refused by the registry, not reported as one without roles.
        place.registry.head(name).await?;
    }
    let history = history::read(registry, name, &context.names(), Wanted::None).await?;
    Ok(history.definition.policies.into_keys().collect())
}

/// Whether somebody has a part in a policy.
fn has_part(role: &str, expression: &str, who: Address) -> Result<bool> {
    let policy = parsed(role, expression)?;
    Ok(policy.approvers.iter().any(|leaf| leaf.address == who))
}

/// Leaves out what whoever proposed `call` has said already: that it is not his to decide later. That
/// something is final is everybody's to say.
async fn unless_proposed(
    place: Place<'_>,
    call: &Bytes,
    mut notices: Vec<Finding>,
) -> Result<Vec<Finding>> {
    let is_excluded = |notice: &Finding| notice.id == FindingId::EXCLUDED_SENDER;
    if notices.iter().any(is_excluded) {
        let action = place.registry.action_of(call).await?;
        if readiness(place.registry, action).await?.is_some() {
            notices.retain(|notice| !is_excluded(notice));
        }
    }
    Ok(notices)
}

/// Goes on if everything is meant: accepted by its id.
///
/// # Errors
/// [`Error::Unconfirmed`].
pub(super) fn require(context: &Context, notices: &[Finding]) -> Result<()> {
    let accepted = context.accepted();
    for Finding { id, message, .. } in notices {
        context.note(format!("warning: {message}"));
        if !accepted.contains(id) {
            return Err(Error::Unconfirmed {
                message: message.clone(),
                id: id.clone(),
            });
        }
    }
    Ok(())
}
