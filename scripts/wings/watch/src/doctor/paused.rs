//! Definitions that are paused, and instances that are not what their definition is, or that wait.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::Revert;
use crate::deployed;
use crate::expiry::PAUSED;
use crate::model::{Definition, Unlike};
use crate::registry::Waiting;
use crate::text::shell_word;
use alloy::primitives::Address;
use std::collections::BTreeSet;

/// Examines what the events tell.
pub(super) fn examine(definitions: &[Definition]) -> Vec<Finding> {
    let (mut findings, mut behind) = (Vec::new(), Vec::new());
    let mut add = |severity, id, says: String, [expected, found, next]: [String; 3]| {
        let finding = Finding::new(Part::Instances, severity, FindingId::error(id), says);
        findings.push(finding.with(expected, found, next));
    };
    for definition in definitions {
        let name = definition.title();
        let word = shell_word(&definition.name);
        if definition.is_paused() {
            let says = format!("{name} is paused: every call of its instances is refused");
            let told = [
                "a definition that is live".into(),
                "one that was paused and not resumed".into(),
                format!("stylus-upgrades resume {word}, once it may run again"),
            ];
            add(Severity::Warning, PAUSED, says, told);
        }
        for Unlike {
            proxy,
            state,
            wanted,
        } in definition.unlike()
        {
            let says = format!("{proxy} is {state}, and its definition {name} is {wanted}");
            let told = [
                format!("an instance that is {wanted}"),
                format!("one that is {state}: a rollout has not reached it"),
                format!("stylus-upgrades upgrade {word}, with any key that can pay"),
            ];
            add(Severity::Danger, "InstanceUnlikeDefinition", says, told);
        }
        let waiting: BTreeSet<Address> = definition.waiting().into_iter().collect();
        let mut unreached = 0;
        for proxy in definition.older().map(|instance| instance.proxy) {
            match definition.skipped.get(&proxy) {
                Some(reason) => {
                    let waiting = Waiting::new(proxy, Some(&Revert::decode(reason)));
                    behind.push(deployed::waits(name, &definition.current, &waiting));
                }
                None if waiting.contains(&proxy) => unreached += 1,
                None => {}
            }
        }
        behind.extend(deployed::unreached(definition, unreached));
    }
    findings.extend(behind);
    findings
}
