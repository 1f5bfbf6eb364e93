//! One definition's events, each with who, when, and the policy that was in force.

use super::event_words::{actor, describe, in_force};
use crate::client::{ChainError, Client, EventStore};
use crate::governance::{first_digits, title};
use crate::ids::{ActionId, CalldataHash, CodeHash, TxHash};
use crate::model::{Definition, definition_id, is_timed};
use crate::names::Names;
use crate::progress::Rate;
use crate::questions::ask_all;
use crate::registry::{Registry, Topics, all_logs};
use crate::text::{count, utc};
use alloy::consensus::Transaction as _;
use alloy::network::TransactionResponse;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::Log;
use alloy::sol_types::{SolEvent, SolEventInterface};
use futures::try_join;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// Events after which it is shown how far reading is.
const CHUNK: usize = 1_000;

/// The history of a definition, and the state that follows from it.
#[derive(Debug, Clone)]
pub struct History {
    /// The registry's events about it, in their order: those that were wanted.
    pub entries: Vec<Entry>,
    /// The number of all events.
    pub total: usize,
    /// The state that follows from all of them.
    pub definition: Definition,
    /// The action that ended the action whose events were wanted, if there is one.
    pub ended_by: Option<EndedBy>,
    /// The block of the newest event that tells what an instance runs, by instance.
    pub moved_at: BTreeMap<Address, u64>,
}

/// Another action, whose execution ended one: it added a version, or changed a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndedBy {
    /// The action that was executed.
    pub action: ActionId,
    /// Its effect, in a few words.
    pub what: String,
    /// Unix seconds of the block.
    pub time: u64,
}

impl EndedBy {
    /// The same in words.
    pub fn words(&self) -> String {
        let (what, digits) = (&self.what, first_digits(self.action));
        let time = utc(self.time);
        format!("another action ended it: {what} ({digits}) was executed on {time}")
    }
}

/// Events of which transaction and block are read. The state follows from all of them in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// None.
    None,
    /// The events of an action.
    OfAction(ActionId),
    /// The newest, this many.
    Newest(usize),
}

impl Wanted {
    /// Returns true if the event at a place is among them, of `total`.
    fn has(self, at: usize, total: usize, action: Option<ActionId>) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::OfAction(wanted) => action == Some(wanted),
            Self::Newest(count) => total - at <= count,
        }
    }
}

/// One event.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Entry {
    /// The block.
    pub block: u64,
    /// Unix seconds of the block.
    pub time: u64,
    /// The transaction.
    pub tx: TxHash,
    /// The actor: the approver or proposer that the event names, else the transaction's sender.
    pub who: Address,
    /// The event's name.
    pub event: &'static str,
    /// The event, in words.
    pub what: String,
    /// The code hash that was recorded by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codehash: Option<CodeHash>,
    /// The action that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// The policy that was in force for that action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// keccak256 of the transaction's calldata.
    pub calldata: CalldataHash,
}

/// Reads everything about the definition called `name` from the registry's events, and of which of them also
/// transaction and block.
///
/// # Errors
/// What the chain says.
pub async fn read(
    registry: Registry<'_>,
    name: &str,
    names: &Names,
    wanted: Wanted,
) -> Result<History, ChainError> {
    // In one question with the events that name no definition: who refused an action before it was proposed.
    let subjects = [definition_id(name).0, B256::ZERO];
    let topics: Topics<'_> = [&[], &subjects, &[]];
    let mut logs = all_logs(registry.client, registry.address, topics).await?;
    let actions = find_proposed(&logs);
    logs.retain(|log| {
        let names_it = log.topics().get(1) == Some(&definition_id(name).0);
        names_it || is_refusal(log, &actions)
    });
    from_logs(registry, &logs, name, names, wanted).await
}

/// Finds the actions that were proposed in these logs.
fn find_proposed(logs: &[Log]) -> BTreeSet<B256> {
    let found = logs.iter().map(|log| log.topics());
    let proposed = found.filter(|topics| topics.first() == Some(&abi::Proposed::SIGNATURE_HASH));
    proposed
        .filter_map(|topics| topics.get(2).copied())
        .collect()
}

/// Returns true if a log says that somebody refused one of these actions before it was proposed.
fn is_refusal(log: &Log, actions: &BTreeSet<B256>) -> bool {
    let topics = log.topics();
    let action = topics.get(2);
    let is_early =
        topics.first() == Some(&abi::Revoked::SIGNATURE_HASH) && topics.get(1) == Some(&B256::ZERO);
    is_early && action.is_some_and(|action| actions.contains(action))
}

/// The registry's events that name an instance, in their order.
///
/// # Errors
/// What the chain says.
pub async fn of_instance(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
    names: &Names,
) -> Result<Vec<Entry>, ChainError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[proxy.into_word()]];
    let mut logs = all_logs(registry.client, registry.address, topics).await?;
    with_related(registry, &mut logs).await?;
    let history = from_logs(registry, &logs, name, names, Wanted::All).await?;
    Ok(history.entries)
}

