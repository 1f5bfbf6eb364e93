//! What the registry's events record, for every definition at once, without any view: a registry
//! that does not run has none.

use crate::client::{ChainError, Client};
use crate::history::Rebuilt;
use crate::ids::DefinitionId;
use crate::registry::{Created, all_logs, definition_id};
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// A definition, as its events have it.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Its name; empty for the registry itself.
    pub(super) name: String,
    /// keccak256 of the name.
    pub(super) id: DefinitionId,
    /// Its state.
    pub(super) rebuilt: Rebuilt,
    /// The complex migrations that began and did not end, by instance.
    pub(super) begun: BTreeMap<Address, Begun>,
}

/// A complex migration that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) handler: Address,
    /// Unix seconds.
    pub(super) time: u64,
}

impl Definition {
    fn of(name: &str) -> Self {
        Self {
            name: name.into(),
            id: definition_id(name),
            rebuilt: Rebuilt::of(name),
            begun: BTreeMap::new(),
        }
    }

    /// How people call it.
    pub(super) fn title(&self) -> &str {
        match self.name.as_str() {
            "" => "the registry itself",
            name => name,
        }
    }

    fn feed(&mut self, event: &Event, time: u64) {
        match event {
            Event::MigrationStarted(event) => {
                let begun = Begun {
                    from: event.from.clone(),
                    to: event.to.clone(),
                    handler: event.handler,
                    time,
                };
                self.begun.insert(event.proxy, begun);
            }
            Event::HandlerChanged(event) => {
                if let Some(begun) = self.begun.get_mut(&event.proxy) {
                    begun.handler = event.handler;
                }
            }
            Event::MigrationEnded(event) => drop(self.begun.remove(&event.proxy)),
            Event::MigrationAborted(event) => drop(self.begun.remove(&event.proxy)),
            _ => {}
        }
        self.rebuilt.feed(event, time);
    }
}

/// What the events of a registry tell.
pub(super) struct Recorded {
    /// Every definition, the registry itself included.
    pub(super) definitions: Vec<Definition>,
    /// Definitions that events are about, and whose creation no event tells.
    pub(super) unknown: BTreeSet<DefinitionId>,
    /// Proxies that the registry created, admins of definitions, and the pause stub of UUPS proxies, as all these events tell.
    pub(super) created: u64,
}

/// Every definition of `registry`, itself included, from its events alone.
pub(super) async fn read(client: &Client, registry: Address) -> Result<Recorded, ChainError> {
    let logs = all_logs(client, registry, [&[], &[], &[]]).await?;
    let mut all = vec![Definition::of("")];
    let mut unknown = BTreeSet::new();
    let mut created = Created::default();
    let mut times = BTreeMap::new();
    for log in &logs {
        let Ok(event) = Event::decode_raw_log(log.topics(), &log.data().data) else {
            continue;
        };
        created.feed(&event);
        match &event {
            // they are about no definition
            Event::LayoutPublished(_) | Event::RelayChanged(_) => continue,
            Event::Revoked(event) if event.definition.is_zero() => continue, // of what nobody has proposed
            Event::DefinitionCreated(event) if definition_id(&event.name).0 == event.definition => {
                all.push(Definition::of(&event.name));
            }
            _ => {}
        }
        let Some(id) = log.topics().get(1).copied().map(DefinitionId) else {
            continue;
        };
        let Some(definition) = all.iter_mut().find(|one| one.id == id) else {
            unknown.insert(id);
            continue;
        };
        let time = match has_time(&event) {
            true => time(client, log, &mut times).await?,
            false => 0,
        };
        definition.feed(&event, time);
    }
    Ok(Recorded {
        definitions: all,
        unknown,
        created: created.count,
    })
}

/// Whether what follows from an event depends on its time.
fn has_time(event: &Event) -> bool {
    matches!(
        event,
        Event::Proposed(_) | Event::Approved(_) | Event::Revoked(_) | Event::MigrationStarted(_)
    )
}

/// Unix seconds of a log's block, each block asked for once.
async fn time(
    client: &Client,
    log: &Log,
    times: &mut BTreeMap<u64, u64>,
) -> Result<u64, ChainError> {
    if let Some(time) = log.block_timestamp {
        return Ok(time);
    }
    let number = log.block_number.unwrap_or_default();
    if let Some(time) = times.get(&number) {
        return Ok(*time);
    }
    let block = client
        .provider()
        .get_block_by_number(number.into())
        .await
        .map_err(|error| client.error("eth_getBlockByNumber", error))?;
    let time = block
        .map(|block| block.header.timestamp)
        .unwrap_or_default();
    times.insert(number, time);
    Ok(time)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloy::primitives::{B256, Bytes};
    use stylus_upgrades_interface::registry::IRegistry as abi;
    use stylus_upgrades_interface::registry::Step;

    /// A definition with a version behind each step, and instances at these versions.
    pub(in crate::doctor) fn definition(
        steps: &[(&str, &str)],
        current: &str,
        instances: &[&str],
    ) -> Definition {
        let mut all = Definition::of("A");
        let definition = all.id.0;
        for (from, to) in steps {
            let added = abi::VersionAdded {
                definition,
                version: (*to).into(),
                implementation: Address::ZERO,
                codehash: B256::ZERO,
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
                sequence: 0,
            };
            let step = Step {
                from: (*from).into(),
                kind: 0,
                script: Address::ZERO,
                scriptCodehash: B256::ZERO,
                data: Bytes::new(),
            };
            let to = (*to).into();
            let way = abi::StepAdded {
                definition,
                to,
                step,
            };
            all.feed(&Event::VersionAdded(added), 0);
            all.feed(&Event::StepAdded(way), 0);
        }
        let changed = abi::CurrentChanged {
            definition,
            version: current.into(),
            sequence: 0,
        };
        all.feed(&Event::CurrentChanged(changed), 0);
        for (n, version) in (1u8..).zip(instances) {
            let created = abi::ProxyCreated {
                definition,
                proxy: Address::with_last_byte(n),
                version: (*version).into(),
                kind: 0,
            };
            all.feed(&Event::ProxyCreated(created), 0);
        }
        all
    }

    #[test]
    fn a_migration_is_under_way_until_it_ends_or_is_turned_back() {
        let mut one = definition(&[("", "1.0"), ("1.0", "2.0")], "1.0", &["1.0"]);
        let (definition, proxy) = (one.id.0, Address::with_last_byte(1));
        let (from, to) = (String::from("1.0"), String::from("2.0"));
        let handler = Address::with_last_byte(9);
        let started = Event::MigrationStarted(abi::MigrationStarted {
            definition,
            proxy,
            from: from.clone(),
            to: to.clone(),
            handler,
        });
        let ended = Event::MigrationEnded(abi::MigrationEnded {
            definition,
            proxy,
            from: from.clone(),
            to: to.clone(),
        });
        let aborted = Event::MigrationAborted(abi::MigrationAborted {
            definition,
            proxy,
            from,
            to,
        });
        for end in [ended, aborted] {
            one.feed(&started, 77);
            assert_eq!(one.begun.get(&proxy).map(|begun| begun.time), Some(77));
            let changed = abi::HandlerChanged {
                definition,
                proxy,
                handler: proxy,
            };
            one.feed(&Event::HandlerChanged(changed), 78);
            assert_eq!(
                one.begun.get(&proxy).map(|begun| begun.handler),
                Some(proxy)
            );
            one.feed(&end, 79);
            assert!(one.begun.is_empty());
        }
    }
}
