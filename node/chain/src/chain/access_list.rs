//! The list of what a call touches, as `eth_createAccessList` gives it.

use super::{Chain, environment::arbos_version, mine::outcome};
use crate::{BlockId, CallRequest, ChainError, Overrides, accesses::Accesses, precompiles};
use alloy_eips::eip2930::AccessListResult;
use alloy_primitives::{U256, map::AddressSet};

impl Chain {
    /// The EIP-2930 list of what a call touches beyond precompiles, and the gas that the call uses with
    /// it. Its sender and receiver are in the list where slots of theirs are touched. Why the call fails,
    /// if it does, is no error, but part of the answer.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub fn access_list(
        &self,
        request: CallRequest,
        id: BlockId,
    ) -> Result<AccessListResult, ChainError> {
        let overrides = Overrides::default();
        let mut request = request;
        loop {
            let simulation = self.simulation(&request, id, &overrides, None)?;
            let (view, from) = (&simulation.view, request.from.unwrap_or_default());
            let version = arbos_version(view);
            let known = precompiles::addresses(version, self.config.debug_precompiles);
            let mut implied: AddressSet = known.iter().copied().collect();
            let nonce = view.info(from).map(|info| info.nonce).unwrap_or_default();
            let nonce = request.nonce.unwrap_or(nonce);
            implied.extend([from, request.to.unwrap_or_else(|| from.create(nonce))]);
            let given = request.access_list.clone().unwrap_or_default();
            let accesses = Accesses::new(implied, &given);
            let before = accesses.count();
            let gas = self.gas_of(&request);
            let mut executed = self.simulate_with(&simulation, gas, |session| {
                session.accesses = Some(accesses);
            })?;
            let found = executed.accesses.take().unwrap_or_default();
            // The list changes what the call costs, and may change what it does.
            if found.count() > before {
                request.access_list = Some(found.into_list());
                continue;
            }
            let outcome = outcome(executed);
            let reverted = || "execution reverted".to_owned();
            let error = outcome.halt.map_or_else(reverted, |halt| halt.to_string());
            return Ok(AccessListResult {
                access_list: found.into_list(),
                gas_used: U256::from(outcome.gas_used),
                error: (!outcome.success).then_some(error),
            });
        }
    }
}
