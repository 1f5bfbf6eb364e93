//! The transfers that Nitro's tracers show before and after the frames of a message: who pays for its gas, and who gets it
//! (`arbos/tx_processor.go`, `arbos/util/transfer.go`).

use crate::arbos::L1_FUNDS;
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};

/// Payments of a message for its gas, and the accounts that received them.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeeTransfers {
    pub(crate) sender: Address,
    /// Wei that the sender paid per gas: 0 where the call was free.
    pub(crate) paid_price: u128,
    pub(crate) gas_limit: u64,
    pub(crate) gas_used: u64,
    /// Part of the gas that was paid for the bytes on L1.
    pub(crate) gas_for_l1: u64,
    /// The block's base fee in wei per gas.
    pub(crate) base_fee: u64,
    /// Receives the lowest base fee, unless it is nobody.
    pub(crate) infra_account: Address,
    /// The lowest base fee in wei per gas.
    pub(crate) lowest_base_fee: U256,
    pub(crate) network_account: Address,
    /// Wei that ArbOS 60 gives back.
    pub(crate) refund: U256,
    /// Accounts that the message destroyed, with their balance at its end.
    pub(crate) destroyed: Vec<(Address, U256)>,
}

impl FeeTransfers {
    /// The payment before the first frame.
    pub(super) fn before(&self) -> Value {
        let paid = self.wei(self.gas_limit);
        json!([transfer("feePayment", Some(self.sender), None, paid)])
    }

    /// The payments after the last frame, in Nitro's order.
    pub(super) fn after(&self) -> Value {
        let left = self.gas_limit.saturating_sub(self.gas_used);
        let collected = |to, wei| transfer("feeCollection", None, Some(to), wei);
        let mut shown = vec![transfer(
            "gasRefund",
            None,
            Some(self.sender),
            self.wei(left),
        )];
        let computed = U256::from(self.gas_used.saturating_sub(self.gas_for_l1));
        let base_fee = U256::from(self.base_fee);
        let mut for_network = base_fee.saturating_mul(computed);
        if !self.infra_account.is_zero() {
            let infra_fee = self.lowest_base_fee.min(base_fee);
            let for_infra = infra_fee.saturating_mul(computed);
            for_network = for_network.saturating_sub(for_infra);
            shown.push(collected(self.infra_account, for_infra));
        }
        if !for_network.is_zero() {
            shown.push(collected(self.network_account, for_network));
        }
        let for_l1 = base_fee.saturating_mul(U256::from(self.gas_for_l1));
        shown.push(collected(L1_FUNDS, for_l1));
        if !self.refund.is_zero() {
            let (from, to) = (Some(self.network_account), Some(self.sender));
            shown.push(transfer("refund", from, to, self.refund));
        }
        for (account, balance) in &self.destroyed {
            shown.push(transfer("selfDestruct", Some(*account), None, *balance));
        }
        shown.into()
    }

    fn wei(&self, gas: u64) -> U256 {
        U256::from(self.paid_price).saturating_mul(U256::from(gas))
    }
}

/// One transfer; these addresses alone are shown with a checksum.
fn transfer(purpose: &str, from: Option<Address>, to: Option<Address>, value: U256) -> Value {
    let named = |address: Option<Address>| address.map(|address| address.to_checksum(None));
    json!({ "purpose": purpose, "from": named(from), "to": named(to), "value": value })
}
