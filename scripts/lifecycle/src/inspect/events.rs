//! What the registry said about an instance, and what the framework's part of its contract did.

use crate::client::Client;
use crate::governance::GovernanceError;
use crate::history::{Entry, of_instance};
use crate::ids::TxHash;
use crate::names::Names;
use crate::registry::{Topics, all_logs};
use alloy::primitives::Address;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEvent;
use serde::Serialize;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, Upgraded};

/// An event of the instance's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnEvent {
    /// The block.
    pub block: u64,
    /// Its number in the block.
    pub index: u64,
    /// The transaction.
    pub tx: TxHash,
    /// What happened, in words.
    pub what: String,
}

/// The registry's events about an instance, and the framework's among the contract's own, each in their
/// order.
///
/// # Errors
/// `EventsHidden` where no event tells how the registry got the instance, which it
/// has: the endpoint keeps events back. What the chain says.
pub async fn events(
    client: &Client,
    registry: Address,
    name: &str,
    proxy: Address,
    names: &Names,
) -> Result<(Vec<Entry>, Vec<OwnEvent>), GovernanceError> {
    let entries = of_instance(client, registry, name, proxy, names).await?;
    let is_origin = |entry: &Entry| ["ProxyCreated", "InstanceAdopted"].contains(&entry.event);
    if !entries.iter().any(is_origin) {
        let what = format!("how {proxy} became an instance of {name}");
        return Err(GovernanceError::events_hidden(client, registry, &what));
    }
    let framework: Topics<'_> = [
        &[
            AdminChanged::SIGNATURE_HASH,
            Upgraded::SIGNATURE_HASH,
            Migrated::SIGNATURE_HASH,
        ],
        &[],
        &[],
    ];
    let logs = all_logs(client, proxy, framework).await?;
    let own = logs.iter().filter_map(|log| {
        Some(OwnEvent {
            block: log.block_number.unwrap_or_default(),
            index: log.log_index.unwrap_or_default(),
            tx: TxHash(log.transaction_hash.unwrap_or_default()),
            what: in_words(log, names)?,
        })
    });
    Ok((entries, own.collect()))
}

fn in_words(log: &Log, names: &Names) -> Option<String> {
    if let Ok(found) = log.log_decode::<Migrated>() {
        let Migrated { from, to } = found.inner.data;
        return Some(match from.is_empty() {
            true => format!("initialized at {to}"),
            false => format!("migrated {from} → {to}"),
        });
    }
    if let Ok(found) = log.log_decode::<Upgraded>() {
        let implementation = names.short(found.inner.data.implementation);
        return Some(format!("runs {implementation}"));
    }
    let found = log.log_decode::<AdminChanged>().ok()?.inner.data;
    Some(format!(
        "its admin is {}, and was {}",
        names.short(found.newAdmin),
        names.short(found.previousAdmin)
    ))
}
