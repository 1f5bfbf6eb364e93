//! Functions that nobody calls.

use stylus_sdk::alloy_primitives::U256;

/// The whole part of the square root.
#[inline(never)]
pub(crate) fn root(number: U256) -> U256 {
    let mut guess = number; // dead
    let mut next = (number + U256::from(1)) >> 1; // dead
    while next < guess {
        guess = next;
        next = (number / guess + guess) >> 1; // dead
    }
    guess
}

/// A number of Fibonacci.
#[inline(never)]
pub(crate) fn fibonacci(number: U256) -> U256 {
    let (mut one, mut two) = (U256::ZERO, U256::from(1));
    let mut left = number;
    while !left.is_zero() {
        (one, two) = (two, one + two); // dead
        left -= U256::from(1); // dead
    }
    one
}
