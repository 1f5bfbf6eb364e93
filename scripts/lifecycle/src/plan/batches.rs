//! Complex migrations that the upgrade begins, carried on: their batches and their end, as the handler sends them.

use super::PlanRequest;
use super::instances::Batches;
use crate::assess::{Finding, Part};
use crate::client::{ChainError, Client};
use crate::error::Explain;
use crate::migration::{self, Budget};
use crate::progress::Progress;
use crate::simulation::{ANYBODY, Simulation, now};
use alloy::primitives::Address;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The results of the complex migrations.
#[derive(Default)]
pub(super) struct Tried {
    of_instances: BTreeMap<Address, Batches>,
    /// The refusals of batches and ends.
    pub(super) refused: Vec<Finding>,
}

impl Tried {
    /// The batches of an instance; none where it began no complex migration.
    pub(super) fn batches_of(&self, proxy: Address) -> Option<Batches> {
        self.of_instances.get(&proxy).copied()
    }
}

/// Carries on those of these instances that are in a complex migration, as far as the budget goes, and tells `progress`.
pub(super) fn try_out(
    simulation: &mut Simulation,
    request: &PlanRequest,
    instances: &[Address],
    progress: &Arc<dyn Progress>,
) -> Result<Tried, ChainError> {
    let mut budget = Budget::of(request.batches);
    let mut all = Tried::default();
    for proxy in instances.iter().copied() {
        let state = now(simulation.registry(request.registry).instance(proxy))?.state;
        if !state.is_migrating() {
            continue;
        }
        let handler = async |client: &Client| migration::handler(client, proxy).await;
        let Some(handler) = simulation.live(ANYBODY, handler)? else {
            continue;
        };
        let tried = simulation.live(handler, async |client| {
            migration::try_out(client, proxy, &mut budget, progress).await
        })?;
        let batches = Batches {
            tried: tried.batches,
            left: tried.left,
        };
        all.of_instances.insert(proxy, batches);
        if let Some(error) = tried.refused {
            let report = error.report();
            // Nobody can accept it: the instance would stay paused between two versions.
            let found = Finding::refusal(Part::Simulation, None, &report);
            let message = format!("the complex migration of {proxy}: {}", found.message);
            all.refused.push(Finding { message, ..found });
        }
    }
    Ok(all)
}
