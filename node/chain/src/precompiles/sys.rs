//! ArbSys (0x64): the chain's own facts. Messages to L1 are not supported: there is none.

use super::call::{Call, Methods, Purity::*, Stop, revert};
use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, sol};
use revm::context::{Cfg, ContextTr, JournalTr};

sol! {
    #![sol(all_derives)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 number) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);
        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}
use ArbSys::*;

const ALIAS: Address = address!("1111000000000000000000000000000000001111");

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    if matches!(
        call.selector(),
        withdrawEthCall::SELECTOR | sendTxToL1Call::SELECTOR
    ) {
        return Err(Stop::Failure(
            "messages to L1 are not supported by this chain: it has no L1".into(),
        ));
    }
    Methods::of(call)
        .on::<arbBlockNumberCall>(View, 0, |c, _| Ok(U256::from(c.ctx.chain.l2_number)))
        .on::<arbBlockHashCall>(View, 0, |c, a| {
            let current = c.ctx.chain.l2_number;
            let number = u64::try_from(a.number).ok();
            let known = number.filter(|n| *n < current && *n + 256 >= current);
            let Some(number) = known else {
                if c.version < 11 {
                    return Err(Stop::Plain("invalid block number".into()));
                }
                let current = U256::from(current);
                return revert(InvalidBlockNumber {
                    requested: a.number,
                    current,
                });
            };
            let view = c.ctx.db();
            let known = view.ledger.hash(number);
            Ok(known.unwrap_or_else(|| view.state_db.block_hash_beneath(number)))
        })
        .on::<arbChainIDCall>(View, 0, |c, _| Ok(U256::from(c.ctx.cfg().chain_id())))
        .on::<arbOSVersionCall>(View, 0, |c, _| Ok(U256::from(55 + c.version)))
        .on::<getStorageGasAvailableCall>(View, 0, |_, _| Ok(U256::ZERO))
        .on::<isTopLevelCallCall>(View, 0, |c, _| Ok(c.ctx.journal().depth() <= 2))
        .on::<mapL1SenderContractAddressToL2AliasCall>(Pure, 0, |_, a| {
            let sum = crate::arbos::word(a.sender).wrapping_add(crate::arbos::word(ALIAS));
            Ok(crate::arbos::address_of(sum))
        })
        .on::<wasMyCallersAddressAliasedCall>(View, 0, |_, _| Ok(false))
        .on::<myCallersAddressWithoutAliasingCall>(View, 0, |c, _| {
            Ok(c.ctx
                .chain
                .frames
                .last()
                .map(|frame| frame.caller)
                .unwrap_or_default())
        })
        .end()
}
