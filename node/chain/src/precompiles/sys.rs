//! ArbSys (0x64): the chain's own facts, and messages to L1, which nobody takes from here.

#![allow(
    clippy::too_many_arguments,
    reason = "an event of Nitro's has nine fields"
)]

use super::call::{Call, Methods, Purity::*, Stop, revert};
use crate::arbos::{
    LAYOUT,
    messages::{self, Hashes},
};
use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::sol;
use revm::{
    context::{Cfg, ContextTr, JournalTr},
    context_interface::{Block, journaled_state::account::JournaledAccountTr},
};

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
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);
        event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
        event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);
        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}
use ArbSys::*;

const ALIAS: Address = address!("1111000000000000000000000000000000001111");

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
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
        .on::<withdrawEthCall>(Payable, 0, |c, a| send(c, a.destination, Bytes::new()))
        .on::<sendTxToL1Call>(Payable, 0, |c, a| send(c, a.destination, a.data))
        .on::<sendMerkleTreeStateCall>(View, 0, |c, _| {
            if !c.caller.is_zero() {
                return Err(Stop::Plain(
                    "method can only be called by address zero".into(),
                ));
            }
            let root = messages::root(c)?;
            let size = U256::from(messages::size(c)?);
            let partials = messages::subtrees(c)?;
            Ok((size, root, partials).into())
        })
        .end()
}

/// First ArbOS version in which a message with value asks for owners of the native token.
const NATIVE_TOKEN: u64 = 41;
/// Position of the level in a node's number.
const LEVEL: usize = 192;

/// Sends a message to L1 and burns its value; the answer is its number.
fn send(call: &mut Call<'_, '_>, destination: Address, data: Bytes) -> Result<U256, Stop> {
    let value = call.value;
    if call.version >= NATIVE_TOKEN && !value.is_zero() {
        LAYOUT.native_token_owners.len(call)?;
    }
    let caller = call.caller;
    let arb_block = U256::from(call.ctx.chain.l2_number);
    let l1_block = call.ctx.block().number();
    let timestamp = U256::from(call.now());
    let words = [arb_block, l1_block, timestamp, value].map(|word| word.to_be_bytes::<32>());
    let message = [
        caller.as_slice(),
        destination.as_slice(),
        &words.concat(),
        &data,
    ]
    .concat();
    let hash = call.hash(&message)?;
    let completed = messages::append(call, hash)?;
    let position = U256::from(messages::size(call)? - 1);
    // The value has come to this precompile with the call.
    let address = call.address;
    call.show_transfer(address, Address::ZERO, value);
    let is_burnt = {
        let Ok(mut account) = call.ctx.journal_mut().load_account_mut(address);
        account.decr_balance(value)
    };
    if !is_burnt {
        return Err(Stop::Plain("the value of the message is not there".into()));
    }
    for node in completed {
        call.emit(&SendMerkleUpdate {
            reserved: U256::ZERO,
            hash: node.hash,
            position: (U256::from(node.level) << LEVEL) | U256::from(node.leaf),
        })?;
    }
    call.emit(&L2ToL1Tx {
        caller,
        destination,
        hash: hash.into(),
        position,
        arbBlockNum: arb_block,
        ethBlockNum: l1_block,
        timestamp,
        callvalue: value,
        data,
    })?;
    Ok(position)
}
