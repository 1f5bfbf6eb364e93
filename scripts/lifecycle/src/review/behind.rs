//! Instances that do not run the current version: an upgrade activates it, and rollouts bring it to them.

use crate::model::{Definition, DefinitionState};
use crate::text::{count, grouped, shell_word};
use serde::Serialize;
use std::collections::BTreeMap;

/// Versions that are named, at most.
const NAMED_MAX: usize = 3;

/// Instances that do not run the current version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The definition.
    pub name: String,
    /// The version that is current.
    pub current: String,
    /// The number of instances at each other version.
    pub at: BTreeMap<String, usize>,
}

impl Behind {
    /// Finds the instances of a definition that a rollout moves; nothing where all run the current version, or while it is
    /// paused.
    pub fn of(definition: &Definition) -> Option<Self> {
        if definition.state == DefinitionState::Paused {
            return None;
        }
        let current = &definition.current;
        let mut at = BTreeMap::new();
        for instance in &definition.instances {
            if instance.version != *current && !definition.held.contains(&instance.proxy) {
                *at.entry(instance.version.clone()).or_default() += 1;
            }
        }
        (!current.is_empty() && !at.is_empty()).then(|| Self {
            name: definition.name.clone(),
            current: current.clone(),
            at,
        })
    }

    /// Describes the number of instances that still run each version: `3 instances still run 1.0`.
    pub fn still(&self) -> String {
        let of_each = self.at.iter().take(NAMED_MAX).map(|(version, instances)| {
            let run = if *instances == 1 { "runs" } else { "run" };
            format!("{} still {run} {version}", count(*instances, "instance"))
        });
        let mut words: Vec<String> = of_each.collect();
        let more: usize = self.at.values().skip(NAMED_MAX).sum();
        if more > 0 {
            words.push(format!("{} more run other versions", grouped(more)));
        }
        words.join(", ")
    }

    /// The command that brings the current version to them.
    pub fn command(&self) -> String {
        format!("stylus-upgrades upgrade {}", shell_word(&self.name))
    }

    /// All of it in words.
    pub fn words(&self) -> String {
        let (current, still, command) = (&self.current, self.still(), self.command());
        format!("current {current}; {still}: `{command}`, by anybody")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Instance, InstanceState, ProxyKind};
    use alloy::primitives::Address;

    #[test]
    fn instances_at_other_versions_are_counted_and_the_command_is_named() {
        let instance = |version: &str| Instance {
            proxy: Address::ZERO,
            definition: "A".into(),
            version: version.into(),
            kind: ProxyKind::Wasm,
            state: InstanceState::Live,
        };
        let of = |current: &str, versions: &[&str]| {
            let mut definition = Definition::default();
            definition.name = "A".into();
            definition.current = current.into();
            definition.instances = versions.iter().map(|version| instance(version)).collect();
            Behind::of(&definition).map(|one| one.words())
        };
        assert_eq!(of("2.0", &["2.0"]), None);
        assert_eq!(of("", &[]), None);
        let command = "`stylus-upgrades upgrade A`, by anybody";
        let says = |still: &str| Some(format!("current 2.0; {still}: {command}"));
        assert_eq!(
            of("2.0", &["1.0", "2.0", "1.0", "1.0"]),
            says("3 instances still run 1.0")
        );
        assert_eq!(
            of("2.0", &["1.0", "1.0", "0.9"]),
            says("1 instance still runs 0.9, 2 instances still run 1.0")
        );
    }
}
