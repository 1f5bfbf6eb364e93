//! The migration that an instance is in, read from the chain.

use crate::client::{ChainError, Client};
use crate::model::InstanceState;
use crate::registry::{Topics, all_logs, ask, registry_of};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{Log, TransactionRequest};
use alloy::sol_types::SolEvent;
use serde::Serialize;
use stylus_upgrades_interface::complex::IComplexMigration::{self as complex, ContractPaused};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// The migration that an instance is in.
#[derive(Debug, Clone)]
pub struct ActiveMigration {
    /// The proxy.
    pub proxy: Address,
    /// Its registry.
    pub registry: Address,
    /// Its definition.
    pub name: String,
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// The program of the step.
    pub program: Address,
    /// How far it was when it was looked at.
    pub at: Standing,
}

/// How far a migration is: the word in [`slots::COMPLEX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether it is turning back.
    #[serde(skip)]
    pub back: bool,
    /// Items in the new form.
    pub done: u64,
    /// Items that there are, as far as the contract knows.
    pub total: u64,
    /// Who supplies the batches.
    #[serde(skip)]
    pub handler: Address,
}

impl Standing {
    /// Reads it; `None` where no migration runs.
    pub fn decode(word: B256) -> Option<Self> {
        let [flags, rest @ ..] = word.0;
        let (done, rest) = rest.split_first_chunk::<5>()?;
        let (total, _) = rest.split_first_chunk::<5>()?;
        let number = |bytes: &[u8; 5]| {
            bytes
                .iter()
                .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
        };
        (flags & 1 != 0).then(|| Self {
            back: flags & 2 != 0,
            done: number(done),
            total: number(total),
            handler: Address::from_word(word),
        })
    }

    /// Whether nothing is left to do in its direction, as far as the contract knows.
    pub fn is_finished(&self) -> bool {
        self.done == if self.back { 0 } else { self.total }
    }
}

/// The migration that `proxy` is in; what is live, where it is in none.
///
/// # Errors
/// Trouble with the chain.
pub async fn find(
    client: &Client,
    proxy: Address,
) -> Result<Result<ActiveMigration, String>, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let known = client.registry(registry).instance(proxy).await?;
    let standing = standing(client, proxy).await?;
    let (true, Some(at)) = (known.state.is_migrating(), standing) else {
        return Ok(Err(live(client, proxy).await?));
    };
    let program = ask(client, registry, proxy, &proxy_abi::implementationCall {}).await?;
    let (from, to) = versions(client, proxy)
        .await?
        .unwrap_or((known.version, String::from("?")));
    Ok(Ok(ActiveMigration {
        proxy,
        registry,
        name: known.definition,
        from,
        to,
        program,
        at,
    }))
}

/// How far the migration of `proxy` is; `None` where none runs. Programs need not keep that in
/// [`slots::COMPLEX`]: one that does not is asked for its `progress()`.
pub async fn standing(client: &Client, proxy: Address) -> Result<Option<Standing>, ChainError> {
    let word = client.storage(proxy, slots::COMPLEX).await?;
    match Standing::decode(word) {
        Some(found) => Ok(Some(found)),
        None => from_progress(client, proxy).await,
    }
}

/// How far it is, from what every program of a complex step answers and the registry's events say.
async fn from_progress(client: &Client, proxy: Address) -> Result<Option<Standing>, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let known = client.registry(registry).instance(proxy).await?;
    if !known.state.is_migrating() {
        return Ok(None);
    }
    let progress = client.call(proxy, &complex::progressCall {}).await?;
    let handler = handler(client, registry, proxy).await?;
    Ok(Some(Standing {
        back: known.state == InstanceState::TurningBack,
        done: progress.done.saturating_to(),
        total: progress.total.saturating_to(),
        handler,
    }))
}

/// The block in which a migration began.
///
/// # Errors
/// Trouble with the chain.
pub async fn begun(client: &Client, migration: &ActiveMigration) -> Result<u64, ChainError> {
    let (registry, proxy) = (migration.registry, migration.proxy);
    let begun = last(
        client,
        registry,
        proxy,
        abi::MigrationStarted::SIGNATURE_HASH,
    )
    .await?;
    Ok(begun.and_then(|log| log.block_number).unwrap_or_default())
}

/// The last event of a kind that a registry has of an instance.
async fn last(
    client: &Client,
    registry: Address,
    proxy: Address,
    event: B256,
) -> Result<Option<Log>, ChainError> {
    let topics: Topics<'_> = [&[event], &[], &[proxy.into_word()]];
    Ok(all_logs(client, registry, topics).await?.pop())
}

/// Who supplies the batches: named when the migration began, or since then.
async fn handler(
    client: &Client,
    registry: Address,
    proxy: Address,
) -> Result<Address, ChainError> {
    let answer = |event: B256| last(client, registry, proxy, event);
    let place = |log: &Log| (log.block_number, log.log_index);
    let begun = answer(abi::MigrationStarted::SIGNATURE_HASH).await?;
    let changed = answer(abi::HandlerChanged::SIGNATURE_HASH).await?;
    let changed = changed.filter(|log| begun.as_ref().is_none_or(|b| place(log) > place(b)));
    let named = changed.and_then(|log| log.log_decode::<abi::HandlerChanged>().ok());
    if let Some(changed) = named {
        return Ok(changed.inner.data.handler);
    }
    let begun = begun.and_then(|log| log.log_decode::<abi::MigrationStarted>().ok());
    Ok(begun.map(|log| log.inner.data.handler).unwrap_or_default())
}

/// What is live, in a few words.
pub async fn live(client: &Client, proxy: Address) -> Result<String, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let question = proxy_abi::implementationVersionCall {};
    let version = ask(client, registry, proxy, &question).await?;
    let implementation = ask(client, registry, proxy, &proxy_abi::implementationCall {}).await?;
    Ok(format!("{version} is live, at {implementation}"))
}

/// From where to where: what the program says to a call that it does not take.
async fn versions(client: &Client, proxy: Address) -> Result<Option<(String, String)>, ChainError> {
    let request = TransactionRequest::default().with_to(proxy);
    let call = client.provider().call(request);
    let Err(error) = call.block(BlockId::latest()).await else {
        return Ok(None);
    };
    match client.error("a call that it does not take", error) {
        ChainError::Refused { revert, .. } => Ok(revert
            .decoded::<ContractPaused>()
            .map(|paused| (paused.from, paused.to))),
        error => Err(error),
    }
}
