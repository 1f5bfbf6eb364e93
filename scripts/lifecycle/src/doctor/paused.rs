//! Definitions that are paused, and instances that are not what their definition is, or that wait.

use crate::assess::{Finding, Part, Severity};
use crate::client::Revert;
use crate::model::{Definition, Unlike};
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
            findings.push(
                Finding::named(
                    Part::Instances,
                    Severity::Warning,
                    PAUSED,
                    format!("{name} is paused: every call of its instances is refused"),
                )
                .with(
                    "a definition that is live",
                    "one that was paused and not resumed",
                    format!("stylus-upgrades resume {word}, once it may go on"),
                ),
            );
        }
        for Unlike {
            proxy,
            state,
            wanted,
        } in definition.unlike()
        {
            findings.push(
                Finding::named(
                    Part::Instances,
                    Severity::Danger,
                    "InstanceUnlikeDefinition",
                    format!("{proxy} is {state}, and its definition {name} is {wanted}"),
                )
                .with(
                    format!("an instance that is {wanted}"),
                    format!("one that is {state}: a rollout has not reached it"),
                    format!("stylus-upgrades upgrade {word}, with any key that can pay"),
                ),
            );
        }
        for proxy in definition.older().map(|one| one.proxy) {
            let Some(reason) = definition.skipped.get(&proxy) else {
                continue;
            };
            let waiting = Waiting::new(proxy, Some(&Revert::decode(reason)));
            findings.push(
                Finding::named(
                    Part::Instances,
                    Severity::Warning,
                    "InstanceWaits",
                    format!("{proxy} is older than what is current of {name}"),
                )
                .with(
                    format!("an instance at {}", definition.current),
                    waiting.reason,
                    format!("stylus-upgrades upgrade {word}; {}", waiting.next),
                ),
            );
        }
    }
    findings
}
