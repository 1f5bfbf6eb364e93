//! The model of what is governed: versions with their incoming steps, instances, and the queues of
//! instances.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolError;
use stylus_upgrades_interface::limits::{INCOMING_STEPS_MAX, INSTANCES_AT_ONCE};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{instance_state, invalid_step};
use stylus_upgrades_interface::registry::IRegistry;

/// The name of the definition that everything happens to.
pub(super) const NAME: &str = "A";
/// What a migration that fails reverts with.
pub(super) const FAILURE: u8 = 0xee;

/// The list of those who were called back from what is current.
const CALLED_BACK: usize = usize::MAX;
/// The list of those who are paused.
const PAUSED: usize = usize::MAX - 1;

/// Nothing, or the revert data.
pub(super) type Outcome<T = ()> = Result<T, Bytes>;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Nothing,
    Works,
    Fails,
    Complex,
}

/// A way in: the index of the version that it leaves, from 1 on.
type Way = (usize, Does);

#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) label: String,
    pub(super) can_be_created: bool,
    pub(super) incoming: Vec<Way>,
}

/// A complex step that an instance is in, by indices of versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complex {
    pub(super) back: bool,
    reaches: usize,
    target: usize,
    /// What was current when it began or was called back.
    began: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) proxy: Address,
    /// Index of its version.
    pub(super) version: usize,
    pub(super) complex: Option<Complex>,
    /// How many complex steps it has been in.
    steps: usize,
    pub(super) paused: bool,
    /// How often the definition had been paused and resumed when it was brought in line.
    pauses: usize,
    /// What was current when it was called back from it.
    called_back: usize,
    /// Indices of all versions that its data has been brought to.
    pub(super) marks: BTreeSet<usize>,
}

/// The definition.
#[derive(Clone, Debug, Default)]
pub(super) struct Contract {
    pub(super) sequence: u64,
    /// In order of registration.
    pub(super) versions: Vec<Version>,
    /// Index of the current one, 0 before the first.
    pub(super) current: usize,
    pub(super) instances: Vec<Instance>,
    /// How often it was paused and resumed, together.
    pauses: usize,
    /// Who waits (0), who was called back, who is paused, and who is at a version that is not older
    /// than the current one.
    lists: BTreeMap<usize, VecDeque<usize>>,
}

fn invalid(from: &str, to: &str, reason: u8) -> Bytes {
    let (from, to) = (from.into(), to.into());
    IRegistry::InvalidStep { from, to, reason }
        .abi_encode()
        .into()
}

impl Instance {
    /// As the registry reports it.
    pub(super) fn state(&self) -> u8 {
        match self.complex {
            None if self.paused => instance_state::PAUSED,
            None => instance_state::LIVE,
            Some(Complex { back: false, .. }) => instance_state::MIGRATING,
            Some(_) => instance_state::TURNING_BACK,
        }
    }
}

impl Contract {
    /// Index of a label, 0 where there is none.
    pub(super) fn index_of(&self, label: &str) -> usize {
        let found = self.versions.iter().position(|v| v.label == label);
        found.map_or(0, |position| position + 1)
    }

    /// The label of an index; index 0 has the empty one.
    pub(super) fn label_of(&self, index: usize) -> &str {
        let position = index.checked_sub(1);
        position.map_or("", |position| &self.versions[position].label)
    }

    fn incoming(&self, index: usize) -> &[Way] {
        &self.versions[index - 1].incoming
    }

    /// The version of that label.
    pub(super) fn version(&self, label: &str) -> Outcome<usize> {
        match self.index_of(label) {
            0 => Err(Proxy::VersionNotFound {
                name: NAME.into(),
                version: label.into(),
            }
            .abi_encode()
            .into()),
            index => Ok(index),
        }
    }

    // -- versions

