//! One block of a chain twice: as it is, and with the upgrade carried out on it.

use crate::client::ChainError;
use crate::plan::{GasLimits, LeftOut, Plan, PlanRequest, simulate_on};
use crate::progress::{Progress, Silent};
use crate::replay::carry_over;
use crate::simulation::Simulation;
use alloy::primitives::Address;
use std::sync::Arc;
use stylus_chain::Chain;

/// Two copies of a block, at the same time.
pub(crate) struct ForkPair {
    /// The copy with the code of today.
    pub(crate) as_it_is: Simulation,
    /// The copy with the upgrade.
    pub upgraded: Simulation,
    /// Accounts that get the fees of every transaction.
    pub fees: Vec<Address>,
}

/// Forks the block twice and carries out `request` on one copy. Nothing depends on the wall clock.
pub(crate) fn fork_with_upgrade(
    mut chain: Chain,
    request: &PlanRequest,
) -> Result<(ForkPair, Plan), ChainError> {
    chain.set_timestamp_interval(Some(1));
    let begun = chain.block_number();
    let mut upgraded = chain.branch();
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let (plan, copy) = simulate_on(chain.branch(), request, GasLimits::Once, &silent)?;
    carry_over(&copy.chain, begun.into(), &mut upgraded)?;
    let mut as_it_is = Simulation::new(chain);
    let forks = ForkPair {
        fees: LeftOut::of(&mut as_it_is)?.ether,
        upgraded: Simulation::new(upgraded),
        as_it_is,
    };
    Ok((forks, plan))
}
