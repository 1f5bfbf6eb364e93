//! Open actions: who approved, who is missing, what blocks, until when, and what they do.

use super::calls::{Call, title};
use super::definitions::definitions_at_hand;
use super::error::{events_hidden, unknown_action};
use crate::client::ChainError;
use crate::error::{Exit, Refusal};
use crate::ids::ActionId;
use crate::model::{BlockedBy, Readiness};
use crate::names::Names;
use crate::questions::ask_all;
use crate::registry::{AtHand, Registry, Topics, all_logs, logs, logs_at_hand};
use crate::text::utc;
use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use futures::try_join;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// An open action. One approver alone can propose bytes that nobody can read.
#[derive(Debug, Clone, Serialize)]
pub struct PendingAction {
    /// Its id.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// The account that proposed it.
    pub proposer: Address,
    /// The bytes that every approver sends.
    pub call: Bytes,
    /// The decoded call.
    #[serde(skip)]
    pub says: Option<Call>,
    /// The reason why no approver should send them: no governed call, or one that could be read in more than one way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// The progress of the action.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// Approvers whose last transaction about it was `revoke`. They are not listed as missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Address>,
}

/// Returns the progress of `action` for a call that is sent now; `None` if it is not open.
///
/// # Errors
/// What the chain says.
pub async fn readiness(
    registry: Registry<'_>,
    action: ActionId,
) -> Result<Option<Readiness>, ChainError> {
    match registry.readiness(action).await {
        Ok(found) if found.blocked_by == BlockedBy::Delay => {
            Ok(Some(found.at(registry.client.next_block_time().await?)))
        }
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_refused_as::<abi::ActionNotFound>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// An open action that waits for nobody: anybody may execute it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RipeAction {
    /// Its id.
    pub action: ActionId,
    /// The definition; empty for the registry itself.
    pub definition: String,
    /// The effect of the action.
    pub what: String,
}

impl RipeAction {
    /// Returns that action of a definition, which anybody may execute now.
    ///
    /// # Errors
    /// As [`proposal`].
    pub async fn of(
        registry: Registry<'_>,
        name: &str,
        action: ActionId,
    ) -> Result<Self, ChainError> {
        Ok(Self {
            action,
            definition: name.into(),
            what: title(&proposal(registry, action).await?.call),
        })
    }

    /// Says so, with what executes it.
    pub fn says(&self) -> String {
        let Self { action, what, .. } = self;
        format!("{what} is approved and not executed yet: stylus-upgrades execute {action}")
    }
}

/// The actions of a definition that anybody may execute now.
///
/// # Errors
/// As [`pending`].
pub async fn ripe(registry: Registry<'_>, name: &str) -> Result<Vec<RipeAction>, ChainError> {
    let mut all = Vec::new();
    for (action, open) in open_readiness(registry, name).await? {
        if open.blocked_by == BlockedBy::Nothing {
            all.push(RipeAction::of(registry, name, action).await?);
        }
    }
    Ok(all)
}

/// The open actions of a definition and how far each is, without what they do. One that ended meanwhile is left out.
///
/// # Errors
/// What the chain says.
pub async fn open_readiness(
    registry: Registry<'_>,
    name: &str,
) -> Result<Vec<(ActionId, Readiness)>, ChainError> {
    let mut all = Vec::new();
    for action in registry.open_actions(name).await? {
        let open = readiness(registry, action).await?;
        all.extend(open.map(|open| (action, open)));
    }
    Ok(all)
}

/// Refuses an action that still waits for somebody or something; `why` says for what.
///
/// # Errors
/// `NotRipe`.
pub fn require_ripe(
    open: &Readiness,
    action: ActionId,
    why: &str,
    names: &Names,
) -> Result<(), Refusal> {
    if open.blocked_by == BlockedBy::Nothing {
        return Ok(());
    }
    let next = match open.blocked_by {
        BlockedBy::Approvals => {
            let needed = names.list(open.needed());
            format!("{needed} can approve it: stylus-upgrades approve {action}")
        }
        BlockedBy::Delay => format!("execute it after {}", utc(open.not_before)),
        _ => format!("stylus-upgrades pending {action} shows what it waits for"),
    };
    let message = format!("{action} cannot be executed yet: {why}");
    let refusal = Refusal::new("NotRipe", message);
    let refusal = refusal.with("an action that waits for nobody", why, next);
    Err(refusal.exiting(Exit::NotReady))
}

/// The event that says what `action` does.
///
/// # Errors
/// `UnknownAction` if there is none; `EventsHidden` if the action
/// is open anyway.
pub async fn proposal(
    registry: Registry<'_>,
    action: ActionId,
) -> Result<abi::Proposed, ChainError> {
    let (client, account) = (registry.client, registry.address);
    let logs = match registry.opened_at(action).await {
        Ok(block) => logs(client, account, of_proposal(&[action.0]), block, block).await?,
        Err(error) if error.revert().is_some() => Vec::new(), // it is not open
        Err(error) => return Err(error),
    };
    if let Some(event) = newest(logs.iter().collect()) {
        return Ok(event);
    }
    if let Some(event) = proposed(registry, action).await? {
        return Ok(event);
    }
    // Perhaps there is no registry at all.
    registry.require_registry().await?;
    Err(match readiness(registry, action).await? {
        Some(_) => {
            let what = format!("the open action {action}");
            events_hidden(registry, &what)
        }
        None => unknown_action(action),
    })
}

/// The newest event that says what `action` does, open or not; nothing if the endpoint shows none.
///
/// # Errors
/// What the chain says.
pub(super) async fn proposed(
    registry: Registry<'_>,
    action: ActionId,
) -> Result<Option<abi::Proposed>, ChainError> {
    let topics = [action.0];
    let logs = all_logs(registry.client, registry.address, of_proposal(&topics)).await?;
    Ok(newest(logs.iter().collect()))
}

/// The topics of the events that propose that action.
fn of_proposal(action: &[B256]) -> Topics<'_> {
    [&[abi::Proposed::SIGNATURE_HASH], &[], action]
}

