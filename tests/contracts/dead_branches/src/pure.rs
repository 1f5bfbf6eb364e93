//! Functions of numbers alone. A test compiles this file for the machine, too, and compares which lines ran there.

/// One of the functions by its number.
pub(crate) fn call(which: u64, number: u64) -> u64 {
    match which {
        0 => days_of_month(number),
        1 => collatz(number),
        2 => greatest_divisor(number, 84),
        3 => rank(number),
        4 => root(number),
        _ => checksum(number),
    }
}

#[inline(never)]
fn days_of_month(month: u64) -> u64 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Steps of Collatz until 1, at most 100.
#[inline(never)]
fn collatz(mut number: u64) -> u64 {
    let mut steps = 0;
    while number > 1 && steps < 100 {
        if number.is_multiple_of(2) {
            number /= 2;
        } else {
            number = number.wrapping_mul(3).wrapping_add(1);
        }
        steps += 1;
    }
    steps
}

#[inline(never)]
fn greatest_divisor(mut one: u64, mut two: u64) -> u64 {
    if one == 0 {
        return two.rotate_left(7);
    }
    while two != 0 {
        let rest = one % two;
        one = two;
        two = rest;
    }
    one
}

#[inline(never)]
fn rank(number: u64) -> u64 {
    if number > 1_000_000 {
        return number.leading_zeros().into();
    }
    if number > 1_000 {
        return number.wrapping_mul(number) ^ 5;
    }
    number.wrapping_mul(11) | 1
}

/// The whole part of the square root.
#[inline(never)]
fn root(number: u64) -> u64 {
    if number < 2 {
        return number;
    }
    let mut guess = number;
    let mut next = number / 2 + 1;
    while next < guess {
        guess = next;
        next = (number / guess + guess) / 2;
    }
    guess
}

#[inline(never)]
fn checksum(number: u64) -> u64 {
    let mut left = number;
    let mut sum = 0_u64;
    while left != 0 {
        let digit = left % 10;
        if digit == 9 {
            sum = sum.rotate_left(3);
        }
        sum = sum.wrapping_mul(31).wrapping_add(digit);
        left /= 10;
    }
    sum
}
