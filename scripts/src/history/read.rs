//! One definition's events, each with who, when, and the policy that was in force.

use super::definition_id;
use super::replay::Rebuilt;
use crate::client::{ChainError, Client};
use crate::governance::{Call, Names, kind_in_words};
use crate::ids::{ActionId, CalldataHash, CodeHash, TxHash};
use crate::progress::Rate;
use crate::registry::{Topics, all_logs};
use alloy::consensus::Transaction as _;
use alloy::network::TransactionResponse;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// Events from which on reading them is reported as it goes.
const LONG: usize = 256;

/// What happened to a definition, and what follows from it.
#[derive(Debug, Clone)]
pub struct History {
    /// The registry's events about it, in their order.
    pub entries: Vec<Entry>,
    /// The state that follows.
    pub rebuilt: Rebuilt,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The block.
    pub block: u64,
    /// Unix seconds of the block.
    pub time: u64,
    /// The transaction.
    pub tx: TxHash,
    /// Who did it: the approver or proposer that the event names, else the transaction's sender.
    pub who: Address,
    /// The event's name.
    pub event: &'static str,
    /// What happened, in words.
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

/// Reads everything about the definition called `name` from the registry's events.
///
/// # Errors
/// What the chain says.
pub async fn read(
    client: &Client,
    registry: Address,
    name: &str,
    names: &Names,
) -> Result<History, ChainError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[]];
    let logs = all_logs(client, registry, topics).await?;
    from_logs(client, &logs, name, names).await
}

/// The registry's events that name an instance, in their order.
///
/// # Errors
/// What the chain says.
pub async fn of_instance(
    client: &Client,
    registry: Address,
    name: &str,
    proxy: Address,
    names: &Names,
) -> Result<Vec<Entry>, ChainError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[proxy.into_word()]];
    let logs = all_logs(client, registry, topics).await?;
    Ok(from_logs(client, &logs, name, names).await?.entries)
}

async fn from_logs(
    client: &Client,
    logs: &[Log],
    name: &str,
    names: &Names,
) -> Result<History, ChainError> {
    let mut facts = Facts::new(client);
    let mut rebuilt = Rebuilt::of(name);
    let mut entries = Vec::with_capacity(logs.len());
    let is_long = logs.len() > LONG;
    let (progress, rate) = (client.progress(), Rate::from(0));
    let what = format!("reading {} transactions and their blocks", logs.len());
    if is_long {
        progress.begin(&what);
    }
    for (at, log) in logs.iter().enumerate() {
        if is_long {
            let (done, total) = (at as u64, logs.len() as u64);
            progress.advance(done, total, "events", &rate.summary(done, total));
        }
        let Ok(event) = Event::decode_raw_log(log.topics(), &log.data().data) else {
            continue;
        };
        if let Event::LayoutPublished(_) = event {
            continue; // it is about no definition, and anyone may publish one whose hash is that of a name
        }
        let fact = facts.of(log).await?;
        let (who, action) = actor(&event);
        let policy = action.and_then(|id| {
            let open = rebuilt.open.get(&id);
            let role = open
                .map(|open| open.role.clone())
                .or_else(|| role(&event, &rebuilt))?;
            let policy = names.policy(rebuilt.policies.get(&role)?);
            let call = open.map(|open| &open.call);
            Some(match pauses_by_default(call, &event, &role) {
                true => format!("any one of {role}'s approvers: {policy}"),
                false => policy,
            })
        });
        let what = describe(&event, &rebuilt, names);
        rebuilt.feed(&event, fact.time);
        entries.push(Entry {
            block: log.block_number.unwrap_or_default(),
            time: fact.time,
            tx: log.transaction_hash.unwrap_or_default().into(),
            who: who.unwrap_or(fact.sender),
            event: title(&event),
            what,
            codehash: match &event {
                Event::VersionAdded(event) => Some(event.codehash.into()),
                _ => None,
            },
            action,
            policy,
            calldata: fact.calldata,
        });
    }
    if is_long {
        progress.end(&what);
    }
    Ok(History { entries, rebuilt })
}

