//! Open actions: who approved, who is missing, what blocks, until when, and what they do.

use super::calls::Call;
use super::definitions::definitions;
use super::error::GovernanceError;
use crate::client::{ChainError, Client};
use crate::ids::{ActionId, CodeHash};
use crate::model::{Readiness, RecordedCode};
use crate::registry::{Topics, all_logs};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolEvent;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// An open action.
#[derive(Debug, Clone, Serialize)]
pub struct PendingAction {
    /// Its id.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// Who proposed it.
    pub proposer: Address,
    /// The bytes that every approver sends.
    pub call: Bytes,
    /// What they say.
    #[serde(skip)]
    pub says: Call,
    /// How far it is.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// Those who may approve and whose last word on it was `revoke`: they are not among who is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Address>,
}

/// An open action whose bytes no approver should send: no governed call, or one that could be read
/// in more than one way.
#[derive(Debug, Clone, Serialize)]
pub struct UnreadableAction {
    /// Its id.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// Who proposed it.
    pub proposer: Address,
    /// The bytes.
    pub call: Bytes,
    /// What is wrong with them.
    pub unreadable: String,
    /// How far it is.
    #[serde(flatten)]
    pub readiness: Readiness,
}

/// What is open.
#[derive(Debug, Clone, Default)]
pub struct Open {
    /// What approvers can read.
    pub actions: Vec<PendingAction>,
    /// The rest.
    pub unreadable: Vec<UnreadableAction>,
}

impl Open {
    /// The ids of all of them.
    pub fn ids(&self) -> impl Iterator<Item = ActionId> {
        let unreadable = self.unreadable.iter().map(|open| open.action);
        let readable = self.actions.iter().map(|open| open.action);
        readable.chain(unreadable)
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.unreadable.is_empty()
    }
}

/// How far `action` is.
///
/// # Errors
/// [`GovernanceError::NotOpen`] if it is not open.
pub async fn readiness(
    client: &Client,
    registry: Address,
    action: ActionId,
) -> Result<Readiness, GovernanceError> {
    let found = client.registry(registry).readiness(action).await;
    found.map_err(|error| match error.is_refused_as::<abi::ActionNotFound>() {
        true => GovernanceError::NotOpen { action },
        false => error.into(),
    })
}

/// The event that says what `action` does.
///
/// # Errors
/// [`GovernanceError::UnknownAction`] if there is none; [`GovernanceError::EventsHidden`] if the action
/// is open all the same.
pub async fn proposed(
    client: &Client,
    registry: Address,
    action: ActionId,
) -> Result<abi::Proposed, GovernanceError> {
    let topics: Topics<'_> = [&[abi::Proposed::SIGNATURE_HASH], &[], &[action.0]];
    let logs = all_logs(client, registry, topics).await?;
    let newest = logs.iter().rev().find_map(|log| {
        let decoded = log.log_decode::<abi::Proposed>().ok()?;
        Some(decoded.inner.data)
    });
    match newest {
        Some(event) => Ok(event),
        None => Err(untold(client, registry, action).await?),
    }
}

/// Those of `missing` whose last word on `action` was `revoke`.
///
/// # Errors
/// What the chain says.
pub async fn refused(
    client: &Client,
    registry: Address,
    action: ActionId,
    missing: &[Address],
) -> Result<Vec<Address>, ChainError> {
    let said = [abi::Approved::SIGNATURE_HASH, abi::Revoked::SIGNATURE_HASH];
    let topics: Topics<'_> = [&said, &[], &[action.0]];
    let logs = all_logs(client, registry, topics).await?;
    let last_word = |account: Address| {
        let by_him = |topics: &&[B256]| topics.get(3) == Some(&account.into_word());
        logs.iter().rev().map(|log| log.topics()).find(by_him)
    };
    let has_refused = |account: &Address| {
        let word = last_word(*account).and_then(|topics| topics.first());
        word == Some(&abi::Revoked::SIGNATURE_HASH)
    };
    Ok(missing.iter().copied().filter(has_refused).collect())
}

