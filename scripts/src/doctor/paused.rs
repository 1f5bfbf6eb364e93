//! Definitions that are paused, and instances that are not what their definition is, or that wait.

use super::finding::{Finding, Severity};
use crate::client::Revert;
use crate::model::Definition;
use crate::model::Unlike;
use crate::registry::Waiting;
use crate::text::shell_word;

/// The name of the finding.
pub const PAUSED: &str = "DefinitionPaused";

/// What the events tell.
pub(super) fn examine(definitions: &[Definition]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for definition in definitions {
        let name = definition.title();
        let word = shell_word(&definition.name);
        if definition.is_paused() {
            findings.push(Finding {
                name: PAUSED,
                severity: Severity::Warning,
                message: format!("{name} is paused: every call of its instances is refused"),
                expected: "a definition that is live".into(),
                found: "one that was paused and not resumed".into(),
                next: format!("stylus-upgrades resume {word}, once it may go on"),
            });
        }
        for Unlike {
            proxy,
            state,
            wanted,
        } in definition.unlike()
        {
            findings.push(Finding {
                name: "InstanceUnlikeDefinition",
                severity: Severity::Failure,
                message: format!("{proxy} is {state}, and its definition {name} is {wanted}"),
                expected: format!("an instance that is {wanted}"),
                found: format!("one that is {state}: a rollout has not reached it"),
                next: format!("stylus-upgrades rollout {word}, with any key that can pay"),
            });
        }
        for proxy in definition.older().map(|one| one.proxy) {
            let Some(reason) = definition.skipped.get(&proxy) else {
                continue;
            };
            let waiting = Waiting::new(proxy, Some(&Revert::decode(reason)));
            findings.push(Finding {
                name: "InstanceWaits",
                severity: Severity::Warning,
                message: format!("{proxy} is older than what is current of {name}"),
                expected: format!("an instance at {}", definition.current),
                found: waiting.reason,
                next: format!("stylus-upgrades rollout {word}; {}", waiting.next),
            });
        }
    }
    findings
}
