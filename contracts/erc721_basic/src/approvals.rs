//! Who may transfer whose tokens; and asking a receiver whether it takes one.

use stylus_sdk::{
    alloy_primitives::{Address, Bytes, FixedBytes, U256},
    alloy_sol_types::{SolCall, sol},
    call,
    host::VM,
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap},
    stylus_core::{calls::Call, storage::TopLevelStorage},
};
use stylus_upgradeable::prelude::*;

use crate::error::{
    Approval, ApprovalForAll, ERC721InsufficientApproval, ERC721InvalidApprover,
    ERC721InvalidReceiver, Erc721Error,
};

sol! {
    /// ERC-721: what a contract answers that takes tokens.
    function onERC721Received(address operator, address from, uint256 tokenId, bytes data) external returns (bytes4);
}

/// ERC-165's own interface.
const ERC165: [u8; 4] = [0x01, 0xff, 0xc9, 0xa7];
/// ERC-721.
const ERC721: [u8; 4] = [0x80, 0xac, 0x58, 0xcd];

/// Whether it is one of the interfaces that every collection has.
pub fn is_supported(interface: FixedBytes<4>) -> bool {
    [ERC165, ERC721].contains(&interface.0)
}

/// Two slots.
#[storage]
#[derive(StorageLayout)]
pub struct Approvals {
    tokens: StorageMap<U256, StorageAddress>,
    operators: StorageMap<Address, StorageMap<Address, StorageBool>>,
}

impl Approvals {
    /// Who may transfer the token, or zero.
    pub fn of(&self, token: U256) -> Address {
        self.tokens.get(token)
    }

    /// Whether `operator` may transfer every token of `owner`.
    pub fn is_operator(&self, owner: Address, operator: Address) -> bool {
        self.operators.getter(owner).get(operator)
    }

    /// Lets `approved` transfer a token of `owner`.
    ///
    /// # Errors
    /// `ERC721InvalidApprover`.
    pub fn approve(
        &mut self,
        caller: Address,
        owner: Address,
        approved: Address,
        token: U256,
    ) -> Result<(), Erc721Error> {
        if caller != owner && !self.is_operator(owner, caller) {
            return Err(ERC721InvalidApprover { approver: caller }.into());
        }
        self.tokens.insert(token, approved);
        self.vm().log(Approval {
            owner,
            approved,
            tokenId: token,
        });
        Ok(())
    }

    /// Lets `operator` transfer every token of `owner`, or no longer.
    pub fn approve_all(&mut self, owner: Address, operator: Address, approved: bool) {
        self.operators.setter(owner).insert(operator, approved);
        self.vm().log(ApprovalForAll {
            owner,
            operator,
            approved,
        });
    }

    /// Refuses who may not transfer a token of `owner`, and takes back who may.
    ///
    /// # Errors
    /// `ERC721InsufficientApproval`.
    pub fn spend(
        &mut self,
        operator: Address,
        owner: Address,
        token: U256,
    ) -> Result<(), Erc721Error> {
        let approved = self.of(token);
        if operator != owner && operator != approved && !self.is_operator(owner, operator) {
            return Err(ERC721InsufficientApproval {
                operator,
                tokenId: token,
            }
            .into());
        }
        if !approved.is_zero() {
            self.tokens.delete(token);
        }
        Ok(())
    }
}

/// Asks a contract whether it takes a token that it has got just now.
///
/// # Errors
/// `ERC721InvalidReceiver` where it answers anything else than ERC-721 asks for.
pub fn ask_receiver<S: TopLevelStorage + HostAccess<Host = VM>>(
    storage: &mut S,
    from: Address,
    receiver: Address,
    token: U256,
    data: &[u8],
) -> Result<(), Erc721Error> {
    if storage.vm().code_size(receiver) == 0 {
        return Ok(());
    }
    let question = onERC721ReceivedCall {
        operator: storage.vm().msg_sender(),
        from,
        tokenId: token,
        data: Bytes::copy_from_slice(data),
    }
    .abi_encode();
    let host = storage.vm().clone();
    let call = Call::new_mutating(storage);
    match call::call(&host, call, receiver, &question) {
        Ok(answer) if answer.len() == 32 && answer.starts_with(&onERC721ReceivedCall::SELECTOR) => {
            Ok(())
        }
        _ => Err(ERC721InvalidReceiver { receiver }.into()),
    }
}
