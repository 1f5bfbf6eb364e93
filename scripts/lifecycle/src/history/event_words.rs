//! What an event says: who did it, under which policy, and in words.

use crate::client::Revert;
use crate::governance::{Call, kind_in_words, subject};
use crate::ids::ActionId;
use crate::model::{Definition, role_asked_for};
use crate::names::Names;
use alloy::primitives::{Address, B256, Bytes};
use stylus_upgrades_interface::adopted::is_adopted;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// The policy that is in force for an action when an event about it happens.
pub(super) fn in_force(
    id: ActionId,
    event: &Event,
    before: &Definition,
    names: &Names,
) -> Option<String> {
    let open = before.open.get(&id);
    let role = open
        .map(|open| open.role.clone())
        .or_else(|| role(event, before))?;
    let policy = names.policy(before.policies.get(&role)?);
    let call = open.map(|open| &open.call);
    Some(match pauses_by_default(call, event, &role) {
        true => format!("any one of {role}'s approvers: {policy}"),
        false => policy,
    })
}

/// Who an event names, and the action that it belongs to.
pub(super) fn actor(event: &Event) -> (Option<Address>, Option<ActionId>) {
    match event {
        Event::Proposed(event) => (Some(event.proposer), Some(event.action.into())),
        Event::Approved(event) => (Some(event.approver), Some(event.action.into())),
        Event::Revoked(event) => (Some(event.approver), Some(event.action.into())),
        Event::Cancelled(event) => (None, Some(event.action.into())),
        Event::Executed(event) => (None, Some(event.action.into())),
        _ => (None, None),
    }
}

fn role(event: &Event, before: &Definition) -> Option<String> {
    let Event::Proposed(event) = event else {
        return None;
    };
    let role = role_asked_for(&event.call)?;
    Some(before.deciding_role(role).into())
}

/// Whether the call, or the one that the event proposes, is a pause that another role decides: any
/// one address of its policy does.
fn pauses_by_default(call: Option<&Bytes>, event: &Event, role: &str) -> bool {
    let call = call.or(match event {
        Event::Proposed(event) => Some(&event.call),
        _ => None,
    });
    let call = call.and_then(|call| Call::decode(call).ok());
    matches!(call, Some(Call::Pause(_))) && role != "pause"
}

/// An event in words; `before` is the state before it.
pub(super) fn describe(event: &Event, before: &Definition, names: &Names) -> String {
    let proposal = |id: B256| {
        let open = before.open.get(&id.into());
        let about = open.and_then(|open| subject(&open.call, names));
        about.unwrap_or_else(|| id.to_string())
    };
    match event {
        Event::DefinitionCreated(event) => format!("definition {} created", event.name),
        Event::VersionAdded(event) => {
            format!(
                "version {} added, code {}",
                event.version, event.implementation
            )
        }
        Event::StepAdded(event) if event.step.from.is_empty() => {
            format!("initial step of {} added", event.to)
        }
        Event::StepAdded(event) => format!("step {} → {} added", event.step.from, event.to),
        Event::CurrentChanged(event) => format!("{} is current", event.version),
        Event::Proposed(event) => match subject(&event.call, names) {
            Some(about) => format!("proposed {about}"),
            None => "proposed something that nobody can read".into(),
        },
        Event::ProxyCreated(event) => {
            format!(
                "instance {} created at {}",
                names.long(event.proxy),
                event.version
            )
        }
        Event::Approved(event) => format!(
            "approved {} ({}/{})",
            proposal(event.action),
            event.approvals,
            event.required
        ),
        Event::Revoked(event) if event.definition.is_zero() => {
            format!("refused {} before it was proposed", event.action)
        }
        Event::Revoked(event) => {
            let open = before.open.get(&event.action.into());
            let had_approved = open.is_some_and(|open| open.approved.contains(&event.approver));
            let word = if had_approved { "revoked" } else { "refused" };
            format!("{word} {}", proposal(event.action))
        }
        Event::Cancelled(event) => format!("cancelled {}", proposal(event.action)),
        Event::Executed(event) => format!("executed {}", proposal(event.action)),
        Event::InstanceUpgraded(event) if event.from.is_empty() => {
            format!("instance {} at {}", names.long(event.proxy), event.to)
        }
        Event::InstanceUpgraded(event) => {
            format!(
                "instance {} {} → {}",
                names.long(event.proxy),
                event.from,
                event.to
            )
        }
        Event::InstanceSkipped(event) => {
            let reason = Revert::decode(&event.reason);
            format!(
                "instance {} stayed as it was: {reason}",
                names.long(event.proxy)
            )
        }
        Event::InstanceAdopted(event) if !is_adopted(event.kind) => {
            let kind = kind_in_words(event.kind);
            format!("instance {} arrived: {kind}", names.long(event.proxy))
        }
        Event::InstanceAdopted(event) => {
            let kind = kind_in_words(event.kind);
            format!("instance {} adopted, a {kind}", names.long(event.proxy))
        }
        Event::InstanceTransferred(event) => {
            let to = names.short(event.to);
            format!("instance {} transferred to {to}", names.long(event.proxy))
        }
        Event::InstanceRemoved(event) => format!("instance {} removed", names.long(event.proxy)),
        Event::TransferAccepted(event) if event.registry.is_zero() => {
            format!("transfer of {} not accepted any more", event.proxy)
        }
        Event::TransferAccepted(event) => format!(
            "transfer of {} from {} accepted, at {}",
            event.proxy,
            names.short(event.registry),
            event.version
        ),
        Event::RelayChanged(event) if event.registry.is_zero() => {
            format!("orders to {} are relayed no more", event.proxy)
        }
        Event::RelayChanged(event) => format!(
            "orders of {} to {} are relayed",
            names.short(event.registry),
            event.proxy
        ),
        Event::PolicyChanged(event) => {
            format!(
                "policy of {} is {}",
                event.role,
                names.policy(&event.expression)
            )
        }
        Event::MigrationStarted(event) => {
            format!(
                "instance {} migrates {} → {}",
                names.long(event.proxy),
                event.from,
                event.to
            )
        }
        Event::MigrationEnded(event) => {
            format!(
                "instance {} migrated {} → {}",
                names.long(event.proxy),
                event.from,
                event.to
            )
        }
        Event::MigrationAborted(event) => {
            format!(
                "instance {} is back at {}",
                names.long(event.proxy),
                event.from
            )
        }
        Event::HandlerChanged(event) => {
            format!("{} handles {}", names.short(event.handler), event.proxy)
        }
        Event::InstancePaused(event) => format!("instance {} paused", names.long(event.proxy)),
        Event::InstanceResumed(event) => format!("instance {} resumed", names.long(event.proxy)),
        Event::Paused(_) => "paused".into(),
        Event::Resumed(_) => "resumed".into(),
        Event::LayoutPublished(event) => format!("layout {} published", event.layoutHash),
    }
}
