//! Version 1 of a points register: whole points.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::points::{PointsError, PointsState};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

/// Register of whole points.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Points {
    state: PointsState,
}

#[upgradeable]
#[public]
impl Points {
    /// Nobody has points; `steward` awards them.
    #[initializer("1.0")]
    pub fn initialize(&mut self, proof: Proof, steward: Address) -> Result<(), PointsError> {
        self.state.initialize(proof, steward);
        Ok(())
    }

    /// Units per point.
    pub fn unit(&self) -> U256 {
        U256::from(1)
    }

    /// Awards `points` whole points to each of them.
    pub fn award(&mut self, to: Vec<Address>, points: U256) -> Result<(), PointsError> {
        let caller = self.vm().msg_sender();
        self.state.award(caller, to, points, U256::ZERO)
    }

    /// What a member has.
    pub fn points(&self, member: Address) -> U256 {
        self.state.points(member)
    }

    /// How many members there are.
    pub fn members(&self) -> U256 {
        U256::from(self.state.members.len())
    }

    /// The member at a position, from 0 on.
    pub fn member(&self, position: U256) -> Address {
        self.state.member(position)
    }
}
