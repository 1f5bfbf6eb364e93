//! Full migration of a collection from basic to enumerable. Which tokens there are is not in its
//! storage, only in its events, so the handler gathers them and this program checks each batch,
//! `items = abi.encode(uint256[] ids, address[] owners)`:
//!
//! * the owner of every token is the one that the contract knows (`OwnerMismatch`, with owner
//!   zero for a token that there is not);
//! * no token comes twice (`AlreadyIncluded`), and all ids strictly increase (`TokensUnordered`);
//! * for every owner who comes up at all, as many tokens as his balance must follow before it can
//!   end: `total` rises by that balance when he first does (`MigrationIncomplete`).
//!
//! What it cannot know is an owner of whom nothing was said. So afterwards anybody may
//! `include` a token, and a transfer or burn does it by itself.
//!
//! Turning back needs no handler's knowledge: `migrateNext` takes the last token out, until every
//! slot is as the basic collection wrote it. Nothing is lost, as no token moves meanwhile. After
//! the end there is no way back in this program: an enumerable collection that continued as a basic
//! one would keep lists that are no longer true.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::erc721::{
    CollectionState, Erc721, FullState,
    enumerable::{AlreadyIncluded, MalformedItems, OwnerMismatch, TokensUnordered},
};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    alloy_sol_types::SolError,
    prelude::*,
};
use stylus_upgradeable::complex::{Batch, ComplexMigration, Outcome, arrays, complex_program};
use stylus_upgradeable::layout::StorageLayout;

/// The storage of the enumerable collection, which begins with that of the basic one.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Enumerate {
    erc721: Erc721<FullState>,
}

impl ComplexMigration for Enumerate {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const REVERSIBLE: bool = true;
    /// Four words that are there, changed: 20,000, and the computation.
    const ITEM_GAS: u64 = 26_000;

    /// How many there are shows as they come.
    fn start(&mut self) -> Outcome<u64> {
        Ok(0)
    }

    fn batch(&mut self, done: u64, items: &[u8]) -> Outcome<Batch> {
        let malformed = || -> Vec<u8> { MalformedItems {}.abi_encode() };
        let [ids, owners] = arrays(items).ok_or_else(malformed)?;
        if ids.len() != owners.len() {
            return Err(malformed());
        }
        let mut previous = self.last(done);
        let mut found = 0;
        for (id, owner) in ids.iter().zip(owners) {
            let token = U256::from_be_bytes(*id);
            let claimed = Address::from_word((*owner).into());
            let owner = self.erc721.state.owner(token);
            if claimed != owner || owner.is_zero() {
                return Err(OwnerMismatch {
                    tokenId: token,
                    claimed,
                    owner,
                }
                .abi_encode());
            }
            if self.erc721.state.is_included(token) {
                return Err(AlreadyIncluded { tokenId: token }.abi_encode());
            }
            if let Some(previous) = previous.filter(|previous| *previous >= token) {
                return Err(TokensUnordered {
                    previous,
                    tokenId: token,
                }
                .abi_encode());
            }
            if self.erc721.state.included(owner) == 0 {
                found += self.erc721.state.held(owner);
            }
            self.erc721.state.include(token)?;
            previous = Some(token);
        }
        // `total` is what was found so far; `done` never outgrows it, as no token counts twice
        Ok(Batch {
            items: ids.len() as u64,
            found,
        })
    }

    fn previous(&mut self, _: u64) -> Outcome<()> {
        self.erc721.state.exclude_last();
        Ok(())
    }
}

impl Enumerate {
    /// The token that was included last.
    fn last(&self, done: u64) -> Option<U256> {
        self.erc721
            .state
            .token_at(U256::from(done.checked_sub(1)?))
            .ok()
    }
}

complex_program!(Enumerate);
