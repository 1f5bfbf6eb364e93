//! Open actions that end once a call is executed. An action's approvals are bound to the role that decides it and to an
//! epoch: of role `migrate` the definition's sequence, which a new version and a change of any policy raise, of the others
//! the changes of their own policy. It ends where either differs afterwards.

use super::calls::{Call, title};
use super::pending::{PendingAction, pending};
use super::policy::current_policy;
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::ids::ActionId;
use crate::model::Definition;
use crate::questions::ask_all;
use crate::registry::Registry;
use crate::text::count;
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// An open action that ends once another one is executed, and has to be proposed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndedAction {
    /// Its id.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// The effect of the action.
    pub what: String,
}

impl EndedAction {
    /// The action by what it does, and its first digits.
    fn named(&self) -> String {
        format!("{} ({})", self.what, first_digits(self.action))
    }
}

/// The open actions of its definition that end once `call`, whose bytes are given, is executed.
///
/// # Errors
/// What the chain says.
pub async fn read_ended_actions(
    registry: Registry<'_>,
    (call, bytes): (&Call, &[u8]),
) -> Result<Vec<EndedAction>, ChainError> {
    if !can_end_others(call) {
        return Ok(Vec::new());
    }
    let open = pending(registry, call.definition()).await?;
    find_ended_actions(registry, (call, bytes), &open).await
}

/// Finds those of these open actions, which may be of several definitions, that end once `call` is executed.
///
/// # Errors
/// What the chain says.
pub async fn find_ended_actions(
    registry: Registry<'_>,
    (call, bytes): (&Call, &[u8]),
    open: &[PendingAction],
) -> Result<Vec<EndedAction>, ChainError> {
    let name = call.definition();
    let others: Vec<&PendingAction> = open
        .iter()
        .filter(|action| action.definition == name && *action.call != *bytes)
        .collect();
    if others.is_empty() || !can_end_others(call) {
        return Ok(Vec::new());
    }
    let definition = read_deciding_state(registry, call, &others).await?;
    Ok(select_ended(call, &others, &definition))
}

/// Returns true if an execution of a call can change which role decides an action, or for what its approvals count.
fn can_end_others(call: &Call) -> bool {
    matches!(
        call,
        Call::SetPolicy(_) | Call::AddVersion(_) | Call::Migrate(_)
    )
}

/// Selects the open actions of a definition that end once `call` is executed. It reads of the definition: if the roles that
/// decide for others have a policy, the versions that these calls name, and the current one.
fn select_ended(call: &Call, open: &[&PendingAction], definition: &Definition) -> Vec<EndedAction> {
    let Some(after) = apply_call(call, definition) else {
        return Vec::new();
    };
    let bound_to = |definition: &Definition, action: &PendingAction| {
        let role = definition.role_of_call(&action.call)?;
        Some((role, definition.epoch(role)))
    };
    let ended = open
        .iter()
        .filter(|action| bound_to(definition, action) != bound_to(&after, action));
    let ended = ended.map(|action| EndedAction {
        action: action.action,
        definition: action.definition.clone(),
        what: title(&action.call),
    });
    ended.collect()
}

/// The definition once a call is executed; nothing where that changes no role and no epoch.
fn apply_call(call: &Call, definition: &Definition) -> Option<Definition> {
    let mut after = definition.clone();
    let id = definition.id().0;
    if let Call::SetPolicy(set) = call {
        let changed = abi::PolicyChanged {
            definition: id,
            role: set.role.clone(),
            expression: set.expression.clone(),
        };
        after.feed(&Event::PolicyChanged(changed), 0);
        return Some(after);
    }
    let (version, code, _) = call.version()?;
    if after.version(version).is_none() {
        let code = code?;
        let added = abi::VersionAdded {
            definition: id,
            version: version.into(),
            implementation: code.implementation,
            codehash: code.codehash,
            layoutHash: code.layoutHash,
            sourceHash: code.sourceHash,
            sequence: definition.sequence + 1,
        };
        after.feed(&Event::VersionAdded(added), 0);
    }
    if matches!(call, Call::Migrate(_)) || after.current.is_empty() {
        let changed = abi::CurrentChanged {
            definition: id,
            version: version.into(),
            sequence: after.sequence,
        };
        after.feed(&Event::CurrentChanged(changed), 0);
    }
    Some(after)
}

/// Reads of a definition what [`select_ended`] takes.
async fn read_deciding_state(
    registry: Registry<'_>,
    call: &Call,
    open: &[&PendingAction],
) -> Result<Definition, ChainError> {
    let name = call.definition();
    let mut definition = Definition::named(name);
    let creations = open
        .iter()
        .filter_map(|action| abi::createProxyCall::abi_decode(&action.call).ok());
    let mut labels: BTreeSet<String> = creations.map(|creation| creation.version).collect();
    let mut roles = vec!["pause"];
    if !labels.is_empty() {
        roles.push("create");
        definition.current = registry.head(name).await?.current;
        labels.insert(definition.current.clone());
    }
    labels.extend(call.version().map(|(version, ..)| version.to_owned()));
    for role in roles {
        if let Some(policy) = current_policy(registry, name, role).await? {
            definition.policies.insert(role.into(), policy);
        }
    }
    let versions = labels
        .iter()
        .map(|label| registry.known_version(name, label));
    let versions = ask_all(versions).await?;
    definition.versions = versions.into_iter().flatten().collect();
    Ok(definition)
}

/// The finding that a call ends others.
pub fn ends_others(ended: &[EndedAction]) -> Option<Finding> {
    let all: Vec<String> = ended.iter().map(EndedAction::named).collect();
    let actions = count(ended.len(), "open action");
    let says = format!(
        "ends {actions}, which must be proposed again: {}",
        all.join(", ")
    );
    let finding = Finding::named(
        Part::Action,
        Severity::Warning,
        FindingKind::EndsOthers,
        says,
    );
    (!ended.is_empty()).then_some(finding)
}

/// The first digits of an action, which commands take.
pub fn first_digits(action: ActionId) -> String {
    let text = action.to_string();
    text.get(..DIGITS).unwrap_or(&text).to_owned()
}

/// Characters of an action's first digits.
const DIGITS: usize = 10;

#[cfg(test)]
mod tests;