/// Adds the events that name no definition: who refused an action before it was proposed.
async fn with_related(registry: Registry<'_>, logs: &mut Vec<Log>) -> Result<(), ChainError> {
    let actions: Vec<B256> = find_proposed(logs).into_iter().collect();
    if actions.is_empty() {
        return Ok(());
    }
    let refusals: Topics<'_> = [&[abi::Revoked::SIGNATURE_HASH], &[B256::ZERO], &actions];
    logs.extend(all_logs(registry.client, registry.address, refusals).await?);
    logs.sort_by_key(|log| (log.block_number, log.log_index));
    Ok(())
}

async fn from_logs(
    registry: Registry<'_>,
    logs: &[Log],
    name: &str,
    names: &Names,
    wanted: Wanted,
) -> Result<History, ChainError> {
    let decoded = logs.iter().filter_map(|log| {
        let event = Event::decode_raw_log(log.topics(), &log.data().data).ok()?;
        Some((log, event))
    });
    let events: Vec<(&Log, Event)> = decoded.collect();
    let total = events.len();
    let executed = events.iter().filter_map(|(_, event)| match event {
        Event::Executed(event) => Some(event.action.into()),
        _ => None,
    });
    let executed: BTreeSet<ActionId> = executed.collect();
    let facts = Facts::of(registry);
    let asked = events.iter().enumerate().filter_map(|(at, (log, event))| {
        let is_wanted = wanted.has(at, total, actor(event).1);
        (is_wanted || is_timed(event)).then_some((*log, is_wanted))
    });
    let asked: Vec<(&Log, bool)> = asked.collect();
    gather_in_chunks(registry.client, &facts, &asked).await?;
    let mut definition = Definition::before_events(name);
    let mut entries = Vec::new();
    let mut ending = Ending::of(wanted);
    for (at, (log, event)) in events.iter().enumerate() {
        let (who, action) = actor(event);
        let is_wanted = wanted.has(at, total, action);
        let time = if is_wanted || is_timed(event) {
            facts.time_of(log).await?
        } else {
            0
        };
        if is_wanted {
            let (sender, calldata) = facts.sent(log).await?;
            let name = log.topic0();
            let name = name.and_then(|topic| Event::name_by_selector(topic.0));
            entries.push(Entry {
                block: log.block_number.unwrap_or_default(),
                time,
                tx: log.transaction_hash.unwrap_or_default().into(),
                who: who.unwrap_or(sender),
                event: name.unwrap_or_default(),
                what: describe(event, &definition, names),
                codehash: match event {
                    Event::VersionAdded(event) => Some(event.codehash.into()),
                    _ => None,
                },
                action,
                policy: action.and_then(|id| in_force(id, event, &definition, names)),
                calldata,
            });
        }
        let ends_others = matches!(event, Event::PolicyChanged(_) | Event::VersionAdded(_));
        let open = |definition: &Definition| -> BTreeSet<ActionId> {
            definition.pending(time).map(|(action, _)| action).collect()
        };
        let before = (is_wanted && ends_others).then(|| open(&definition));
        if let Some(by) = ending.ended_by(event, &definition) {
            let time = facts.time_of(log).await?;
            ending.by = Some(EndedBy { time, ..by });
        }
        definition.feed(event, time);
        ending.look(&definition);
        if let (Some(before), Some(entry)) = (before, entries.last_mut()) {
            let ended = &(&before - &open(&definition)) - &executed;
            if !ended.is_empty() {
                let all: Vec<String> = ended.iter().map(ToString::to_string).collect();
                let ended = format!("; ends {}: ", count(ended.len(), "open action"));
                entry.what += &(ended + &all.join(", "));
            }
        }
    }
    let moved_at = events.iter().filter_map(|(log, event)| {
        let proxy = moved(event)?;
        Some((proxy, log.block_number?))
    });
    Ok(History {
        moved_at: moved_at.collect(),
        entries,
        total,
        ended_by: ending.before_it_expired(&definition),
        definition,
    })
}

/// The instance whose ERC-1967 event comes with an event of the registry.
fn moved(event: &Event) -> Option<Address> {
    match event {
        Event::ProxyCreated(event) => Some(event.proxy),
        Event::InstanceUpgraded(event) => Some(event.proxy),
        Event::InstancePaused(event) => Some(event.proxy),
        Event::InstanceResumed(event) => Some(event.proxy),
        Event::MigrationStarted(event) => Some(event.proxy),
        Event::MigrationEnded(event) => Some(event.proxy),
        Event::MigrationAborted(event) => Some(event.proxy),
        _ => None,
    }
}

