//! The records of the registry's events, for every definition at once, without any view: a registry
//! that does not run has none.

use crate::client::ChainError;
use crate::history::Facts;
use crate::ids::DefinitionId;
use crate::model::{Definition, definition_id, is_timed};
use crate::registry::{Created, Registry, all_logs};
use alloy::sol_types::SolEventInterface;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// The records of a registry's events.
pub(super) struct EventRecords {
    /// Every definition, the registry itself included.
    pub(super) definitions: Vec<Definition>,
    /// Definitions that events are about, and whose creation no event tells.
    pub(super) unknown: BTreeSet<DefinitionId>,
    /// Proxies that the registry created, admins of definitions, and the pause stub of UUPS proxies, as all these
    /// events tell.
    pub(super) created: u64,
}

/// Every definition of `registry`, itself included, from its events alone.
pub(super) async fn read(registry: Registry<'_>) -> Result<EventRecords, ChainError> {
    let logs = all_logs(registry.client, registry.address, [&[], &[], &[]]).await?;
    let mut all = vec![Definition::before_events("")];
    let mut unknown = BTreeSet::new();
    let mut created = Created::default();
    let facts = Facts::of(registry);
    let mut places = BTreeMap::from([(definition_id(""), 0)]);
    for log in &logs {
        let Ok(event) = Event::decode_raw_log(log.topics(), &log.data().data) else {
            continue;
        };
        created.feed(&event);
        match &event {
            Event::Revoked(event) if event.definition.is_zero() => continue, // of what nobody has proposed
            Event::DefinitionCreated(event) if definition_id(&event.name).0 == event.definition => {
                places.insert(DefinitionId(event.definition), all.len());
                all.push(Definition::before_events(&event.name));
            }
            _ => {}
        }
        let Some(id) = log.topics().get(1).copied().map(DefinitionId) else {
            continue;
        };
        let place = places.get(&id).copied();
        let Some(definition) = place.and_then(|place: usize| all.get_mut(place)) else {
            unknown.insert(id);
            continue;
        };
        let time = if is_timed(&event) {
            facts.time_of(log).await?
        } else {
            0
        };
        definition.feed(&event, time);
    }
    Ok(EventRecords {
        definitions: all,
        unknown,
        created: created.count,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloy::primitives::Address;
    use alloy::primitives::{B256, Bytes};
    use stylus_upgrades_interface::registry::IRegistry as abi;
    use stylus_upgrades_interface::registry::Step;

    /// A definition with a version after each step, and instances at these versions.
    pub(in crate::doctor) fn definition(
        steps: &[(&str, &str)],
        current: &str,
        instances: &[&str],
    ) -> Definition {
        let mut all = Definition::before_events("A");
        let definition = all.id().0;
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
}
