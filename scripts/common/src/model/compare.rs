//! Compares what the registry's views say with what its events say.

use crate::model::definition::{Definition, Head, Instance, Version};
use crate::model::reader::Seen;
use alloy::primitives::Address;
use serde::Serialize;
use std::fmt::Debug;

/// Something that a view tells otherwise than the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The subject.
    pub what: String,
    /// The value that follows from the events.
    pub events: String,
    /// The value that the view says.
    pub view: String,
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn compare<T: PartialEq + Debug>(&mut self, what: impl Into<String>, events: T, view: T) {
        if events != view {
            self.0.push(Difference {
                what: what.into(),
                events: format!("{events:?}"),
                view: format!("{view:?}"),
            });
        }
    }
}

/// The differences between what follows from the events of a definition and what one question told of it.
pub fn head_differences(events: &Definition, head: &Head) -> Vec<Difference> {
    let mut found = Differences::default();
    found.compare("current version", &events.current, &head.current);
    found.compare("sequence", events.sequence, head.sequence);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (versions, instances) = (count(events.versions.len()), count(events.instances.len()));
    found.compare("number of versions", versions, head.versions);
    found.compare("number of instances", instances, head.instances);
    found.compare("state", events.state, head.state);
    found.0
}

/// Every difference between what follows from the events of a definition and what was seen in the views. Of what
/// was seen in part only that part is compared; how much there is, in any case.
pub fn differences(events: &Definition, seen: &Seen) -> Vec<Difference> {
    let mut found = Differences::default();
    let view = &seen.definition;
    if let Some(head) = &seen.head {
        found.0 = head_differences(events, head);
    }
    let versions = seen.slice.versions_of(events);
    let labels = |all: &[Version]| -> Vec<String> {
        all.iter().map(|version| version.version.clone()).collect()
    };
    found.compare("versions", labels(versions), labels(&view.versions));
    for version in versions {
        let label = &version.version;
        let Some(view) = view.version(label) else {
            continue; // the list of them says so
        };
        found.compare(format!("code of {label}"), version.code, view.code);
        let (sequence, at_view) = (version.sequence, view.sequence);
        found.compare(format!("sequence of {label}"), sequence, at_view);
        let steps = |version: &Version| version.incoming().cloned().collect::<Vec<_>>();
        found.compare(format!("steps into {label}"), steps(version), steps(view));
    }
    let instances = seen.slice.instances_of(events);
    let proxies =
        |all: &[Instance]| -> Vec<Address> { all.iter().map(|instance| instance.proxy).collect() };
    found.compare("instances", proxies(instances), proxies(&view.instances));
    for instance in instances {
        let proxy = instance.proxy;
        if let Some(view) = view
            .instances
            .iter()
            .find(|instance| instance.proxy == proxy)
        {
            found.compare(format!("instance {proxy}"), instance, view);
        }
    }
    for (proxy, accepted) in &events.accepted {
        if let Some(view) = view.accepted.get(proxy) {
            found.compare(format!("accepted transfer of {proxy}"), accepted, view);
        }
    }
    for (role, expression) in &events.policies {
        if let Some(view) = view.policies.get(role) {
            found.compare(format!("policy of {role}"), expression, view);
        }
    }
    let mut open: Vec<_> = events.pending(seen.block.time).map(|(id, _)| id).collect();
    let mut views = seen.open.clone();
    open.sort_unstable();
    views.sort_unstable();
    found.compare("open actions", open, views);
    found.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ActionId, CodeHash, LayoutHash, SourceHash};
    use crate::model::definition::{Acceptance, RecordedCode, Slice};
    use crate::model::kinds::{DefinitionState, InstanceState, ProxyKind};
    use crate::model::reader::Block;
    use alloy::primitives::B256;

    const PROXY: Address = Address::repeat_byte(7);

    fn definition() -> Definition {
        let mut all = Definition::named("A");
        (all.current, all.sequence) = ("1.0".into(), 3);
        all.versions.push(Version {
            version: "1.0".into(),
            code: RecordedCode {
                implementation: Address::repeat_byte(1),
                codehash: CodeHash::of("code"),
                layout: LayoutHash::ZERO,
                source: SourceHash::ZERO,
            },
            sequence: 1,
            steps: Vec::new(),
        });
        all.instances.push(Instance {
            proxy: PROXY,
            definition: "A".into(),
            version: "1.0".into(),
            kind: ProxyKind::Wasm,
            state: InstanceState::Live,
        });
        let accepted = Acceptance {
            registry: Address::repeat_byte(2),
            version: "1.0".into(),
            nonce: 2,
        };
        all.accepted.insert(Address::repeat_byte(3), accepted);
        all.policies.insert("migrate".into(), "NONE".into());
        all
    }

    fn seen(definition: Definition) -> Seen {
        Seen {
            block: Block {
                number: 1,
                hash: B256::ZERO,
                time: 1,
            },
            head: Some(Head {
                current: definition.current.clone(),
                sequence: definition.sequence,
                versions: 1,
                instances: 1,
                state: definition.state,
            }),
            slice: Slice::whole(&definition),
            definition,
            open: Vec::new(),
        }
    }

    /// Finds what differs where the views say otherwise in that way.
    fn found(otherwise: impl FnOnce(&mut Seen)) -> Vec<String> {
        let mut seen = seen(definition());
        otherwise(&mut seen);
        let differing = differences(&definition(), &seen).into_iter();
        differing.map(|one| one.what).collect()
    }

    #[test]
    fn what_is_the_same_does_not_differ_and_each_field_that_differs_is_named() {
        assert!(found(|_| {}).is_empty());
        let head = |change: fn(&mut Head)| found(|seen| change(seen.head.as_mut().expect("it")));
        assert_eq!(head(|head| head.current.clear()), ["current version"]);
        assert_eq!(head(|head| head.sequence += 1), ["sequence"]);
        assert_eq!(head(|head| head.versions += 1), ["number of versions"]);
        assert_eq!(head(|head| head.instances += 1), ["number of instances"]);
        assert_eq!(head(|head| head.state = DefinitionState::Paused), ["state"]);
        let view = |change: fn(&mut Definition)| found(|seen| change(&mut seen.definition));
        assert_eq!(view(|view| drop(view.versions.pop())), ["versions"]);
        let later = view(|view| view.versions[0].sequence += 1);
        assert_eq!(later, ["sequence of 1.0"]);
        let other = |view: &mut Definition| view.versions[0].code.codehash = CodeHash::ZERO;
        assert_eq!(view(other), ["code of 1.0"]);
        assert_eq!(view(|view| drop(view.instances.pop())), ["instances"]);
        let instance =
            |change: fn(&mut Instance)| found(|seen| change(&mut seen.definition.instances[0]));
        let changes: [fn(&mut Instance); 3] = [
            |one| one.kind = ProxyKind::Unknown(9),
            |one| one.state = InstanceState::Paused,
            |one| one.definition = "B".into(),
        ];
        for change in changes {
            assert_eq!(instance(change), [format!("instance {PROXY}")]);
        }
        let changes: [fn(&mut Definition); 3] = [
            |view| drop(view.policies.insert("migrate".into(), String::new())),
            |view| {
                view.accepted
                    .values_mut()
                    .for_each(|one| one.version.clear())
            },
            |view| view.accepted.values_mut().for_each(|one| one.nonce += 1),
        ];
        assert_eq!(changes.map(|change| view(change).len()), [1, 1, 1]);
        let open = found(|seen| seen.open.push(ActionId::ZERO));
        assert_eq!(open, ["open actions"]);
    }

    #[test]
    fn of_a_slice_only_that_is_compared() {
        let nothing = |seen: &mut Seen| {
            seen.slice = Slice::nothing();
            seen.definition.versions.clear();
            seen.definition.instances.clear();
        };
        assert!(found(nothing).is_empty());
    }
}