/// Asks for the facts of these logs, and shows how far that is where they are many.
async fn gather_in_chunks(
    client: &Client,
    facts: &Facts,
    asked: &[(&Log, bool)],
) -> Result<(), ChainError> {
    let (progress, rate) = (client.progress(), Rate::from(0));
    let total = asked.len();
    let is_long = total > CHUNK;
    let what = format!("reading {total} transactions and their blocks");
    if is_long {
        progress.begin(&what);
    }
    for (number, chunk) in asked.chunks(CHUNK).enumerate() {
        if is_long {
            let (done, total) = ((number * CHUNK) as u64, total as u64);
            progress.advance(done, total, "events", &rate.summary(done, total));
        }
        facts.gather(chunk.iter().copied()).await?;
    }
    if is_long {
        progress.end(&what);
    }
    Ok(())
}

/// The end of one action by another one.
struct Ending {
    action: Option<ActionId>,
    /// True if it was open, and then its approvals counted no more.
    was_open: bool,
    is_over: bool,
    by: Option<EndedBy>,
}

impl Ending {
    fn of(wanted: Wanted) -> Self {
        Self {
            action: match wanted {
                Wanted::OfAction(action) => Some(action),
                _ => None,
            },
            was_open: false,
            is_over: false,
            by: None,
        }
    }

    /// Notes whether the action is open by now, or is not any more.
    fn look(&mut self, definition: &Definition) {
        let action = self.action.and_then(|id| definition.open.get(&id));
        match action {
            Some(action) if action.epoch == definition.epoch(&action.role) => self.was_open = true,
            Some(_) => self.is_over |= self.was_open,
            None => self.was_open = false, // not proposed yet, executed or cancelled
        }
    }

    /// Returns the action that is executed by an event after which the action is not open any more: `Executed` is the last
    /// event of what ended it.
    fn ended_by(&self, event: &Event, before: &Definition) -> Option<EndedBy> {
        let Event::Executed(event) = event else {
            return None;
        };
        let action = event.action.into();
        let is_it = self.is_over && self.by.is_none() && Some(action) != self.action;
        is_it.then(|| EndedBy {
            action,
            what: before
                .open
                .get(&action)
                .map_or_else(String::new, |open| title(&open.call)),
            time: 0,
        })
    }

    /// Returns the action that ended it, unless its time was over before.
    fn before_it_expired(self, definition: &Definition) -> Option<EndedBy> {
        let open = definition.open.get(&self.action?)?;
        self.by.filter(|by| by.time <= open.expires)
    }
}

/// Facts of the blocks and transactions of an account's logs, each asked for once.
pub struct Facts {
    client: Client,
    account: Address,
}

impl Facts {
    /// Of the registry's logs.
    pub fn of(registry: Registry<'_>) -> Self {
        Self {
            client: match registry.client.events_of(registry.address) {
                Some(_) => registry.client.clone(),
                None => registry
                    .client
                    .with_events(Arc::new(EventStore::of(registry.address))),
            },
            account: registry.address,
        }
    }

    /// Asks together for what is told of these logs: their blocks' times, and of some who sent their transactions.
    async fn gather<'a>(
        &self,
        logs: impl Iterator<Item = (&'a Log, bool)>,
    ) -> Result<(), ChainError> {
        let of_each: BTreeMap<_, _> = logs
            .map(|(log, is_wanted)| ((log.transaction_hash, is_wanted), log))
            .collect();
        let asked = of_each.into_iter().map(async |((_, is_wanted), log)| {
            let sent = async {
                if is_wanted {
                    self.sent(log).await.map(drop)
                } else {
                    Ok(())
                }
            };
            try_join!(sent, self.time_of(log)).map(drop)
        });
        ask_all(asked).await.map(drop)
    }

    /// Returns the sender of a log's transaction, and the hash of its calldata.
    async fn sent(&self, log: &Log) -> Result<(Address, CalldataHash), ChainError> {
        let store = self.client.events_of(self.account);
        if let Some(known) = store.and_then(|store| store.sender(log)) {
            return Ok(known);
        }
        let hash = TxHash(log.transaction_hash.unwrap_or_default());
        let what = format!("the transaction {hash}, which a log is of");
        let look = async || {
            let found = self.client.provider().get_transaction_by_hash(hash.0).await;
            found.map_err(|error| self.client.error("eth_getTransactionByHash", error))
        };
        let found = self.client.sooner_or_later(&what, look).await?;
        let found = (found.from(), CalldataHash::of(found.input()));
        if let Some(store) = store {
            store.keep_sender(log, found);
        }
        Ok(found)
    }

    /// Unix seconds of a log's block.
    pub async fn time_of(&self, log: &Log) -> Result<u64, ChainError> {
        let store = self.client.events_of(self.account);
        let known = store.and_then(|store| store.time(log));
        if let Some(time) = log.block_timestamp.or(known) {
            return Ok(time);
        }
        let number = log.block_number.unwrap_or_default();
        let what = format!("block {number}, which logs are in");
        let look = async || {
            let block = self.client.provider().get_block_by_number(number.into());
            let block = block.await;
            block.map_err(|error| self.client.error("eth_getBlockByNumber", error))
        };
        let block = self.client.sooner_or_later(&what, look).await?;
        let time = block.header.timestamp;
        if let Some(store) = store {
            store.keep_time(log, time);
        }
        Ok(time)
    }
}
