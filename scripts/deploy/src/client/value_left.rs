//! The value that a transaction sent and did not get back. ArbWasm keeps the fee for a program's data and returns the
//! rest of the value; the Stylus deployer does too, after it has given the constructor its share.

use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::chain::IArbWasm::{ProgramActivated, ProgramLifetimeExtended};
use stylus_upgrades_interface::chain::IStylusDeployer::deployCall;
use stylus_upgrades_interface::chain::{ARB_WASM, STYLUS_DEPLOYER};

/// The payload of a transaction.
pub(super) struct Payload<'a> {
    /// The account that it called; `None` where it created one.
    pub to: Option<Address>,
    /// Its calldata.
    pub input: Option<&'a Bytes>,
    /// Its value, in wei.
    pub value: U256,
}

impl Payload<'_> {
    /// Wei of the value that did not come back, by the receipt.
    pub(super) fn value_left(&self, receipt: &TransactionReceipt) -> U256 {
        let given = match self.to {
            Some(ARB_WASM) => U256::ZERO,
            Some(STYLUS_DEPLOYER) => {
                let call = self
                    .input
                    .and_then(|input| deployCall::abi_decode(input).ok());
                call.map_or(self.value, |call| call.initValue)
            }
            _ => return self.value,
        };
        given.saturating_add(data_fees(receipt)).min(self.value)
    }
}

/// Wei that ArbWasm took for the data of programs.
fn data_fees(receipt: &TransactionReceipt) -> U256 {
    let logs = receipt.logs().iter();
    let fees = logs
        .filter(|log| log.address() == ARB_WASM)
        .filter_map(|log| {
            let activated = log.log_decode::<ProgramActivated>().ok();
            let extended = || log.log_decode::<ProgramLifetimeExtended>().ok();
            activated
                .map(|log| log.inner.data.dataFee)
                .or_else(|| Some(extended()?.inner.data.dataFee))
        });
    fees.fold(U256::ZERO, U256::saturating_add)
}
