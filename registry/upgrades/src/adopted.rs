//! Upgrades of adopted proxies, the first one to the version that they are adopted at. They do not ask
//! the registry for a path, so it orders each step, in a call to itself: what fails leaves the proxy and
//! the records as they were.

use alloc::vec::Vec;

use stylus_registry_core::{
    abi::Reader,
    chain::{Reverts, sender, this},
    errors,
    instances::Instance,
    lock::{self, Phase},
    route,
    state::{Definition, Step, Version},
};
use stylus_upgrades_interface::{adopted::is_adopted, ids::StepKind};

use crate::{
    foreign::Foreign,
    pause,
    upgrade::{check_programs, moved},
};

impl Foreign {
    /// The proxy of an instance, if that was adopted.
    pub(crate) fn of(instance: &Instance) -> Option<Self> {
        is_adopted(instance.kind).then_some(Self {
            proxy: instance.proxy,
            kind: instance.kind,
            definition: instance.definition,
        })
    }

    /// Has it take every step of the path. Whatever those did, it obeys afterwards.
    fn travel(self, path: &[(Version, Step)]) -> Reverts<()> {
        for (version, step) in path {
            if !matches!(step.kind, StepKind::NONE | StepKind::FOREIGN_CALL) {
                let what = b"a step of this kind for an adopted proxy";
                return Err(errors::not_supported(what));
            }
            self.upgrade(version.code.implementation, &step.data)?;
        }
        self.pause()?;
        let (last, _) = path.last().ok_or_else(errors::nothing)?;
        self.resume(last.code.implementation)
    }
}

/// Upgrades an adopted instance to a version, pauses it, or resumes it. The registry expects that.
pub(crate) fn upgrade(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (proxy, label) = (arguments.address(0)?, arguments.bytes(1)?);
    if sender() != this() || lock::phase() != Phase::Expected(proxy) {
        return Err(errors::not_an_instance(sender()));
    }
    let mut instance = Instance::of(proxy)?;
    let definition = instance.definition()?;
    let foreign = Foreign::of(&instance).ok_or_else(|| errors::not_an_instance(proxy))?;
    if label.is_empty() {
        let path = pause::switched(&mut instance, &definition)?;
        lock::set(Phase::Busy);
        match path.last() {
            Some((version, _)) => foreign.resume(version.code.implementation)?,
            None => foreign.pause()?,
        }
        return Ok(Vec::new());
    }
    // a UUPS proxy on the stub has no code that could be upgraded from: it is resumed first
    pause::require_live_with(&definition, &instance, false)?;
    lock::set(Phase::Busy);
    step_by_step(&definition, &mut instance, foreign, label)
}

fn step_by_step(
    definition: &Definition,
    instance: &mut Instance,
    foreign: Foreign,
    label: &[u8],
) -> Reverts<Vec<u8>> {
    let (from, target) = (instance.version(), definition.version(label)?);
    let to = target.index;
    let path = if from == to {
        alloc::vec![(target, Step::default())] // it was just adopted
    } else {
        route::find(definition, from, &target)?
    };
    check_programs(&path)?;
    foreign.travel(&path)?;
    if from != to {
        instance.set_version(definition, to);
        moved(definition, instance, from, label);
    }
    Ok(Vec::new())
}
