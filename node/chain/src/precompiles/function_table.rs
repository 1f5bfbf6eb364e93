//! ArbFunctionTable (0x68): a table that Nitro keeps empty.

use super::call::{Call, Methods, Purity::*, Stop};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbFunctionTable {
        function upload(bytes calldata functions) external;
        function size(address account) external view returns (uint256);
        function get(address account, uint256 index) external view returns (uint256, bool, uint256);
    }
}
use ArbFunctionTable::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<uploadCall>(Write, 0, |_, _| Ok(().into()))
        .on::<sizeCall>(View, 0, |_, _| Ok(U256::ZERO))
        .on::<getCall>(View, 0, |_, _| Err(Stop::Plain("table is empty".into())))
        .end()
}
