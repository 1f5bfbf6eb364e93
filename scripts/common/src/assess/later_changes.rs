//! Changes after the approvers of an action decided. Nobody answered for findings about these.

use super::id::FindingId;
use alloy::primitives::Address;
use std::collections::BTreeSet;

/// Changes of a definition after the last approval of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaterChanges {
    /// True if something changed that all instances share: a version, a step or a policy.
    pub of_definition: bool,
    /// The instances that came, left or changed.
    pub instances: BTreeSet<Address>,
}

impl LaterChanges {
    /// Returns true if a finding with this id may have arisen from the changes. One about code is the same whatever
    /// instances there are. Another one about no account may have arisen from each of them.
    pub fn concern(&self, id: &FindingId) -> bool {
        let is_of_instance = match id.instance() {
            Some(instance) => self.instances.contains(&instance),
            None => !self.instances.is_empty() && id.part_of_code().is_none(),
        };
        self.of_definition || is_of_instance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{CodeReplacer, FindingKind};

    #[test]
    fn later_changes_concern_what_they_are_about() {
        let [changed, other] = [1, 2].map(Address::with_last_byte);
        let none = LaterChanges::default();
        let of_instance = LaterChanges {
            instances: [changed].into(),
            ..LaterChanges::default()
        };
        let of_definition = LaterChanges {
            of_definition: true,
            ..LaterChanges::default()
        };
        let replaceable = |proxy| FindingId::code_replaceable(proxy, CodeReplacer::Account(other));
        for (id, by_instance) in [
            (FindingId::at(FindingKind::Arrival, changed), true),
            (FindingId::at(FindingKind::Arrival, other), false),
            (replaceable(changed), true),
            (replaceable(other), false),
            (FindingId::about(FindingKind::Dirty, "owner"), true),
            (FindingId::about(FindingKind::Delete, "owner"), false),
        ] {
            assert!(!none.concern(&id), "{id}");
            assert_eq!(of_instance.concern(&id), by_instance, "{id}");
            assert!(of_definition.concern(&id), "{id}");
        }
    }
}
