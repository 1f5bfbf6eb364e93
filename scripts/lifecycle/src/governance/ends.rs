//! Which open actions end once a call is executed: approvals of `migrate` count for one sequence of the definition, which
//! a new version and a change of any policy raise; those of another role end with its policy.

use super::calls::{Call, title};
use super::pending::{PendingAction, pending};
use super::policy::current_policy;
use crate::assess::{Finding, Part, Severity};
use crate::client::ChainError;
use crate::ids::ActionId;
use crate::model::{is_of_sequence, role_of};
use crate::registry::Registry;
use crate::text::count;

/// The open actions of its definition that end once `call`, whose bytes are given, is executed.
///
/// # Errors
/// What the chain says.
pub async fn ended_by_call(
    registry: Registry<'_>,
    (call, bytes): (&Call, &[u8]),
) -> Result<Vec<PendingAction>, ChainError> {
    let changed = match call {
        Call::SetPolicy(set) => Some(set.role.as_str()),
        Call::AddVersion(_) | Call::Migrate(_) => None,
        _ => return Ok(Vec::new()),
    };
    let name = call.definition();
    let mut open = pending(registry, name).await?;
    open.retain(|one| *one.call != *bytes);
    if open.is_empty() {
        return Ok(open);
    }
    if let Some((version, ..)) = call.version()
        && registry.known_version(name, version).await?.is_some()
    {
        return Ok(Vec::new()); // it is only activated
    }
    let pause = current_policy(registry, name, "pause").await?;
    open.retain(|one| {
        let asked = one.says.as_ref().map(Call::role);
        asked.is_some_and(|asked| ends(asked, changed, pause.is_some()))
    });
    Ok(open)
}

/// Whether an action that asks for a role ends, where that policy changes, or a version is added.
fn ends(asked: &str, changed: Option<&str>, is_pause_set: bool) -> bool {
    let decides = role_of(asked, |_| is_pause_set);
    is_of_sequence(decides) || changed.is_some_and(|role| [asked, decides].contains(&role))
}

/// Those actions in words; nothing where there is none.
pub(super) fn ended_in_words(ended: &[PendingAction]) -> Option<String> {
    let all: Vec<String> = ended.iter().map(named).collect();
    let actions = count(ended.len(), "open action");
    let says = format!(
        "ends {actions}, which must be proposed again: {}",
        all.join(", ")
    );
    (!ended.is_empty()).then_some(says)
}

/// The finding that a call ends others.
pub fn ends_others(ended: &[PendingAction]) -> Option<Finding> {
    let says = ended_in_words(ended)?;
    Some(Finding::named(
        Part::Action,
        Severity::Warning,
        "ends-others",
        says,
    ))
}

/// An action by what it does, and its first digits.
fn named(one: &PendingAction) -> String {
    format!("{} ({})", title(&one.call), first_digits(one.action))
}

/// The first digits of an action, which commands take.
pub fn first_digits(action: ActionId) -> String {
    let text = action.to_string();
    text.get(..DIGITS).unwrap_or(&text).to_owned()
}

/// Characters of an action's first digits.
const DIGITS: usize = 10;

#[cfg(test)]
mod tests {
    use super::ends;

    #[test]
    fn a_version_ends_what_migrate_decides_and_a_policy_also_what_its_role_does() {
        for (asked, changed, is_pause_set, expected) in [
            ("migrate", None, true, true),
            ("create", None, true, false),
            ("policy", None, true, false),
            ("pause", None, true, false),
            ("pause", None, false, true),
            ("migrate", Some("create"), true, true),
            ("create", Some("create"), true, true),
            ("policy", Some("create"), true, false),
            ("pause", Some("pause"), false, true),
        ] {
            let found = ends(asked, changed, is_pause_set);
            assert_eq!(found, expected, "{asked} {changed:?} {is_pause_set}");
        }
    }
}
