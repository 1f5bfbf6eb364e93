//! Complex migration of the points register from whole points to tenths, batches supplied by
//! the handler: `items` is `abi.encode(address[] members)`. What the handler says is checked:
//! the addresses of all batches together strictly increase, so none comes twice; each has
//! points; and it ends when there were as many as the register has members.
//!
//! Turning back, they strictly decrease from the highest that was migrated.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_complex::{Batch, ComplexMigration, Outcome, Word, arrays, complex_program};
use stylus_sdk::{
    alloy_primitives::{Address, B256},
    alloy_sol_types::{SolError, sol},
    prelude::*,
};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots::erc7201;

pub mod scale;
#[path = "../../../points_v1/src/state.rs"]
pub mod state;

use state::PointsState;

sol! {
    /// The members of all batches together strictly increase; turning back, they decrease.
    #[derive(Debug)]
    error MembersUnordered(address bound, address member);
    /// A batch is not `abi.encode(address[])`.
    #[derive(Debug)]
    error MalformedItems();
}

/// How far the migration is in the order of addresses: the highest in tenths. Zero again when
/// it has ended.
const BOUND: B256 = erc7201(b"points.migration.bound");

/// The register's storage; both versions have the same.
#[storage]
#[entrypoint]
pub struct PointsBatches {
    state: PointsState,
}

impl ComplexMigration for PointsBatches {
    const FROM: &'static str = "1.0";
    const TO: &'static str = "2.0";
    const REVERSIBLE: bool = true;

    fn start(&mut self) -> Outcome<u64> {
        Ok(self.state.members.len() as u64)
    }

    fn batch(&mut self, _: u64, items: &[u8]) -> Outcome<Batch> {
        let members = members(items)?;
        let mut bound = bound();
        for member in members.iter().map(address) {
            if member <= bound {
                return Err(MembersUnordered { bound, member }.abi_encode());
            }
            scale::up(&mut self.state, member)?;
            bound = member;
        }
        set_bound(bound);
        Ok(Batch::of(members.len() as u64))
    }

    fn back(&mut self, _: u64, items: &[u8]) -> Outcome<Batch> {
        let members = members(items)?;
        let mut bound = bound();
        for member in members.iter().map(address) {
            if member > bound || member.is_zero() {
                return Err(MembersUnordered { bound, member }.abi_encode());
            }
            scale::down(&mut self.state, member)?;
            bound = below(member);
        }
        set_bound(bound);
        Ok(Batch::of(members.len() as u64))
    }

    fn end(&mut self, _: bool) -> Outcome<()> {
        set_bound(Address::ZERO);
        Ok(())
    }
}

complex_program!(PointsBatches);

fn members(items: &[u8]) -> Outcome<&[Word]> {
    let [members] = arrays(items).ok_or_else(|| -> Vec<u8> { MalformedItems {}.abi_encode() })?;
    Ok(members)
}

fn address(word: &Word) -> Address {
    Address::from_word(B256::new(*word))
}

fn bound() -> Address {
    Address::from_word(B256::new(storage::load(&BOUND.0)))
}

fn set_bound(bound: Address) {
    storage::store(&BOUND.0, &bound.into_word().0);
}

/// The address before one that is not zero.
fn below(address: Address) -> Address {
    let mut bytes = address.0.0;
    for byte in bytes.iter_mut().rev() {
        let (less, borrowed) = byte.overflowing_sub(1);
        *byte = less;
        if !borrowed {
            break;
        }
    }
    Address::new(bytes)
}
