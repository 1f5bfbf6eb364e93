//! Control before and after an action, and what is worse then.

use super::policies::DefinitionControl;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::names::Names;
use serde::Serialize;

/// Control of the code that an action is about, before and after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlChange {
    /// The control now; `None` where there is no definition yet.
    pub before: Option<DefinitionControl>,
    /// The control once the action is executed; `None` where the action does not change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<DefinitionControl>,
}

impl ControlChange {
    /// Lines for people: one where the control stays, else before and after.
    pub fn lines(&self) -> Vec<String> {
        let line =
            |label: &str, control: &DefinitionControl| format!("{label:<13} {}", control.sentence);
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before.code != after.code => {
                vec![line("control now", before), line("control after", after)]
            }
            (Some(control), _) | (None, Some(control)) => vec![line("control", control)],
            (None, None) => Vec::new(),
        }
    }

    /// Finds what is worse after the action, of a definition of that name.
    ///
    /// On a public chain, one key that can replace the code at once, and could not before, is a danger.
    pub fn findings(&self, name: &str, is_public: bool, names: &Names) -> Vec<Finding> {
        let Some(after) = &self.after else {
            return Vec::new();
        };
        let then = &after.sentence;
        let Some(before) = &self.before else {
            // A new definition controls nothing yet.
            let says = format!("one key will control {name}: {then}");
            let is_told = is_public && after.code.is_one_key_at_once();
            let finding = is_told.then(|| warning(FindingKind::SingleKey, says));
            return finding.into_iter().collect();
        };
        let now = &before.sentence;
        let mut found = Vec::new();
        let is_new_key = after.code.is_one_key_at_once() && !before.code.is_one_key_at_once();
        if is_public && is_new_key {
            let id = FindingKind::SingleKey.id();
            let next = format!(
                "name more approvers, or a delay; to accept it: {}",
                FindingId::flag([&id])
            );
            let says = format!("one key will control {name}: {then}; now: {now}");
            let finding = Finding::new(Part::Policy, Severity::Danger, id, says);
            found.push(finding.with("two accounts, or a delay", then, next));
        } else if after.code.takes_fewer_than(&before.code) {
            let says = format!("fewer accounts will control {name}: {then}; now: {now}");
            found.push(warning(FindingKind::ControlWeaker, says));
        }
        let losses = after.exit.losses(&before.exit, names);
        if !losses.is_empty() {
            let losses = losses.join("; ");
            let says = format!(
                "users of {name} lose time or means to leave before new code runs: {losses}"
            );
            found.push(warning(FindingKind::ExitWindow, says));
        }
        found
    }
}

fn warning(kind: FindingKind, says: String) -> Finding {
    Finding::named(Part::Policy, Severity::Warning, kind, says)
}
