//! A governed call, simulated before it is sent or exported.

use crate::client::Client;
use crate::context::prelude::*;
use crate::governance::{GovernedCall, SimulatedCall, SimulationReport};

/// A call as it was simulated.
pub(crate) struct CallSimulation {
    pub(crate) simulated: SimulatedCall,
    /// Units of gas for its transaction.
    pub(crate) gas: u64,
    pub(crate) report: SimulationReport,
}

/// Simulates a call as if that client sent it now. If it would only approve, the result of the simulation is printed.
///
/// # Errors
/// Errors of the chain; `WouldFail`.
pub(crate) async fn simulate(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<CallSimulation> {
    let (simulated, gas) = governed.simulate(client).await?;
    let simulation = simulated.simulation.as_ref();
    governed.require_success(simulation)?;
    let report = SimulationReport::of(simulation);
    note(context, &report);
    Ok(CallSimulation {
        simulated,
        gas,
        report,
    })
}

/// Prints what is known of a call that only approves.
pub(crate) fn note(context: &Context, report: &SimulationReport) {
    for line in report.lines() {
        context.note(line);
    }
}
