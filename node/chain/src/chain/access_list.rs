//! The list of what a call touches, as `eth_createAccessList` gives it.

use super::{Chain, environment::arbos_version, mine::outcome};
use crate::{
    BlockId, CallRequest, ChainError, Overrides, RejectReason, accesses::Accesses,
    precompile_overrides::PrecompileOverrides, precompiles, view::Overlay,
};
use alloy_eips::eip2930::AccessListResult;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, Signature, U256, map::AddressSet};

/// Gas that each authorization needs at least (go-ethereum, `params.CallNewAccountGas`).
const AUTHORIZATION_GAS: u64 = 25_000;

impl Chain {
    /// The list of [`Chain::access_list`] as `eth_createAccessList` gives it: a call without fees offers twice the base fee,
    /// and its sender must afford it (go-ethereum, `setFeeDefaults`).
    ///
    /// # Errors
    /// As [`Chain::call`]; [`ChainError::Rejected`] for a tip above the fee cap, and for more authorizations than the gas
    /// allows.
    pub fn create_access_list(
        &self,
        mut request: CallRequest,
        id: BlockId,
        overrides: &Overrides,
    ) -> Result<AccessListResult, ChainError> {
        // go-ethereum has no precompile there that could be moved.
        PrecompileOverrides::new(overrides, &AddressSet::default())?;
        let free = CallRequest::default();
        let overlay = Overlay::new(overrides);
        let simulation = self.simulation(&free, id, overrides, overlay.as_ref())?;
        set_default_fees(&mut request, simulation.facts.base_fee)?;
        let gas = request.gas.unwrap_or(u64::MAX).min(self.config.rpc_gas_cap);
        let authorizations = request.authorization_list.len() as u64;
        if authorizations > gas / AUTHORIZATION_GAS {
            let reason = "insufficient gas to process all authorizations";
            return Err(RejectReason::Other(reason.into()).into());
        }
        self.access_list(request, id, overrides)
    }

    /// The EIP-2930 list of what a call touches beyond precompiles, and the gas that the call uses with
    /// it. Its sender and receiver are in the list where slots of theirs are touched. Why the call fails,
    /// if it does, is no error, but part of the answer.
    ///
    /// # Errors
    /// As [`Chain::call`].
    pub fn access_list(
        &self,
        mut request: CallRequest,
        id: BlockId,
        overrides: &Overrides,
    ) -> Result<AccessListResult, ChainError> {
        let overlay = Overlay::new(overrides);
        let from = request.from.unwrap_or_default();
        let free = CallRequest::default();
        let simulation = self.simulation(&free, id, overrides, overlay.as_ref())?;
        let nonce = simulation.view.info(from).map(|info| info.nonce);
        let nonce = *request.nonce.get_or_insert(nonce.unwrap_or_default());
        let version = arbos_version(&simulation.view);
        let known = precompiles::addresses(version, self.config.debug_precompiles);
        let mut implied: AddressSet = known.iter().copied().collect();
        implied.extend([from, request.to.unwrap_or_else(|| from.create(nonce))]);
        implied.extend(self.authorities(&request.authorization_list));
        loop {
            let simulation = self.simulation(&request, id, overrides, overlay.as_ref())?;
            let given = request.access_list.clone().unwrap_or_default();
            let accesses = Accesses::new(implied.clone(), &given);
            let before = accesses.count();
            let gas = self.gas_of(&simulation);
            let executed = self.simulate_with(&simulation, gas, |session| {
                session.accesses = Some(accesses);
            });
            let mut executed = match executed {
                Err(ChainError::Rejected(reason)) => {
                    request.gas = Some(gas);
                    return Err(self.not_applied(request, &reason));
                }
                executed => executed?,
            };
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

    /// The accounts that authorize a delegation on this chain: they are warm by that.
    fn authorities(&self, list: &[SignedAuthorization]) -> impl Iterator<Item = Address> {
        let chain_id = U256::from(self.chain_id());
        let valid = list.iter().filter(move |authorization| {
            let is_here = authorization.chain_id.is_zero() || authorization.chain_id == chain_id;
            is_here && authorization.nonce < u64::MAX
        });
        valid.filter_map(|authorization| authorization.recover_authority().ok())
    }

    /// Returns the reason why a call has no list, with the hash of the unsigned transaction that it would become.
    fn not_applied(&self, request: CallRequest, reason: &RejectReason) -> ChainError {
        let no_signature = Signature::new(U256::ZERO, U256::ZERO, false);
        match self.with_signature(request, no_signature) {
            Ok(transaction) => {
                let hash = transaction.tx_hash();
                let text = format!("failed to apply transaction: {hash} err: {reason}");
                RejectReason::Other(text).into()
            }
            Err(error) => error,
        }
    }
}

/// Fills in the fees that a request leaves out: no tip, and a cap of twice the base fee above the tip.
fn set_default_fees(request: &mut CallRequest, base_fee: u64) -> Result<(), ChainError> {
    let refused = |text: String| Err(RejectReason::Other(text).into());
    match (request.gas_price, request.max_fee_per_gas) {
        (Some(0), _) => return refused("gasPrice must be non-zero after london fork".into()),
        (Some(_), _) => return Ok(()),
        (None, Some(0)) if request.max_priority_fee_per_gas.is_some() => {
            return refused("maxFeePerGas must be non-zero".into());
        }
        _ => {}
    }
    let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
    let default_cap = tip.saturating_add(2 * u128::from(base_fee));
    let cap = *request.max_fee_per_gas.get_or_insert(default_cap);
    if cap < tip {
        return refused(format!(
            "maxFeePerGas ({cap:#x}) < maxPriorityFeePerGas ({tip:#x})"
        ));
    }
    Ok(())
}
