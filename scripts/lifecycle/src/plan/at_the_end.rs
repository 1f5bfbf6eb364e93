//! The check of the step asked once more of every instance, when all are moved. The registry asks of each instance on
//! its own: what the upgrade of a later one changes in it is seen here alone.

use super::error::PlanError;
use super::{Plan, PlanRequest};
use crate::assess::Finding;
use crate::model::{Named, named};
use crate::simulation::{Simulation, SimulationError};
use alloy::sol_types::SolCall;
use stylus_chain::BlockId;
use stylus_upgrades_interface::check::IUpgradeCheck::{afterUpgradeCall, beforeUpgradeCall};

/// What the check refuses of the instances as they are in the end.
pub(super) fn broken(
    simulation: &mut Simulation,
    request: &PlanRequest,
    plan: &Plan,
) -> Result<Vec<Finding>, PlanError> {
    let Named::Check(check) = named(&request.call.step) else {
        return Ok(Vec::new());
    };
    let (from, to) = (&request.call.step.from, &request.call.version);
    let mut found = Vec::new();
    let moved = plan
        .instances
        .iter()
        .filter(|one| one.from != one.to && !one.migrating);
    for proxy in moved.map(|one| one.proxy) {
        let before = beforeUpgradeCall {
            proxy,
            from: from.clone(),
            to: to.clone(),
        };
        let beginning = simulation.beginning();
        let (is_asked, output) =
            simulation.probe_at(beginning, check, before.abi_encode().into())?;
        // It was asked already where it matters: what it cannot say of that block is no finding.
        let Some(observed) = beforeUpgradeCall::abi_decode_returns(&output)
            .ok()
            .filter(|_| is_asked)
        else {
            continue;
        };
        let after = afterUpgradeCall {
            proxy,
            from: from.clone(),
            to: to.clone(),
            observed,
        };
        let latest = BlockId::latest();
        let (holds, output) = simulation.probe_at(latest, check, after.abi_encode().into())?;
        if !holds {
            let what = format!("{proxy}, once all instances are upgraded");
            found.push(SimulationError::refused(&what, &output).finding()?);
        }
    }
    Ok(found)
}
