//! An action by its id: what it proposes, and why it has ended.

use crate::client::ChainError;
use crate::context::prelude::*;
use crate::governance::{self, executed_already, outcome_of_ended_action};
use crate::ids::ActionId;

/// The event that proposed an action. Its id is on the chain then: it is no key that was typed in place of one.
///
/// # Errors
/// As [`governance::proposal`].
pub(crate) async fn proposal_event(
    session: Session<'_>,
    action: ActionId,
) -> Result<abi::Proposed, ChainError> {
    let event = governance::proposal(session.registry, action).await?;
    Ok(event)
}

/// Why an action is not open any more; `found` says that nothing is left to revoke, to cancel or to sign.
pub(crate) async fn why_ended(session: Session<'_>, action: ActionId, found: &str) -> Error {
    let _ = proposal_event(session, action).await; // an id that the chain does not have is not repeated in full
    match outcome_of_ended_action(session.registry, action).await {
        Ok(executed) => {
            let by = executed.by(&session.context.names());
            executed_already(action, &by, found).into()
        }
        Err(error) => error.into(),
    }
}

/// Minimum of hexadecimal digits that name an action: fewer could match an action that is proposed
/// meanwhile.
const DIGITS_MIN: usize = 8;

/// Whether `text` is the id of an action, or the beginning of one. Any other text names a definition.
pub(crate) fn is_action(text: &str) -> bool {
    text.starts_with("0x")
}

/// The action that `text` identifies: all of its digits, or the first ones, if exactly one open action begins
/// with them, or, if none does, exactly one earlier action.
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
    let open = governance::all_pending(registry).await?;
    let ids = open.iter().map(|open| open.action);
    let mut matching: Vec<_> = ids.filter(is_named).collect();
    if matching.is_empty() {
        // One that was executed or cancelled.
        let all = governance::ever_proposed(registry).await?;
        matching = all.into_iter().filter(is_named).collect();
    }
    match matching.as_slice() {
        [action] => Ok(*action),
        [] => Err(refused("no action starts with these digits")),
        _ => Err(refused("several actions start with these digits")),
    }
}
