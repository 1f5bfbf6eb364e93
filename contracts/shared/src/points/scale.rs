//! One member's points, from whole points to tenths and back.

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    alloy_sol_types::{SolError, sol},
};

use super::{PointsState, TENTHS};

sol! {
    /// Who has no points is no member.
    #[derive(Debug)]
    error NotAMember(address account);
    /// The member has tenths already, or, turning back, whole points.
    #[derive(Debug)]
    error AlreadyConverted(address member);
}

/// Tenths in a point.
const SCALE: u128 = 10;

/// Whole points become tenths.
///
/// # Errors
/// `NotAMember`, `AlreadyConverted`.
#[inline]
pub fn up(state: &mut PointsState, member: Address) -> Result<(), Vec<u8>> {
    let points = points(state, member, false)?.wrapping_mul(SCALE); // below 2^124
    state.points.insert(member, U256::from(points) | TENTHS);
    Ok(())
}

/// Tenths become whole points again.
///
/// # Errors
/// `NotAMember`, `AlreadyConverted`.
#[inline]
pub fn down(state: &mut PointsState, member: Address) -> Result<(), Vec<u8>> {
    let points = points(state, member, true)? / SCALE;
    state.points.insert(member, U256::from(points));
    Ok(())
}

/// What a member has who is in that form; below 2^124 and not zero.
#[inline]
fn points(state: &PointsState, member: Address, tenths: bool) -> Result<u128, Vec<u8>> {
    let found = state.points.get(member);
    if found.is_zero() {
        return Err(NotAMember { account: member }.abi_encode());
    }
    if (found >= TENTHS) != tenths {
        return Err(AlreadyConverted { member }.abi_encode());
    }
    Ok((found & !TENTHS).saturating_to())
}