fn newest(logs: Vec<&Log>) -> Option<abi::Proposed> {
    let mut newest_first = logs.into_iter().rev();
    newest_first.find_map(|log| Some(log.log_decode::<abi::Proposed>().ok()?.inner.data))
}

/// Returns the accounts of `missing` whose last word on `action` was `revoke`.
///
/// # Errors
/// What the chain says.
pub async fn refused(
    registry: Registry<'_>,
    action: ActionId,
    missing: &[Address],
) -> Result<Vec<Address>, ChainError> {
    let action = [action.0];
    let words = all_logs(registry.client, registry.address, of_words(&action)).await?;
    Ok(has_refused(&words.iter().collect::<Vec<_>>(), missing))
}

/// The topics of the events by which somebody approved that action, or refused it.
fn of_words(action: &[B256]) -> Topics<'_> {
    const WORDS: [B256; 2] = [abi::Approved::SIGNATURE_HASH, abi::Revoked::SIGNATURE_HASH];
    [&WORDS, &[], action]
}

/// Returns topics for these actions: of their approvals and revocations, and of the events that propose them.
fn of_actions(actions: &[B256]) -> Topics<'_> {
    const ALL: [B256; 3] = [
        abi::Proposed::SIGNATURE_HASH,
        abi::Approved::SIGNATURE_HASH,
        abi::Revoked::SIGNATURE_HASH,
    ];
    [&ALL, &[], actions]
}

/// Returns the accounts whose last word was a refusal.
fn has_refused(words: &[&Log], missing: &[Address]) -> Vec<Address> {
    let last_word = |account: Address| {
        let by_him = |topics: &&[B256]| topics.get(3) == Some(&account.into_word());
        words.iter().rev().map(|log| log.topics()).find(by_him)
    };
    let has_refused = |account: &Address| {
        let word = last_word(*account).and_then(|topics| topics.first());
        word == Some(&abi::Revoked::SIGNATURE_HASH)
    };
    missing.iter().copied().filter(has_refused).collect()
}