    /// Refuses the step of a version that is being added.
    pub(super) fn first_way(&self, label: &str, from: &str, does: Does) -> Outcome {
        let reason = if from.is_empty() || self.versions.is_empty() {
            if from.is_empty() && does == Does::Nothing {
                return Ok(());
            }
            invalid_step::INITIAL_WITH_MIGRATION
        } else if from == label {
            invalid_step::NOT_OLDER
        } else if self.index_of(from) == 0 {
            invalid_step::UNKNOWN_FROM
        } else {
            return Ok(());
        };
        Err(invalid(from, label, reason))
    }

    /// Refuses what `migrate` may not make current.
    pub(super) fn becomes_current(&self, label: &str, from: &str, does: Does) -> Outcome {
        let index = self.index_of(label);
        if index == 0 {
            self.first_way(label, from, does)?;
        } else {
            let version = &self.versions[index - 1];
            let way = (self.index_of(from), does);
            let created = version.can_be_created && from.is_empty() && does == Does::Nothing;
            let identical = created || (way.0 != 0 && version.incoming.contains(&way));
            if !identical || index < self.current {
                return Err(self.exists(label));
            }
        }
        if index != self.current && from != self.label_of(self.current) {
            return Err(invalid(from, label, invalid_step::NOT_FROM_CURRENT));
        }
        Ok(())
    }

    /// `VersionExists`
    pub(super) fn exists(&self, label: &str) -> Bytes {
        let (name, version) = (NAME.into(), label.into());
        IRegistry::VersionExists { name, version }
            .abi_encode()
            .into()
    }

    /// Refuses another way into a version.
    pub(super) fn another_way(&self, label: &str, from: &str) -> Outcome {
        let index = self.version(label)?;
        let leaves = self.index_of(from);
        let incoming = self.incoming(index);
        let reason = if leaves == 0 {
            invalid_step::UNKNOWN_FROM
        } else if leaves >= index {
            invalid_step::NOT_OLDER
        } else if incoming.len() >= INCOMING_STEPS_MAX
            || incoming.iter().any(|(from, _)| *from == leaves)
        {
            invalid_step::TOO_MANY_INCOMING_STEPS
        } else {
            return Ok(());
        };
        Err(invalid(from, label, reason))
    }

    /// Adds a version; the first one becomes current.
    pub(super) fn add(&mut self, label: &str, from: &str, does: Does) {
        let leaves = self.index_of(from);
        self.sequence += 1;
        self.versions.push(Version {
            label: label.into(),
            can_be_created: from.is_empty(),
            incoming: (leaves != 0)
                .then_some((leaves, does))
                .into_iter()
                .collect(),
        });
        self.current = self.current.max(1);
    }

    /// Adds a way into a version.
    pub(super) fn add_way(&mut self, label: &str, from: &str, does: Does) {
        let (index, leaves) = (self.index_of(label), self.index_of(from));
        self.versions[index - 1].incoming.push((leaves, does));
    }

    /// Makes a version current, and takes a handful of instances along, all or nothing but for those without a
    /// way there.
    pub(super) fn activate(&mut self, label: &str) -> Outcome {
        let now = self.index_of(label);
        if now != self.current {
            let mut queue = VecDeque::new();
            for list in [0, CALLED_BACK].into_iter().chain(self.current..now) {
                queue.extend(self.lists.remove(&list).unwrap_or_default());
            }
            self.lists.insert(0, queue);
            self.current = now;
        }
        let older = [0, CALLED_BACK].map(|list| self.lists.get(&list));
        let older: Vec<usize> = older.into_iter().flatten().flatten().copied().collect();
        if older.len() <= INSTANCES_AT_ONCE as usize {
            for instance in older {
                let has_path = self.path(self.instances[instance].version, now).is_some();
                if has_path && self.instances[instance].pauses == self.pauses {
                    self.upgrade(instance, now)?;
                }
            }
        }
        Ok(())
    }

    // -- instances

    /// The position of an instance, or `NotAnInstance`.
    pub(super) fn instance(&self, proxy: Address) -> Outcome<usize> {
        let found = self.instances.iter().position(|one| one.proxy == proxy);
        found.ok_or_else(|| IRegistry::NotAnInstance { proxy }.abi_encode().into())
    }

