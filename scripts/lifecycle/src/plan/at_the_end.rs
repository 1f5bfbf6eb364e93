//! Runs the step's check on every instance again after all are upgraded. The registry asks of each instance on its
//! own: what the upgrade of a later one changes in it is seen here alone.
use super::simulated_plan::PlanSimulation;
use crate::client::ChainError;
use crate::model::{Named, named};
use alloy::sol_types::SolCall;
use stylus_chain::BlockId;
use stylus_upgrades_interface::check::IUpgradeCheck::{afterUpgradeCall, beforeUpgradeCall};

impl PlanSimulation<'_> {
    /// Notes what the check refuses of the instances as they are in the end.
    pub(super) fn ask_the_check(&mut self) -> Result<(), ChainError> {
        let call = &self.request.call;
        let Named::Check(check) = named(&call.step) else {
            return Ok(());
        };
        let instances = self.plan.instances.iter();
        let moved =
            instances.filter(|instance| instance.from != instance.to && !instance.migrating);
        let mut found = Vec::new();
        for proxy in moved.map(|instance| instance.proxy) {
            let (from, to) = (call.step.from.clone(), call.version.clone());
            let before = beforeUpgradeCall { proxy, from, to };
            let ask = |block, input: Vec<u8>| self.simulation.probe_at(block, check, input.into());
            let (is_asked, output) = ask(self.simulation.beginning(), before.abi_encode())?;
            // It was asked already where it matters: what it cannot say of that block is no finding.
            let observed = beforeUpgradeCall::abi_decode_returns(&output);
            let Some(observed) = observed.ok().filter(|_| is_asked) else {
                continue;
            };
            let after = afterUpgradeCall {
                proxy,
                from: before.from,
                to: before.to,
                observed,
            };
            let (holds, output) = ask(BlockId::latest(), after.abi_encode())?;
            if !holds {
                let what = format!("{proxy}, once all instances are upgraded");
                found.push(ChainError::refused_on_copy(&what, &output).finding()?);
            }
        }
        let plan = &mut self.plan;
        plan.stuck = plan.stuck.take().or_else(|| found.first().cloned());
        plan.problems.extend(found);
        Ok(())
    }
}
