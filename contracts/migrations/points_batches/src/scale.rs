//! One member's points, from whole points to tenths and back.

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    alloy_sol_types::{SolError, sol},
};

use crate::state::PointsState;

sol! {
    /// Who has no points is no member.
    #[derive(Debug)]
    error NotAMember(address account);
}

/// Tenths in a point.
const SCALE: u128 = 10;

/// Whole points become tenths.
///
/// # Errors
/// `NotAMember`.
pub fn up(state: &mut PointsState, member: Address) -> Result<(), Vec<u8>> {
    set(state, member, points(state, member)?.wrapping_mul(SCALE)) // below 2^124
}

/// Tenths become whole points again.
///
/// # Errors
/// `NotAMember`.
pub fn down(state: &mut PointsState, member: Address) -> Result<(), Vec<u8>> {
    set(state, member, points(state, member)? / SCALE)
}

/// Below 2^124, and not zero.
fn points(state: &PointsState, account: Address) -> Result<u128, Vec<u8>> {
    let points = u128::try_from(state.points.get(account)).unwrap_or_default();
    if points == 0 {
        return Err(NotAMember { account }.abi_encode());
    }
    Ok(points)
}

fn set(state: &mut PointsState, member: Address, points: u128) -> Result<(), Vec<u8>> {
    state.points.insert(member, U256::from(points));
    Ok(())
}