    /// The position of an instance that is in a complex step; whichever way, or only forward.
    pub(super) fn migrating(&self, proxy: Address, either_way: bool) -> Outcome<usize> {
        let position = self.instance(proxy)?;
        let state = self.instances[position].state();
        if state == instance_state::MIGRATING
            || (either_way && state == instance_state::TURNING_BACK)
        {
            Ok(position)
        } else {
            Err(IRegistry::NotMigrating { proxy, state }.abi_encode().into())
        }
    }

    /// Bears an instance.
    pub(super) fn create(&mut self, proxy: Address, label: &str) {
        let version = self.index_of(label);
        self.instances.push(Instance {
            proxy,
            version,
            complex: None,
            steps: 0,
            paused: false,
            pauses: self.pauses,
            called_back: 0,
            marks: [version].into(),
        });
        self.push(self.instances.len() - 1);
    }

    /// Turns a complex step back.
    pub(super) fn turn_back(&mut self, position: usize) {
        if let Some(complex) = &mut self.instances[position].complex {
            complex.back = true;
            complex.began = self.current;
        }
    }

    /// The complex step that an instance is in, as approvals mean it.
    pub(super) fn complex_step(&self, proxy: Address) -> usize {
        let found = self.instances.iter().find(|one| one.proxy == proxy);
        let migrating = found.filter(|one| one.complex.is_some());
        migrating.map_or(0, |one| one.steps)
    }

    /// Upgrades an instance as far as the first complex step, or not at all.
    pub(super) fn upgrade(&mut self, position: usize, target: usize) -> Outcome {
        let at = self.instances[position].version;
        let path = self.path(at, target).ok_or_else(|| {
            Bytes::from(
                Proxy::NoPath {
                    name: NAME.into(),
                    from: self.label_of(at).into(),
                    to: self.label_of(target).into(),
                }
                .abi_encode(),
            )
        })?;
        self.travel(position, at, &path, target)
    }

    /// Leaves the complex step that an instance is in.
    pub(super) fn finish(&mut self, position: usize, back: bool) -> Outcome {
        let instance = &self.instances[position];
        if instance.paused {
            return Err(Proxy::UpgradeInProgress {}.abi_encode().into());
        }
        let proxy = instance.proxy;
        let Some(complex) = instance.complex.filter(|complex| complex.back == back) else {
            return Err(IRegistry::NotAnInstance { proxy }.abi_encode().into());
        };
        self.require_live()?;
        let instance = &self.instances[position];
        if back {
            let version = instance.version;
            let excluded = version < self.current && self.current == complex.began;
            self.arrive(position, version);
            if excluded {
                self.leave(position);
                self.instances[position].called_back = self.current;
                self.push(position);
            }
            return Ok(());
        }
        let at = complex.reaches;
        self.instances[position].marks.insert(at);
        let onwards = (at != complex.target && self.current == complex.began)
            .then(|| self.path(at, complex.target))
            .flatten();
        self.travel(position, at, &onwards.unwrap_or_default(), complex.target)
    }

    fn travel(
        &mut self,
        position: usize,
        from: usize,
        path: &[(usize, Does)],
        target: usize,
    ) -> Outcome {
        let mut at = from;
        for (to, does) in path {
            match does {
                Does::Complex => {
                    self.leave(position);
                    let began = self.current;
                    let instance = &mut self.instances[position];
                    instance.version = at;
                    instance.steps += 1;
                    instance.complex = Some(Complex {
                        back: false,
                        reaches: *to,
                        target,
                        began,
                    });
                    return Ok(());
                }
                Does::Fails => return Err(vec![FAILURE].into()),
                Does::Nothing | Does::Works => {
                    let new = self.instances[position].marks.insert(*to);
                    assert!(new, "no instance reaches a version twice");
                    at = *to;
                }
            }
        }
        self.arrive(position, at);
        Ok(())
    }

    fn arrive(&mut self, position: usize, version: usize) {
        self.leave(position);
        let instance = &mut self.instances[position];
        instance.version = version;
        instance.complex = None;
        instance.pauses = self.pauses;
        instance.called_back = 0;
        self.push(position);
    }

