//! Descriptions of events: the actor, the policy, and the event in words.

use crate::client::Revert;
use crate::governance::{Call, kind_in_words, subject};
use crate::ids::{ActionId, CodeHash};
use crate::model::{Definition, role_asked_for};
use crate::names::Names;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::adopted::is_adopted;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// The policy that is in force for an action when an event about it happens. A pause that another role decides takes
/// any one address of its policy.
pub(super) fn in_force(
    id: ActionId,
    event: &Event,
    before: &Definition,
    names: &Names,
) -> Option<String> {
    let open = before.open.get(&id);
    let call = match (open, event) {
        (Some(open), _) => &open.call,
        (None, Event::Proposed(event)) => &event.call,
        _ => return None,
    };
    let role = match open {
        Some(open) => open.role.as_str(),
        None => before.deciding_role(role_asked_for(call)?),
    };
    let policy = names.policy(before.policies.get(role)?);
    let is_pause = call.starts_with(&abi::pauseCall::SELECTOR);
    Some(if is_pause && role != "pause" {
        format!("any one of {role}'s approvers: {policy}")
    } else {
        policy
    })
}

/// Returns the account that an event names, and the action that it belongs to.
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

/// Notes that an earlier version has the same code, where one has: what a rollback adds.
fn again(code: CodeHash, before: &Definition) -> String {
    let mut versions = before.versions.iter();
    let earlier = versions.find(|version| version.code.codehash == code);
    earlier.map_or_else(String::new, |version| {
        format!(" (the code of {} again)", version.version)
    })
}

/// An event in words; `before` is the state before it.
pub(super) fn describe(event: &Event, before: &Definition, names: &Names) -> String {
    let proposal = |id: B256| {
        let open = before.open.get(&id.into());
        let about = open.and_then(|open| subject(&open.call, names));
        about.unwrap_or_else(|| id.to_string())
    };
    let instance = |proxy: Address, what: &str| format!("instance {} {what}", names.long(proxy));
    let way = |from: &str, to: &str| format!("{from} → {to}");
    match event {
        Event::DefinitionCreated(event) => format!("definition {} created", event.name),
        Event::VersionAdded(event) => {
            let (version, code) = (&event.version, event.implementation);
            let again = again(event.codehash.into(), before);
            format!("version {version} added, code {code}{again}")
        }
        Event::StepAdded(event) if event.step.from.is_empty() => {
            format!("initial step of {} added", event.to)
        }
        Event::StepAdded(event) => format!("step {} added", way(&event.step.from, &event.to)),
        Event::CurrentChanged(event) => format!("{} is current", event.version),
        Event::Proposed(event) => match subject(&event.call, names) {
            Some(about) => {
                let call = Call::decode(&event.call).ok();
                let code = call
                    .as_ref()
                    .and_then(Call::version)
                    .and_then(|(_, code, _)| code);
                let again = code.map(|code| again(code.codehash.into(), before));
                format!("proposed {about}{}", again.unwrap_or_default())
            }
            None => "proposed something that nobody can read".into(),
        },
        Event::AdminCreated(event) => format!("admin {} created", names.long(event.admin)),
        Event::ProxyCreated(event) => {
            instance(event.proxy, &format!("created at {}", event.version))
        }
        Event::Approved(event) => {
            let (about, required) = (proposal(event.action), event.required);
            format!("approved {about} ({}/{required})", event.approvals)
        }
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
            instance(event.proxy, &format!("at {}", event.to))
        }
        Event::InstanceUpgraded(event) => instance(event.proxy, &way(&event.from, &event.to)),
        Event::InstanceSkipped(event) => {
            let reason = Revert::decode(&event.reason);
            instance(event.proxy, &format!("stayed as it was: {reason}"))
        }
        Event::InstanceAdopted(event) => {
            let how = if is_adopted(event.kind) {
                "adopted, a"
            } else {
                "arrived:"
            };
            let kind = kind_in_words(event.kind);
            instance(event.proxy, &format!("{how} {kind}"))
        }
        Event::InstanceTransferred(event) => {
            let to = names.short(event.to);
            instance(event.proxy, &format!("transferred to {to}"))
        }
        Event::InstanceRemoved(event) => instance(event.proxy, "removed"),
        Event::TransferAccepted(event) if event.registry.is_zero() => {
            format!("transfer of {} not accepted any more", event.proxy)
        }
        Event::TransferAccepted(event) => {
            let (from, proxy) = (names.short(event.registry), event.proxy);
            format!(
                "transfer of {proxy} from {from} accepted, at {}",
                event.version
            )
        }
        Event::PolicyChanged(event) => {
            let policy = names.policy(&event.expression);
            format!("policy of {} is {policy}", event.role)
        }
        Event::MigrationStarted(event) => {
            let way = way(&event.from, &event.to);
            instance(event.proxy, &format!("migrates {way}"))
        }
        Event::MigrationEnded(event) => {
            let way = way(&event.from, &event.to);
            instance(event.proxy, &format!("migrated {way}"))
        }
        Event::MigrationAborted(event) => {
            instance(event.proxy, &format!("is back at {}", event.from))
        }
        Event::HandlerChanged(event) => {
            format!("{} handles {}", names.short(event.handler), event.proxy)
        }
        Event::InstancePaused(event) => instance(event.proxy, "paused"),
        Event::InstanceResumed(event) => instance(event.proxy, "resumed"),
        Event::Paused(_) => "paused".into(),
        Event::Resumed(_) => "resumed".into(),
    }
}
