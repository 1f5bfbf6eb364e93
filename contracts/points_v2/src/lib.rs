//! Version 2 of the points register: tenths of points. It has no migration of its own: every
//! number of points is ten times what it was, and there may be more of them than one transaction
//! can touch, so a complex migration stands between the versions.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use alloc::vec::Vec;

use shared::points::{PointsError, PointsState, TENTHS};
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

/// Register of tenths of points.
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
    #[initializer("2.0")]
    pub fn initialize(&mut self, proof: Proof, steward: Address) -> Result<(), PointsError> {
        self.state.initialize(proof, steward);
        Ok(())
    }

    /// Units per point.
    pub fn unit(&self) -> U256 {
        U256::from(10)
    }

    /// Awards `points` tenths to each of them.
    pub fn award(&mut self, to: Vec<Address>, points: U256) -> Result<(), PointsError> {
        let caller = self.vm().msg_sender();
        self.state.award(caller, to, points, TENTHS)
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
