//! Accounts in the endpoint's logs that may decide over instances. A copy of the chain has no logs of the past.

use super::accounts::AccountEvents;
use super::contract_abi::{AddressField, address_fields};
use super::read::{MANAGERS_MAX, TOPICS, note_log};
use crate::client::{ChainError, Client};
use crate::ids::TxHash;
use crate::registry::logs_at_once;
use alloy::primitives::Address;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::Layout;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;

/// Transactions of which the sender is asked for, at most, and of one instance.
const SENDERS_MAX: usize = 16;
const SENDERS_OF_ONE: usize = 4;
/// Variables of an instance that are read, at most.
const FIELDS_MAX: usize = 16;

/// The reason why logs were not read.
const UNREAD: &str = "the endpoint does not give the events of the instances at once, so holders of roles and senders \
                      of earlier upgrades were not tried";

/// An instance whose logs are read.
#[derive(Debug, Clone)]
pub(in crate::plan) struct EventSubject {
    /// The proxy.
    pub(in crate::plan) proxy: Address,
    /// The layout of its code, if that is known: contracts that it keeps may manage its roles.
    pub(in crate::plan) layout: Option<Layout>,
}

/// The accounts that the logs of these instances name, and those of the contracts that they keep: by one request for logs,
/// and one for the sender of each of a few transactions.
///
/// # Errors
/// What the endpoint says.
pub(in crate::plan) async fn read_account_events(
    client: &Client,
    subjects: &[EventSubject],
) -> Result<BTreeMap<Address, AccountEvents>, ChainError> {
    if subjects.is_empty() {
        return Ok(BTreeMap::new());
    }
    let kept = subjects
        .iter()
        .map(|subject| read_managers(client, subject));
    let kept = try_join_all(kept).await?;
    let mut accounts: BTreeSet<Address> = subjects.iter().map(|subject| subject.proxy).collect();
    accounts.extend(kept.iter().flatten());
    let accounts: Vec<Address> = accounts.into_iter().collect();
    let mut topics = TOPICS.to_vec();
    topics.push(Upgraded::SIGNATURE_HASH);
    let logs = logs_at_once(client, &accounts, &topics).await?;
    let Some(logs) = logs else {
        let unread = subjects.iter().map(|subject| {
            let unread = UNREAD.to_owned();
            let events = AccountEvents {
                unread,
                ..AccountEvents::default()
            };
            (subject.proxy, events)
        });
        return Ok(unread.collect());
    };
    let upgrades = subjects
        .iter()
        .map(|subject| upgrades_of(&logs, subject.proxy));
    let upgrades: Vec<Vec<TxHash>> = upgrades.collect();
    let wanted: BTreeSet<TxHash> = upgrades
        .iter()
        .flatten()
        .copied()
        .take(SENDERS_MAX)
        .collect();
    let senders = wanted.into_iter().map(async |tx| {
        let sender = client.sender_of(tx).await?;
        Ok::<_, ChainError>((tx, sender))
    });
    let senders: BTreeMap<TxHash, Option<Address>> =
        try_join_all(senders).await?.into_iter().collect();
    let mut all = BTreeMap::new();
    for ((subject, kept), upgrades) in subjects.iter().zip(kept).zip(upgrades) {
        let mut events = AccountEvents::default();
        for log in &logs {
            let account = log.address();
            if account == subject.proxy || kept.contains(&account) {
                note_log(&mut events, &log.inner);
            }
            if kept.contains(&account) && !events.managers.contains(&account) {
                events.managers.push(account);
            }
        }
        let senders = upgrades.iter().filter_map(|tx| *senders.get(tx)?);
        events.upgraders = senders.collect();
        all.insert(subject.proxy, events);
    }
    Ok(all)
}

/// The addresses that the variables of an instance hold.
async fn read_managers(
    client: &Client,
    subject: &EventSubject,
) -> Result<Vec<Address>, ChainError> {
    let fields = address_fields(&subject.layout).into_iter().take(FIELDS_MAX);
    let held = fields.map(async |field: AddressField| {
        let word = client.storage(subject.proxy, field.slot_word()).await?;
        Ok::<_, ChainError>(field.held_in(word))
    });
    let held = try_join_all(held).await?;
    let mut managers: Vec<Address> = Vec::new();
    for account in held {
        let is_new = !account.is_zero() && !managers.contains(&account);
        if is_new && managers.len() < MANAGERS_MAX {
            managers.push(account);
        }
    }
    Ok(managers)
}

/// The transactions of the first and of the newest `Upgraded` of a proxy, the oldest first.
fn upgrades_of(logs: &[Log], proxy: Address) -> Vec<TxHash> {
    let is_upgrade = |log: &&Log| {
        let topic = log.topics().first();
        log.address() == proxy && topic == Some(&Upgraded::SIGNATURE_HASH)
    };
    let all = logs.iter().filter(is_upgrade);
    let mut all: Vec<TxHash> = all
        .filter_map(|log| log.transaction_hash.map(TxHash))
        .collect();
    all.dedup();
    if all.len() > SENDERS_OF_ONE {
        let newest = all.split_off(all.len() - (SENDERS_OF_ONE - 1));
        all.truncate(1);
        all.extend(newest);
    }
    all
}
