//! The findings that an approver accepted, in the user's state folder. The approver is asked once for each finding of
//! an action, and once for the arrival of an instance, whatever the action.

use crate::assess::{Finding, FindingKind};
use crate::ids::ActionId;
use crate::registry::Key;
use crate::state_folder::{recall, remember, state_folder};
use alloy::primitives::{Address, B256, hex, keccak256};
use alloy::sol_types::SolValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The name of its folder in the state folder.
const FOLDER: &str = "accepted";

/// The findings that one approver of one registry accepted on this machine.
#[derive(Debug, Default)]
pub struct ApproverMemory {
    file: Option<PathBuf>,
    accepted: BTreeSet<AcceptedFinding>,
}

/// A finding that an approver accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct AcceptedFinding {
    /// Its id.
    id: String,
    /// The hash of its message and its subject: if either changes, the approver is asked again.
    says: B256,
    /// The action; nothing for an arrival, which is the same for all actions.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<B256>,
}

impl AcceptedFinding {
    fn of(action: ActionId, finding: &Finding) -> Self {
        let about = finding.about.as_deref().unwrap_or_default();
        let says = (finding.message.as_str(), about).abi_encode_params();
        Self {
            id: finding.id.to_string(),
            says: keccak256(says),
            action: (!finding.id.is(FindingKind::Arrival)).then_some(action.0),
        }
    }
}

impl ApproverMemory {
    /// Reads what an approver of a registry accepted on this machine.
    pub fn recall(registry: Key, approver: Address) -> Self {
        let key = (
            registry.chain_id,
            registry.genesis,
            registry.registry,
            approver,
        );
        let name = hex::encode(keccak256(key.abi_encode()));
        let file = state_folder().map(|folder| folder.join(FOLDER).join(format!("{name}.json")));
        let accepted = file.as_deref().and_then(recall).unwrap_or_default();
        Self { file, accepted }
    }

    /// Returns true if the approver accepted this finding of an action before.
    pub fn has_accepted(&self, action: ActionId, finding: &Finding) -> bool {
        self.accepted
            .contains(&AcceptedFinding::of(action, finding))
    }

    /// Remembers that the approver accepts these findings of an action.
    pub fn accept<'f>(
        &mut self,
        action: ActionId,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) {
        let before = self.accepted.len();
        let accepted = findings.into_iter();
        self.accepted
            .extend(accepted.map(|finding| AcceptedFinding::of(action, finding)));
        if let Some(file) = self
            .file
            .as_deref()
            .filter(|_| self.accepted.len() > before)
        {
            remember(file, &self.accepted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{FindingId, FindingKind, Part, Severity};

    fn finding(id: FindingId, message: &str) -> Finding {
        Finding::new(Part::Instances, Severity::Danger, id, message)
    }

    #[test]
    fn a_finding_is_remembered_for_its_action_and_an_arrival_for_all() {
        let [one, two] = [1, 2].map(|byte| ActionId(B256::repeat_byte(byte)));
        let lost = finding(
            FindingId::about(FindingKind::FunctionRemoved, "x()"),
            "x() is gone",
        );
        let mut arrival = finding(
            FindingId::at(FindingKind::Arrival, Address::repeat_byte(7)),
            "it came",
        );
        arrival.about = Some("0x01".into());
        let mut memory = ApproverMemory::default();
        memory.accept(one, [&lost, &arrival]);
        assert!(memory.has_accepted(one, &lost));
        assert!(!memory.has_accepted(two, &lost));
        assert!(memory.has_accepted(two, &arrival));
        // The same id with another message is asked again.
        arrival.about = Some("0x02".into());
        assert!(!memory.has_accepted(one, &arrival));
        let other = finding(lost.id.clone(), "x() answers something else");
        assert!(!memory.has_accepted(one, &other));
    }
}