/// The actions that were ever proposed.
///
/// # Errors
/// What the chain says.
pub async fn ever_proposed(
    client: &Client,
    registry: Address,
) -> Result<BTreeSet<ActionId>, ChainError> {
    let topics: Topics<'_> = [&[abi::Proposed::SIGNATURE_HASH], &[], &[]];
    let logs = all_logs(client, registry, topics).await?;
    let ids = logs.iter().filter_map(|log| log.topics().get(2));
    Ok(ids.map(|id| ActionId(*id)).collect())
}

/// Why no event tells of `action`: the endpoint keeps it back, or there is none.
async fn untold(
    client: &Client,
    registry: Address,
    action: ActionId,
) -> Result<GovernanceError, GovernanceError> {
    // Perhaps there is no registry at all.
    client.registry(registry).require().await?;
    match readiness(client, registry, action).await {
        Ok(_) => Ok(GovernanceError::EventsHidden {
            endpoint: client.endpoint().to_string(),
            registry,
            what: format!("the open action {action}"),
        }),
        Err(GovernanceError::NotOpen { .. }) => Ok(GovernanceError::UnknownAction { action }),
        Err(error) => Err(error),
    }
}

/// The open actions of a definition.
///
/// # Errors
/// What the chain says; [`GovernanceError::UnknownAction`] where an event is missing.
pub async fn pending(
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<Open, GovernanceError> {
    let mut all = Open::default();
    for action in client.registry(registry).open_actions(name).await? {
        let event = proposed(client, registry, action).await?;
        // Others may finish it between two questions.
        let mut readiness = match readiness(client, registry, action).await {
            Err(GovernanceError::NotOpen { .. }) => continue,
            other => other?,
        };
        let refused = refused(client, registry, action, &readiness.missing).await?;
        readiness.missing.retain(|who| !refused.contains(who));
        let (definition, proposer, call) = (name.into(), event.proposer, event.call);
        match Call::decode(&call) {
            Ok(says) => all.actions.push(PendingAction {
                action,
                definition,
                proposer,
                says,
                call,
                readiness,
                refused,
            }),
            // One approver alone can propose such bytes: the others still see the rest.
            Err(error) => all.unreadable.push(UnreadableAction {
                action,
                definition,
                proposer,
                call,
                unreadable: error.to_string(),
                readiness,
            }),
        }
    }
    Ok(all)
}

/// The open actions of every definition and of the registry itself.
///
/// # Errors
/// As [`pending`].
pub async fn all_pending(client: &Client, registry: Address) -> Result<Open, GovernanceError> {
    let mut all = pending(client, registry, "").await?;
    for name in definitions(client, registry).await? {
        let more = pending(client, registry, &name).await?;
        all.actions.extend(more.actions);
        all.unreadable.extend(more.unreadable);
    }
    Ok(all)
}

/// What the registry has by now in place of the version that `call` would add, in words.
///
/// # Errors
/// What the chain says.
pub async fn superseded_by(
    client: &Client,
    registry: Address,
    call: &Call,
) -> Result<Option<String>, ChainError> {
    let Some((version, Some(code), _)) = call.version() else {
        return Ok(None);
    };
    let reader = client.registry(registry);
    let known = reader.known_version(call.definition(), version).await?;
    let Some(registered) = known.map(|known| known.code) else {
        return Ok(None);
    };
    let code = RecordedCode::from(code);
    let other = if registered.codehash != code.codehash {
        "with other code"
    } else if registered.implementation != code.implementation {
        "with the same code at another account"
    } else if registered.layout != code.layout {
        "with the same code, and another layout"
    } else if registered.source != code.source {
        "with the same code, of other sources"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("{version} is registered {other}")))
}

impl PendingAction {
    /// The accounts whose code is approved, that the bytes name with `hash`.
    pub(super) fn accounts_with(&self, hash: CodeHash) -> Vec<Address> {
        let subjects = self.says.subjects().into_iter();
        subjects
            .filter(|(_, _, codehash)| *codehash == hash)
            .map(|(_, account, _)| account)
            .collect()
    }
}