/// What a log does not say itself.
#[derive(Clone, Copy)]
struct Fact {
    time: u64,
    sender: Address,
    calldata: CalldataHash,
}

/// Facts of blocks and transactions, each asked for once.
struct Facts<'a> {
    client: &'a Client,
    times: BTreeMap<u64, u64>,
    transactions: BTreeMap<TxHash, (Address, CalldataHash)>,
}

impl<'a> Facts<'a> {
    fn new(client: &'a Client) -> Self {
        Self {
            client,
            times: BTreeMap::new(),
            transactions: BTreeMap::new(),
        }
    }

    async fn of(&mut self, log: &Log) -> Result<Fact, ChainError> {
        let time = match log.block_timestamp {
            Some(time) => time,
            None => self.time(log.block_number.unwrap_or_default()).await?,
        };
        let (sender, calldata) = self
            .transaction(log.transaction_hash.unwrap_or_default().into())
            .await?;
        Ok(Fact {
            time,
            sender,
            calldata,
        })
    }

    async fn time(&mut self, number: u64) -> Result<u64, ChainError> {
        if let Some(time) = self.times.get(&number) {
            return Ok(*time);
        }
        let what = format!("block {number}, which logs are in");
        let block = self
            .client
            .sooner_or_later(&what, async || {
                let block = self.client.provider().get_block_by_number(number.into());
                let block = block.await;
                block.map_err(|error| self.client.error("eth_getBlockByNumber", error))
            })
            .await?;
        let time = block.header.timestamp;
        self.times.insert(number, time);
        Ok(time)
    }

    async fn transaction(&mut self, hash: TxHash) -> Result<(Address, CalldataHash), ChainError> {
        if let Some(found) = self.transactions.get(&hash) {
            return Ok(*found);
        }
        let what = format!("the transaction {hash}, which a log is of");
        let found = self
            .client
            .sooner_or_later(&what, async || {
                let found = self.client.provider().get_transaction_by_hash(hash.0).await;
                found.map_err(|error| self.client.error("eth_getTransactionByHash", error))
            })
            .await?;
        let found = (found.from(), CalldataHash::of(found.input()));
        self.transactions.insert(hash, found);
        Ok(found)
    }
}

/// Who an event names, and the action that it belongs to.
fn actor(event: &Event) -> (Option<Address>, Option<ActionId>) {
    match event {
        Event::Proposed(event) => (Some(event.proposer), Some(event.action.into())),
        Event::Approved(event) => (Some(event.approver), Some(event.action.into())),
        Event::Revoked(event) => (Some(event.approver), Some(event.action.into())),
        Event::Cancelled(event) => (None, Some(event.action.into())),
        Event::Executed(event) => (None, Some(event.action.into())),
        _ => (None, None),
    }
}

fn role(event: &Event, before: &Rebuilt) -> Option<String> {
    let Event::Proposed(event) = event else {
        return None;
    };
    let call = Call::decode(&event.call).ok()?;
    Some(before.role_of(&call).into())
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

fn title(event: &Event) -> &'static str {
    match event {
        Event::DefinitionCreated(_) => "DefinitionCreated",
        Event::VersionAdded(_) => "VersionAdded",
        Event::StepAdded(_) => "StepAdded",
        Event::CurrentChanged(_) => "CurrentChanged",
        Event::Proposed(_) => "Proposed",
        Event::ProxyCreated(_) => "ProxyCreated",
        Event::Approved(_) => "Approved",
        Event::Revoked(_) => "Revoked",
        Event::Cancelled(_) => "Cancelled",
        Event::Executed(_) => "Executed",
        Event::InstanceUpgraded(_) => "InstanceUpgraded",
        Event::InstanceSkipped(_) => "InstanceSkipped",
        Event::InstanceAdopted(_) => "InstanceAdopted",
        Event::InstanceHandedOver(_) => "InstanceHandedOver",
        Event::PolicyChanged(_) => "PolicyChanged",
        Event::MigrationStarted(_) => "MigrationStarted",
        Event::MigrationEnded(_) => "MigrationEnded",
        Event::MigrationAborted(_) => "MigrationAborted",
        Event::HandlerChanged(_) => "HandlerChanged",
        Event::InstancePaused(_) => "InstancePaused",
        Event::InstanceResumed(_) => "InstanceResumed",
        Event::Paused(_) => "Paused",
        Event::Resumed(_) => "Resumed",
        Event::LayoutPublished(_) => "LayoutPublished",
    }
}

