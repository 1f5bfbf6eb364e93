//! The versions of a definition, and the steps between them, that its instances need: those that
//! they are at, those at which an open action adds one or another registry transfers one, the current one, and whatever
//! lies on a path between.

use crate::governance::Call;
use crate::model::Action;
use crate::model::Definition;
use std::collections::BTreeSet;

/// Versions and steps that are needed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RequiredVersions<'a> {
    versions: BTreeSet<&'a str>,
    /// From where to where.
    steps: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> RequiredVersions<'a> {
    /// Returns those of a definition at `now`, Unix seconds.
    pub(super) fn new(definition: &'a Definition, now: u64) -> Self {
        let reached = definition.begun.values().map(|begun| begun.to.as_str());
        let mut targets: BTreeSet<&str> = reached.collect();
        if !definition.current.is_empty() {
            targets.insert(&definition.current);
        }
        let at = definition
            .instances
            .iter()
            .map(|instance| instance.version.as_str());
        let added: BTreeSet<String> = definition
            .pending(now)
            .filter_map(|(_, action)| added_at(action))
            .collect();
        let known = definition
            .versions
            .iter()
            .map(|version| version.version.as_str());
        let added = known.filter(|label| added.contains(*label));
        let accepted = definition.accepted.values();
        let accepted = accepted.map(|acceptance| acceptance.version.as_str());
        let starts: BTreeSet<&str> = at.chain(added).chain(accepted).collect();
        let edges: Vec<(&str, &str)> = definition
            .versions
            .iter()
            .flat_map(|version| {
                let into = version.version.as_str();
                version.steps.iter().map(move |step| (&*step.from, into))
            })
            .collect();
        let forward = reachable_from(starts.clone(), edges.iter().copied());
        let back = reachable_from(targets.clone(), edges.iter().map(|(from, to)| (*to, *from)));
        let between: BTreeSet<&str> = forward.intersection(&back).copied().collect();
        let steps = edges
            .into_iter()
            .filter(|(from, to)| between.contains(from) && between.contains(to))
            .collect();
        let versions = between.into_iter().chain(starts).chain(targets).collect();
        Self { versions, steps }
    }

    pub(super) fn has_version(&self, version: &str) -> bool {
        self.versions.contains(version)
    }

    pub(super) fn has_step(&self, from: &str, to: &str) -> bool {
        self.steps.contains(&(from, to))
    }
}

/// The version at which an open action adds an instance.
fn added_at(action: &Action) -> Option<String> {
    match Call::decode(&action.call) {
        Ok(Call::Adopt(call)) => Some(call.version),
        Ok(Call::CreateProxy(call)) => Some(call.version),
        Ok(Call::AcceptTransfer(call)) if !call.registry.is_zero() => Some(call.version),
        _ => None,
    }
}

/// The versions that edges reach from these.
fn reachable_from<'a>(
    mut reached: BTreeSet<&'a str>,
    edges: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> BTreeSet<&'a str> {
    loop {
        let before = reached.len();
        for (from, to) in edges.clone() {
            if reached.contains(from) {
                reached.insert(to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_records::tests::definition;
    use super::*;
    use crate::ids::ActionId;
    use alloy::primitives::Address;
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry;

    #[test]
    fn what_lies_on_a_path_to_the_current_version_is_needed_and_nothing_else_is() {
        let steps = [
            ("", "1.0"),
            ("1.0", "2.0"),
            ("2.0", "3.0"),
            ("3.0", "4.0"),
            ("1.0", "hotfix"),
            ("4.0", "next"),
        ];
        let definition = definition(&steps, "4.0", &["2.0", "4.0"]);
        let needed = RequiredVersions::new(&definition, 0);
        let versions = ["1.0", "2.0", "3.0", "4.0", "hotfix", "next"];
        let found = versions.map(|version| needed.has_version(version));
        assert_eq!(found, [false, true, true, true, false, false]);
        assert!(needed.has_step("2.0", "3.0") && needed.has_step("3.0", "4.0"));
        assert!(!needed.has_step("1.0", "2.0") && !needed.has_step("4.0", "next"));
    }

    #[test]
    fn an_open_action_needs_the_version_at_which_it_adds_an_instance() {
        let mut definition = definition(&[("", "1.0"), ("1.0", "2.0"), ("2.0", "3.0")], "3.0", &[]);
        let adopt = IRegistry::adoptCall {
            name: "A".into(),
            proxy: Address::with_last_byte(1),
            kind: 3,
            version: "2.0".into(),
        };
        let mut action = Action::default();
        action.call = adopt.abi_encode().into();
        action.expires = 5;
        action.role = "migrate".into();
        action.epoch = definition.epoch("migrate");
        definition.open.insert(ActionId::ZERO, action);
        let needed = RequiredVersions::new(&definition, 5);
        assert!(!needed.has_version("1.0") && needed.has_version("2.0"));
        assert!(needed.has_step("2.0", "3.0"));
        let later = RequiredVersions::new(&definition, 6);
        assert!(!later.has_version("2.0"), "it has expired");
        let superseded = definition.open.get_mut(&ActionId::ZERO);
        superseded.expect("it is there").epoch = 7;
        let other = RequiredVersions::new(&definition, 5);
        assert!(!other.has_version("2.0"), "its policy has changed");
    }

    #[test]
    fn without_instances_the_current_version_alone_is_needed() {
        let definition = definition(&[("", "1.0"), ("1.0", "2.0")], "2.0", &[]);
        let needed = RequiredVersions::new(&definition, 0);
        assert!(needed.has_version("2.0") && !needed.has_version("1.0"));
        assert!(!needed.has_step("1.0", "2.0"));
    }
}
