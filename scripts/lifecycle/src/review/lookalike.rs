//! Addresses that look like known ones: whoever compares the first and the last digits takes them for
//! those.

use alloy::primitives::Address;

/// Bytes at either end that people compare.
const ENDS: usize = 2;

/// The known account that `account` looks like and is not.
pub fn lookalike(account: Address, known: &[Address]) -> Option<Address> {
    let ends = |one: &Address| {
        let bytes = one.as_slice();
        (
            bytes.first_chunk::<ENDS>().copied(),
            bytes.last_chunk::<ENDS>().copied(),
        )
    };
    if account.is_zero() || known.contains(&account) {
        return None;
    }
    known
        .iter()
        .copied()
        .find(|one| ends(one) == ends(&account))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn an_address_with_the_ends_of_a_known_one_looks_like_it() {
        let known = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        let like = address!("f39F000000000000000000000000000000002266");
        let other = address!("f39F000000000000000000000000000000002267");
        assert_eq!(lookalike(like, &[known]), Some(known));
        assert_eq!(lookalike(other, &[known]), None);
        assert_eq!(lookalike(known, &[known, like]), None);
    }
}