    /// The path with the fewest steps: the versions that it reaches.
    fn path(&self, from: usize, to: usize) -> Option<Vec<(usize, Does)>> {
        // distances to the target, found backwards, in the order of registration
        let mut found: Vec<(usize, Option<usize>, Does)> = vec![(to, None, Does::Nothing)];
        let mut at = 0;
        while at < found.len() {
            for (earlier, does) in self.incoming(found[at].0) {
                if found.iter().any(|(seen, ..)| seen == earlier) {
                    continue;
                }
                found.push((*earlier, Some(at), *does));
                if *earlier == from {
                    let mut path = Vec::new();
                    let mut last = found.len() - 1;
                    while let (_, Some(next), does) = found[last] {
                        path.push((found[next].0, does));
                        last = next;
                    }
                    return Some(path);
                }
            }
            at += 1;
        }
        None
    }

    /// One turn after the other for those who have lagged longest: how many were upgraded.
    pub(super) fn rollout(&mut self, max: usize) -> usize {
        let rounds = max.min(self.lagging());
        let mut upgraded = 0;
        for _ in 0..rounds {
            let Some(first) = self.lists[&0].front().copied() else {
                break;
            };
            if self.instances[first].pauses != self.pauses {
                self.bring_in_line(first);
                upgraded += 1;
                continue;
            }
            let mut after = self.clone();
            if after.upgrade(first, self.current).is_ok() {
                *self = after;
                upgraded += 1;
            } else if let Some(queue) = self.lists.get_mut(&0) {
                queue.rotate_left(1);
            }
        }
        upgraded
    }

    // -- pauses

    pub(super) fn is_paused(&self) -> bool {
        self.pauses % 2 == 1
    }

    /// `DefinitionPaused`
    pub(super) fn paused(&self) -> Bytes {
        let name = NAME.into();
        IRegistry::DefinitionPaused { name }.abi_encode().into()
    }

    pub(super) fn require_live(&self) -> Outcome {
        if self.is_paused() {
            Err(self.paused())
        } else {
            Ok(())
        }
    }

    /// Pauses the definition or resumes it: everybody waits, and a handful is served at once. Where it is paused
    /// already, those that still wait are served.
    pub(super) fn pause_or_resume(&mut self, pauses: bool) {
        if self.is_paused() != pauses {
            self.toggle();
        }
        let first: Vec<usize> = self.lists[&0].iter().copied().collect();
        for position in first.into_iter().take(INSTANCES_AT_ONCE as usize) {
            self.bring_in_line(position);
        }
    }

    fn toggle(&mut self) {
        self.pauses += 1;
        let mut queue = self.lists.remove(&0).unwrap_or_default();
        let joining: Vec<usize> = if self.is_paused() {
            let versions = self.current..=self.versions.len();
            [CALLED_BACK].into_iter().chain(versions).collect()
        } else {
            vec![PAUSED]
        };
        for list in joining {
            queue.extend(self.lists.remove(&list).unwrap_or_default());
        }
        self.lists.insert(0, queue);
    }

    fn bring_in_line(&mut self, position: usize) {
        self.leave(position);
        let (paused, pauses) = (self.is_paused(), self.pauses);
        let instance = &mut self.instances[position];
        instance.paused = paused;
        instance.pauses = pauses;
        self.push(position);
    }

    /// How many lag behind and wait.
    pub(super) fn lagging(&self) -> usize {
        self.lists.get(&0).map_or(0, VecDeque::len)
    }

    fn list_of(&self, version: usize) -> usize {
        if version < self.current { 0 } else { version }
    }

    fn push(&mut self, position: usize) {
        let instance = &self.instances[position];
        let list = if instance.paused {
            PAUSED
        } else if instance.called_back == self.current {
            CALLED_BACK
        } else {
            self.list_of(instance.version)
        };
        self.lists.entry(list).or_default().push_back(position);
    }

    fn leave(&mut self, position: usize) {
        for list in self.lists.values_mut() {
            list.retain(|other| *other != position);
        }
    }
}