/// An event in words; `before` is the state before it.
fn describe(event: &Event, before: &Rebuilt, names: &Names) -> String {
    let proposal = |id: B256| {
        let open = before.open.get(&id.into());
        let call = open.and_then(|open| Call::decode(&open.call).ok());
        call.map_or_else(|| id.to_string(), |call| in_words(&call, names))
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
        Event::Proposed(event) => match Call::decode(&event.call) {
            Ok(call) => format!("proposed {}", in_words(&call, names)),
            Err(_) => "proposed something that nobody can read".into(),
        },
        Event::ProxyCreated(event) => {
            format!("instance {} created at {}", event.proxy, event.version)
        }
        Event::Approved(event) => format!(
            "approved {} ({}/{})",
            proposal(event.action),
            event.approvals,
            event.required
        ),
        Event::Revoked(event) => format!("withdrew the approval of {}", proposal(event.action)),
        Event::Cancelled(event) => format!("cancelled {}", proposal(event.action)),
        Event::Executed(event) => format!("executed {}", proposal(event.action)),
        Event::InstanceUpgraded(event) if event.from.is_empty() => {
            format!("instance {} at {}", event.proxy, event.to)
        }
        Event::InstanceUpgraded(event) => {
            format!("instance {} {} → {}", event.proxy, event.from, event.to)
        }
        Event::InstanceSkipped(event) => format!("instance {} stayed as it was", event.proxy),
        Event::InstanceAdopted(event) => {
            let kind = kind_in_words(event.kind);
            format!("instance {} adopted, a {kind}", event.proxy)
        }
        Event::InstanceHandedOver(event) => {
            let to = names.short(event.newRegistry);
            format!("instance {} handed over to {to}", event.proxy)
        }
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
                event.proxy, event.from, event.to
            )
        }
        Event::MigrationEnded(event) => {
            format!(
                "instance {} migrated {} → {}",
                event.proxy, event.from, event.to
            )
        }
        Event::MigrationAborted(event) => {
            format!("instance {} is back at {}", event.proxy, event.from)
        }
        Event::HandlerChanged(event) => {
            format!("{} handles {}", names.short(event.handler), event.proxy)
        }
        Event::InstancePaused(event) => format!("instance {} paused", event.proxy),
        Event::InstanceResumed(event) => format!("instance {} resumed", event.proxy),
        Event::Paused(_) => "paused".into(),
        Event::Resumed(_) => "resumed".into(),
        Event::LayoutPublished(event) => format!("layout {} published", event.layoutHash),
    }
}

/// A governed call in a few words.
fn in_words(call: &Call, names: &Names) -> String {
    match call {
        Call::CreateDefinition(call) => format!("definition {}", call.name),
        Call::AddVersion(call) => format!("version {}", call.version),
        Call::AddStep(call) => format!("step {} → {}", call.step.from, call.version),
        Call::Migrate(call) => format!("migration to {}", call.version),
        Call::SetHandler(call) => format!("handler {}", names.short(call.handler)),
        Call::AbortMigration(call) => format!("the abort of {}'s migration", call.proxy),
        Call::Adopt(call) => format!("the adoption of {} at {}", call.proxy, call.version),
        Call::HandOver(call) => format!("the hand-over of {}", call.proxy),
        Call::Pause(_) => "a pause".into(),
        Call::Resume(_) => "the end of the pause".into(),
        Call::SetPolicy(call) => format!("policy of {}", call.role),
        Call::CreateProxy(call) => format!("an instance at {}", call.version),
    }
}
