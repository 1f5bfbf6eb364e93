//! An action by its id: what it proposes, and why it has ended.

use crate::client::ChainError;
use crate::context::prelude::*;
use crate::governance::{
    self, CallOutcome, GovernedCall, executed_before, outcome_of_ended_action,
};
use crate::history::{self, EndedBy, Wanted};
use crate::ids::ActionId;
use std::collections::BTreeSet;

/// An action that somebody proposed, and its call.
pub(crate) struct ProposedCall {
    pub(crate) action: ActionId,
    pub(crate) proposer: Address,
    pub(crate) governed: GovernedCall,
}

/// The action that `text` identifies, with the very bytes that were proposed: they are sent for that action alone.
///
/// # Errors
/// The errors of [`resolve_action`] and [`proposal_event`].
pub(crate) async fn proposed_call(session: Session<'_>, text: &str) -> Result<ProposedCall> {
    let action = resolve_action(session, text).await?;
    let event = proposal_event(session, action).await?;
    let mut governed = GovernedCall::decode(session.registry.address, event.call, U256::ZERO)?;
    governed.approves = Some(action);
    Ok(ProposedCall {
        action,
        proposer: event.proposer,
        governed,
    })
}

/// The event that proposed an action. Its id is on the chain then: it is no key that was typed in place of one.
///
/// # Errors
/// The errors of [`governance::proposal`].
pub(crate) async fn proposal_event(
    session: Session<'_>,
    action: ActionId,
) -> Result<abi::Proposed, ChainError> {
    let event = governance::proposal(session.registry, action).await?;
    Ok(event)
}

/// Explains why an action is not open any more; `found` says that nothing is left to revoke, to cancel or to sign.
pub async fn why_ended(session: Session<'_>, action: ActionId, found: &str) -> Error {
    let _ = proposal_event(session, action).await; // an id that the chain does not have is not repeated in full
    match outcome_of_ended(session, action).await {
        Ok(executed) => {
            let by = executed.by(&session.context.names());
            executed_before(action, &by, found).into()
        }
        Err(error) => error.into(),
    }
}

/// Returns the outcome of an action that is not open any more.
///
/// # Errors
/// `ActionNotFound`, with who cancelled it, or which action ended it, where it was not executed.
pub(crate) async fn outcome_of_ended(
    session: Session<'_>,
    action: ActionId,
) -> Result<CallOutcome, ChainError> {
    match outcome_of_ended_action(session.registry, action).await {
        Ok(executed) => Ok(executed),
        Err(error) => Err(match ended_by(session, action).await {
            Ok(Some(by)) => {
                let next = "if it is still wanted, propose it again; stylus-upgrades pending lists what is open";
                let message = format!("the action {action} is not open: {}", by.words());
                let refusal = Refusal::of(&error).saying(message);
                refusal.with("an open action", by.words(), next).into()
            }
            _ => error,
        }),
    }
}

/// The action that ended another one, where one did.
async fn ended_by(session: Session<'_>, action: ActionId) -> Result<Option<EndedBy>, ChainError> {
    let registry = session.registry;
    let call = governance::proposal(registry, action).await?.call;
    let name = governance::Call::decode(&call)?.definition().to_owned();
    let (names, wanted) = (session.context.names(), Wanted::OfAction(action));
    let history = history::read(registry, &name, &names, wanted).await?;
    Ok(history.ended_by)
}

/// Minimum of hexadecimal digits that name an action: fewer could match an action that is proposed
/// meanwhile.
const DIGITS_MIN: usize = 8;

/// Returns true if `text` is the id of an action, or the beginning of one. Any other text names a definition.
pub(crate) fn is_action(text: &str) -> bool {
    text.starts_with("0x")
}

/// The action that `text` identifies: all of its digits, or the first ones, if exactly one action begins with them,
/// open or ended. Anybody can propose one whose id begins as another does.
///
/// # Errors
/// [`Error::Usage`]; errors of the chain.
pub async fn resolve_action(session: Session<'_>, text: &str) -> Result<ActionId> {
    let registry = session.registry;
    if let Ok(action) = text.parse() {
        return Ok(action);
    }
    let refused = |found: &str| Error::Usage {
        message: format!("{text:?} does not identify one action"),
        expected: format!(
            "0x and 64 digits, or 0x and the first {DIGITS_MIN} or more of an action"
        ),
        found: found.into(),
        next: "stylus-upgrades pending lists open actions; to name a file, give its path".into(),
    };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let is_length = (DIGITS_MIN..=2 * B256::len_bytes()).contains(&digits.len());
    if !is_length || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(refused("something else"));
    }
    let begins = format!("0x{}", digits.to_lowercase());
    let is_named = |action: &ActionId| action.to_string().starts_with(&begins);
    let open = governance::all_open(registry).await?.actions;
    let open: BTreeSet<ActionId> = open.iter().map(|open| open.action).collect();
    let ever = governance::ever_proposed(registry).await?;
    let named: BTreeSet<ActionId> = open.iter().copied().chain(ever).filter(is_named).collect();
    one_of(&named, &open).map_err(|found| refused(&found))
}

/// The only one of `named`; else what was found, in words.
fn one_of(
    named: &BTreeSet<ActionId>,
    open: &BTreeSet<ActionId>,
) -> std::result::Result<ActionId, String> {
    let mut all = named.iter();
    match (all.next(), all.next()) {
        (Some(action), None) => Ok(*action),
        (None, _) => Err("no action starts with these digits".to_owned()),
        _ => {
            let words = named.iter().map(|one| {
                if open.contains(one) {
                    format!("{one} (open)")
                } else {
                    format!("{one} (ended)")
                }
            });
            let words = words.collect::<Vec<_>>().join(", ");
            Err(format!("several actions start with these digits: {words}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_fit_an_open_and_an_ended_action_name_neither() {
        let id = |last: u8| ActionId(B256::with_last_byte(last));
        let open = BTreeSet::from([id(1)]);
        let named = |all: &[u8]| all.iter().map(|one| id(*one)).collect::<BTreeSet<_>>();
        assert_eq!(one_of(&named(&[1]), &open), Ok(id(1)));
        assert_eq!(one_of(&named(&[2]), &open), Ok(id(2)));
        assert!(one_of(&named(&[]), &open).is_err());
        let refused = one_of(&named(&[1, 2]), &open).expect_err("two");
        let words = format!("{} (open), {} (ended)", id(1), id(2));
        assert!(refused.ends_with(&words), "{refused}");
    }
}
