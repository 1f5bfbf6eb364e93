//! The storage of both versions of the register, and its rules.

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    alloy_sol_types::sol,
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU256, StorageVec},
};
use stylus_upgradeable::prelude::*;

sol! {
    /// Only the steward awards points.
    #[derive(Debug)]
    error NotSteward(address caller, address steward);
    /// Nobody has 2^120 points or more.
    #[derive(Debug)]
    error TooManyPoints(address member, uint256 points);
}

/// What the register refuses.
#[derive(SolidityError, Debug)]
pub enum PointsError {
    /// Somebody else may.
    Steward(NotSteward),
    /// The sum would be too high.
    Points(TooManyPoints),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

/// Bits of the highest number of points.
const POINTS_BITS: usize = 120;
/// The highest bit of a member's word in version 2. It says which form the word is in, so that no
/// member is converted twice, in whatever order the migration visits them.
pub const TENTHS: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

/// Slots 0 to 2. Who has points is a member, once.
#[storage]
#[derive(StorageLayout)]
pub struct PointsState {
    /// In the order in which they came.
    pub members: StorageVec<StorageAddress>,
    /// In the version's unit, in version 2 beside [`TENTHS`].
    pub points: StorageMap<Address, StorageU256>,
    /// Who awards.
    pub steward: StorageAddress,
}

impl PointsState {
    /// Nobody has points; `steward` awards them.
    #[initializing]
    #[inline]
    pub fn initialize(&mut self, _: Proof, steward: Address) {
        self.steward.set(steward);
    }

    /// What a member has.
    #[inline]
    pub fn points(&self, member: Address) -> U256 {
        self.points.get(member) & !TENTHS
    }

    /// Awards `points` to each of them; `form` is [`TENTHS`] or nothing.
    ///
    /// # Errors
    /// `NotSteward`, `TooManyPoints`.
    #[inline]
    pub fn award(
        &mut self,
        caller: Address,
        to: Vec<Address>,
        points: U256,
        form: U256,
    ) -> Result<(), PointsError> {
        let steward = self.steward.get();
        if caller != steward {
            return Err(NotSteward { caller, steward }.into());
        }
        for member in to {
            let had = self.points(member);
            let points = had.saturating_add(points);
            if points.bit_len() > POINTS_BITS {
                return Err(TooManyPoints { member, points }.into());
            }
            if points.is_zero() {
                continue;
            }
            if had.is_zero() {
                self.members.push(member);
            }
            self.points.insert(member, points | form);
        }
        Ok(())
    }

    /// The member at a position; zero where there is none.
    #[inline]
    pub fn member(&self, position: U256) -> Address {
        self.members.get(position).unwrap_or_default()
    }
}
