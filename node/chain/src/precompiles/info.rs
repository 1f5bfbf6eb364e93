//! ArbInfo (0x65) and ArbStatistics (0x6f).

use super::call::{Call, Methods, Purity::*, Stop};
use crate::session::load_account;
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes memory);
    }
    interface ArbStatistics {
        function getStats() external view returns (uint256 blocks, uint256 a, uint256 b, uint256 c, uint256 d, uint256 e);
    }
}
use ArbInfo::{getBalanceCall, getCodeCall};
use ArbStatistics::getStatsCall;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<getBalanceCall>(View, 0, |c, a| {
            c.burn(700)?;
            Ok(load_account(c.ctx, a.account).balance)
        })
        .on::<getCodeCall>(View, 0, |c, a| {
            c.burn(2_100)?;
            let code = c.code(a.account)?.1;
            c.burn(3 * code.len().div_ceil(32) as u64)?;
            Ok(code)
        })
        .end()
}

pub(super) fn run_statistics(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<getStatsCall>(View, 0, |c, _| {
            let (blocks, zero) = (U256::from(c.ctx.chain.l2_number), U256::ZERO);
            Ok((blocks, zero, zero, zero, zero, zero).into())
        })
        .end()
}
