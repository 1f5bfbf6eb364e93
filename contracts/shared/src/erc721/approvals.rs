//! Approvals: who may transfer whose tokens.

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap},
};
use stylus_upgradeable::prelude::*;

use super::error::{
    Approval, ApprovalForAll, ERC721InsufficientApproval, ERC721InvalidApprover, Erc721Error,
};

/// Approvals by token and by operator. Two slots.
#[storage]
#[derive(StorageLayout)]
pub struct Approvals {
    tokens: StorageMap<U256, StorageAddress>,
    operators: StorageMap<Address, StorageMap<Address, StorageBool>>,
}

impl Approvals {
    /// Who may transfer the token, or zero.
    #[inline]
    pub fn of(&self, token: U256) -> Address {
        self.tokens.get(token)
    }

    /// Whether `operator` may transfer every token of `owner`.
    #[inline]
    pub fn is_operator(&self, owner: Address, operator: Address) -> bool {
        self.operators.getter(owner).get(operator)
    }

    /// Lets `approved` transfer a token of `owner`.
    ///
    /// # Errors
    /// `ERC721InvalidApprover`.
    #[inline]
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
    #[inline]
    pub fn approve_all(&mut self, owner: Address, operator: Address, approved: bool) {
        self.operators.setter(owner).insert(operator, approved);
        self.vm().log(ApprovalForAll {
            owner,
            operator,
            approved,
        });
    }

    /// Checks that `operator` may transfer a token of `owner`, and deletes the token's approval.
    ///
    /// # Errors
    /// `ERC721InsufficientApproval`.
    #[inline]
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
