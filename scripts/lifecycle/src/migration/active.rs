//! The migration that an instance is in, read from the chain.

use crate::client::{ChainError, Client};
use crate::model::{DefinitionState, InstanceState};
use crate::registry::{Registry, Topics, all_logs, ask, registry_of};
use crate::text::shell_word;
use alloy::primitives::{Address, B256};
use alloy::sol_types::{SolEvent, SolEventInterface};
use serde::Serialize;
use stylus_upgrades_interface::complex::IComplexMigration as complex;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
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
    /// The block in which it began.
    pub begun: u64,
    /// The block in which the registry created the instance; 0 where it came from elsewhere.
    pub created: u64,
    /// The program of the step.
    pub program: Address,
    /// The progress of the migration when it was read.
    pub at: Standing,
}

/// The progress of a migration: the word in [`slots::COMPLEX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// True if it is rolling back.
    #[serde(skip)]
    pub back: bool,
    /// Items in the new form.
    pub done: u64,
    /// Items that there are, as far as the contract knows.
    pub total: u64,
    /// The account that supplies the batches.
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

    /// Items that were done since it was like that; `None` where the chain went back, or it goes the other way.
    pub fn since(self, before: Self) -> Option<u64> {
        if self.back != before.back {
            None
        } else if self.back {
            before.done.checked_sub(self.done)
        } else {
            self.done.checked_sub(before.done)
        }
    }

    /// Returns true if nothing is left to do in its direction, as far as the contract knows.
    pub fn is_finished(&self) -> bool {
        self.done == if self.back { 0 } else { self.total }
    }
}

/// The migration that `proxy` is in, if it is in one.
///
/// # Errors
/// Trouble with the chain.
pub async fn find(client: &Client, proxy: Address) -> Result<Option<ActiveMigration>, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let known = registry.instance(proxy).await?;
    let standing = standing(client, proxy).await?;
    let (true, Some(at)) = (known.state.is_migrating(), standing) else {
        return Ok(None);
    };
    let program = ask(registry, proxy, &proxy_abi::implementationCall {}).await?;
    let told = told(registry, proxy).await?;
    let (from, to) = told.versions.unwrap_or((known.version, "?".into()));
    Ok(Some(ActiveMigration {
        proxy,
        registry: registry.address,
        name: known.definition,
        from,
        to,
        begun: told.begun,
        created: told.created,
        program,
        at,
    }))
}

/// Facts from the events of a registry about an instance and its newest migration.
#[derive(Default)]
struct Told {
    /// The block in which it was created, and that in which the migration began.
    created: u64,
    begun: u64,
    /// From where to where it leads.
    versions: Option<(String, String)>,
    /// The account that supplies the batches: named when it began, or since then.
    handler: Address,
}

async fn told(registry: Registry<'_>, proxy: Address) -> Result<Told, ChainError> {
    let events = [
        abi::ProxyCreated::SIGNATURE_HASH,
        abi::MigrationStarted::SIGNATURE_HASH,
        abi::HandlerChanged::SIGNATURE_HASH,
    ];
    let topics: Topics<'_> = [&events, &[], &[proxy.into_word()]];
    let mut told = Told::default();
    for log in all_logs(registry.client, registry.address, topics).await? {
        let block = log.block_number.unwrap_or_default();
        match Event::decode_raw_log(log.topics(), &log.data().data) {
            Ok(Event::ProxyCreated(_)) => told.created = block,
            Ok(Event::MigrationStarted(event)) => {
                told.begun = block;
                told.versions = Some((event.from, event.to));
                told.handler = event.handler;
            }
            Ok(Event::HandlerChanged(event)) => told.handler = event.handler,
            _ => {}
        }
    }
    Ok(told)
}

/// Reads the progress of the migration of `proxy`; `None` where none runs. Programs need not keep that in
/// [`slots::COMPLEX`]: one that does not is asked for its `progress()`.
pub async fn standing(client: &Client, proxy: Address) -> Result<Option<Standing>, ChainError> {
    let word = client.storage(proxy, slots::COMPLEX).await?;
    match Standing::decode(word) {
        Some(found) => Ok(Some(found)),
        None => from_progress(client, proxy).await,
    }
}

/// Derives the progress from the answer that every program of a complex step gives, and from the registry's events.
async fn from_progress(client: &Client, proxy: Address) -> Result<Option<Standing>, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let known = registry.instance(proxy).await?;
    if !known.state.is_migrating() {
        return Ok(None);
    }
    let progress = client.call(proxy, &complex::progressCall {}).await?;
    let handler = told(registry, proxy).await?.handler;
    Ok(Some(Standing {
        back: known.state == InstanceState::TurningBack,
        done: progress.done.saturating_to(),
        total: progress.total.saturating_to(),
        handler,
    }))
}

/// Describes the live version in a few words; where the instance is paused, what takes it from there.
pub async fn live(client: &Client, proxy: Address) -> Result<String, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let question = proxy_abi::implementationVersionCall {};
    let version = ask(registry, proxy, &question).await?;
    let implementation = ask(registry, proxy, &proxy_abi::implementationCall {}).await?;
    let known = registry.instance(proxy).await?;
    if known.state != InstanceState::Paused {
        return Ok(format!("{version} is live, at {implementation}"));
    }
    let command = match registry.head(&known.definition).await?.state {
        DefinitionState::Paused => "resume",
        _ => "upgrade",
    };
    let name = shell_word(&known.definition);
    Ok(format!(
        "{version} is paused, at {implementation}: stylus-upgrades {command} {name} takes it from there"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_back_or_the_other_way_has_not_moved_on() {
        let at = |back, done| Standing {
            back,
            done,
            total: 9,
            handler: Address::ZERO,
        };
        assert_eq!(at(false, 5).since(at(false, 3)), Some(2));
        assert_eq!(at(false, 3).since(at(false, 5)), None);
        assert_eq!(at(true, 3).since(at(true, 5)), Some(2));
        assert_eq!(at(true, 5).since(at(true, 3)), None);
        assert_eq!(at(true, 5).since(at(false, 5)), None);
    }
}
