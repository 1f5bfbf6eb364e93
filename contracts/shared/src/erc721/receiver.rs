//! The question to a contract that receives a token (ERC-721).

use stylus_sdk::{
    alloy_primitives::{Address, Bytes, U256},
    alloy_sol_types::{SolCall, sol},
    call,
    host::VM,
    prelude::*,
    stylus_core::{calls::Call, storage::TopLevelStorage},
};

use super::error::{ERC721InvalidReceiver, Erc721Error};

sol! {
    /// ERC-721: a receiving contract returns this function's selector.
    function onERC721Received(address operator, address from, uint256 tokenId, bytes data) external returns (bytes4);
}

/// Asks a contract whether it accepts a token that it has just received.
///
/// # Errors
/// `ERC721InvalidReceiver` unless it returns the selector that ERC-721 requires.
#[inline]
pub(crate) fn check<S: TopLevelStorage>(
    storage: &mut S,
    vm: &VM,
    from: Address,
    receiver: Address,
    token: U256,
    data: &[u8],
) -> Result<(), Erc721Error> {
    if vm.code_size(receiver) == 0 {
        return Ok(());
    }
    let question = onERC721ReceivedCall {
        operator: vm.msg_sender(),
        from,
        tokenId: token,
        data: Bytes::copy_from_slice(data),
    }
    .abi_encode();
    let call = Call::new_mutating(storage);
    match call::call(vm, call, receiver, &question) {
        Ok(answer) if answer.len() == 32 && answer.starts_with(&onERC721ReceivedCall::SELECTOR) => {
            Ok(())
        }
        _ => Err(ERC721InvalidReceiver { receiver }.into()),
    }
}