/// The actions that were ever proposed.
///
/// # Errors
/// What the chain says.
pub async fn ever_proposed(registry: Registry<'_>) -> Result<BTreeSet<ActionId>, ChainError> {
    let topics: Topics<'_> = [&[abi::Proposed::SIGNATURE_HASH], &[], &[]];
    let logs = all_logs(registry.client, registry.address, topics).await?;
    let ids = logs.iter().filter_map(|log| log.topics().get(2));
    Ok(ids.map(|id| ActionId(*id)).collect())
}

/// The open actions.
#[derive(Debug, Clone, Default)]
pub struct OpenActions {
    /// The actions.
    pub actions: Vec<PendingAction>,
    /// The first block of which events were not read, as the endpoint wants many requests for them: definitions that
    /// were created since are not looked at, and who refused an action since is listed as missing.
    pub unread_from: Option<u64>,
}

/// The open actions of a definition.
///
/// # Errors
/// What the chain says; `UnknownAction` where an event is missing.
pub async fn pending(registry: Registry<'_>, name: &str) -> Result<Vec<PendingAction>, ChainError> {
    Ok(open(registry, name).await?.actions)
}

/// Returns the same as [`pending`], with a note of what was not read.
///
/// # Errors
/// As [`pending`].
pub async fn open(registry: Registry<'_>, name: &str) -> Result<OpenActions, ChainError> {
    open_of(registry, &[name]).await
}

/// The open actions of every definition and of the registry itself.
///
/// # Errors
/// As [`pending`].
pub async fn all_open(registry: Registry<'_>) -> Result<OpenActions, ChainError> {
    let (definitions, unread_from) = definitions_at_hand(registry).await?;
    let names: Vec<&str> = [""]
        .into_iter()
        .chain(definitions.iter().map(String::as_str))
        .collect();
    let open = open_of(registry, &names).await?;
    Ok(OpenActions {
        unread_from: open.unread_from.or(unread_from),
        ..open
    })
}

/// The open actions of these definitions, in their order.
async fn open_of(registry: Registry<'_>, names: &[&str]) -> Result<OpenActions, ChainError> {
    let lists = names.iter().map(|name| registry.open_actions(name));
    let lists = ask_all(lists).await?;
    let actions = names.iter().zip(lists);
    let actions: Vec<(&str, ActionId)> = actions
        .flat_map(|(name, list)| list.into_iter().map(|action| (*name, action)))
        .collect();
    if actions.is_empty() {
        return Ok(OpenActions::default());
    }
    let ids: Vec<B256> = actions.iter().map(|(_, action)| action.0).collect();
    let how_far = actions
        .iter()
        .map(|(_, action)| readiness(registry, *action));
    let how_far = ask_all(how_far);
    let events = logs_at_hand(registry.client, registry.address, of_actions(&ids));
    let (how_far, events): (Vec<_>, AtHand) = try_join!(how_far, events)?;
    let proposals = ids
        .iter()
        .map(|id| proposal_at_hand(registry, *id, &events));
    let proposals = ask_all(proposals).await?;
    let facts = proposals.into_iter().zip(how_far);
    let mut all = Vec::new();
    for ((name, action), (event, readiness)) in actions.into_iter().zip(facts) {
        let Some(mut readiness) = readiness else {
            continue; // others finished it between two questions
        };
        let refused = has_refused(&events.about(action.0), &readiness.missing);
        readiness.missing.retain(|who| !refused.contains(who));
        let says = Call::decode(&event.call);
        all.push(PendingAction {
            action,
            definition: name.into(),
            proposer: event.proposer,
            unreadable: says.as_ref().err().map(ToString::to_string),
            says: says.ok(),
            call: event.call,
            readiness,
            refused,
        });
    }
    Ok(OpenActions {
        actions: all,
        unread_from: events.unread_from,
    })
}

/// The event that says what an open action does: the newest of `events`, or the one that the endpoint gives where some
/// were left unread.
async fn proposal_at_hand(
    registry: Registry<'_>,
    action: B256,
    events: &AtHand,
) -> Result<abi::Proposed, ChainError> {
    let known = match events.unread_from {
        None => newest(events.about(action)),
        Some(_) => None,
    };
    match known {
        Some(event) => Ok(event),
        None => proposal(registry, ActionId(action)).await,
    }
}
