//! Changes of a definition after the last approval of an action, from the registry's events.

use super::Call;
use crate::assess::LaterChanges;
use crate::client::ChainError;
use crate::ids::ActionId;
use crate::model::definition_id;
use crate::registry::{Registry, Topics, logs_since};
use alloy::primitives::{Address, B256, Log};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Events that change nothing that a review looks at: the decisions themselves, and pauses.
const DECISIONS: [B256; 9] = [
    abi::Proposed::SIGNATURE_HASH,
    abi::Approved::SIGNATURE_HASH,
    abi::Revoked::SIGNATURE_HASH,
    abi::Cancelled::SIGNATURE_HASH,
    abi::Executed::SIGNATURE_HASH,
    abi::Paused::SIGNATURE_HASH,
    abi::Resumed::SIGNATURE_HASH,
    abi::InstancePaused::SIGNATURE_HASH,
    abi::InstanceResumed::SIGNATURE_HASH,
];
/// Events about one instance, which is their second indexed argument.
const OF_INSTANCES: [B256; 11] = [
    abi::ProxyCreated::SIGNATURE_HASH,
    abi::InstanceUpgraded::SIGNATURE_HASH,
    abi::InstanceSkipped::SIGNATURE_HASH,
    abi::InstanceAdopted::SIGNATURE_HASH,
    abi::TransferAccepted::SIGNATURE_HASH,
    abi::InstanceTransferred::SIGNATURE_HASH,
    abi::InstanceRemoved::SIGNATURE_HASH,
    abi::MigrationStarted::SIGNATURE_HASH,
    abi::MigrationEnded::SIGNATURE_HASH,
    abi::MigrationAborted::SIGNATURE_HASH,
    abi::HandlerChanged::SIGNATURE_HASH,
];

/// Reads the changes of the definition that `call` is about, after the last approval of the open `action`.
///
/// # Errors
/// What the chain says.
pub async fn later_changes(
    registry: Registry<'_>,
    call: &Call,
    action: ActionId,
) -> Result<LaterChanges, ChainError> {
    let opened = registry.opened_at(action).await?;
    let definition = [definition_id(call.definition()).0];
    let topics: Topics<'_> = [&[], &definition, &[]];
    let logs = logs_since(registry.client, registry.address, topics, opened).await?;
    let logs: Vec<&Log> = logs.iter().map(|log| &log.inner).collect();
    Ok(changes_after_approval(&logs, action))
}

fn changes_after_approval(logs: &[&Log], action: ActionId) -> LaterChanges {
    let approves = |log: &&Log| {
        let [kind, _, approved, ..] = log.topics() else {
            return false;
        };
        *kind == abi::Approved::SIGNATURE_HASH && *approved == action.0
    };
    let last_approval = logs.iter().rposition(approves);
    let later = last_approval.map_or(logs, |at| logs.get(at..).unwrap_or_default());
    let mut changes = LaterChanges::default();
    for log in later {
        match log.topics() {
            [kind, ..] if DECISIONS.contains(kind) => {}
            [kind, _, instance, ..] if OF_INSTANCES.contains(kind) => {
                changes.instances.insert(Address::from_word(*instance));
            }
            _ => changes.of_definition = true,
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(event: &impl SolEvent) -> Log {
        Log {
            address: Address::ZERO,
            data: event.encode_log_data(),
        }
    }

    #[test]
    fn changes_after_the_last_approval_are_counted() {
        let (definition, action) = (definition_id("A").0, ActionId(B256::with_last_byte(7)));
        let approved = |action: ActionId| {
            log(&abi::Approved {
                definition,
                action: action.0,
                approver: Address::ZERO,
                approvals: 1,
                required: 2,
            })
        };
        let proxy = Address::with_last_byte(3);
        let removed = log(&abi::InstanceRemoved { definition, proxy });
        let policy = log(&abi::PolicyChanged {
            definition,
            role: "migrate".into(),
            expression: String::new(),
        });
        let paused = log(&abi::Paused { definition });
        let (own, other) = (approved(action), approved(ActionId(B256::ZERO)));
        let changes = |logs: &[&Log]| changes_after_approval(logs, action);
        assert_eq!(
            changes(&[&policy, &removed, &own, &paused, &other]),
            LaterChanges::default()
        );
        let of_instance = changes(&[&own, &removed]);
        assert_eq!(of_instance.instances, [proxy].into());
        assert!(!of_instance.of_definition);
        assert!(changes(&[&own, &policy, &other]).of_definition);
    }
}
