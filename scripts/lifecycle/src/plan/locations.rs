//! Where instances are at among the versions of their definition, and which the trial has done something with.

use super::error::PlanError;
use super::instances::Before;
use crate::model::{DefinitionState, InstanceState};
use crate::simulation::{Simulation, now};
use alloy::primitives::{Address, Log};
use alloy::sol_types::SolEvent;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Where instances are at, among the versions of their definition.
pub(super) struct Locations<'a> {
    simulation: &'a Simulation,
    registry: Address,
    /// The labels, the oldest first.
    labels: Vec<String>,
    is_paused: bool,
}

impl<'a> Locations<'a> {
    pub(super) fn now(
        simulation: &'a Simulation,
        registry: Address,
        name: &str,
    ) -> Result<Self, PlanError> {
        let definition = now(simulation.registry(registry).head(name))?;
        let labels = now(simulation.registry(registry).labels(name))?;
        Ok(Self {
            simulation,
            registry,
            labels,
            is_paused: definition.state == DefinitionState::Paused,
        })
    }

    /// Those of these instances that are still to be brought to that version, or to be resumed.
    pub(super) fn behind(
        &self,
        instances: &[Before],
        version: &str,
    ) -> Result<BTreeSet<Address>, PlanError> {
        let mut behind = BTreeSet::new();
        for one in instances {
            if self.is_behind(one.proxy, version)? {
                behind.insert(one.proxy);
            }
        }
        Ok(behind)
    }

    /// Whether an instance is still to be brought to that version, or to be resumed. One in a complex
    /// migration is neither, and one at a younger version stays there.
    fn is_behind(&self, proxy: Address, version: &str) -> Result<bool, PlanError> {
        let at = now(self.simulation.registry(self.registry).instance(proxy))?;
        let place = |label: &str| self.labels.iter().position(|one| one == label);
        let is_older = at.version != version && place(&at.version) <= place(version);
        let is_to_resume = at.state == InstanceState::Paused && !self.is_paused;
        Ok((is_older || is_to_resume) && !at.state.is_migrating())
    }
}

/// The instances that the registry has done something with since the beginning, in that order.
pub(super) fn handled(
    simulation: &Simulation,
    registry: Address,
) -> Result<Vec<Address>, PlanError> {
    let mut all = Vec::new();
    for log in simulation.logs(registry)? {
        let proxy = upgraded(&log)
            .or_else(|| Some(abi::InstanceSkipped::decode_log(&log).ok()?.proxy))
            .or_else(|| Some(abi::InstancePaused::decode_log(&log).ok()?.proxy))
            .or_else(|| Some(abi::InstanceResumed::decode_log(&log).ok()?.proxy));
        all.extend(proxy.filter(|proxy| !all.contains(proxy)));
    }
    Ok(all)
}

/// Whom a log of the registry says to be upgraded, if only by the start of a complex migration.
pub(super) fn upgraded(log: &Log) -> Option<Address> {
    let started = || Some(abi::MigrationStarted::decode_log(log).ok()?.proxy);
    let upgraded = abi::InstanceUpgraded::decode_log(log).ok();
    upgraded.map(|event| event.proxy).or_else(started)
}
