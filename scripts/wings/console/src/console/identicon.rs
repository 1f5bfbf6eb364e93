//! A picture of an address: two that differ in any digit look different.

use alloy::primitives::{Address, U256, keccak256};
use maud::{Markup, html};

/// Cells along each side.
const SIDE: usize = 5;

/// A symmetric picture of five by five cells, of the hash of an address. Its one color has the same lightness for
/// each hue, between that of the light and that of the dark page. It is beside the address, so that nobody needs it.
pub fn identicon(account: Address) -> Markup {
    let bits = U256::from_be_bytes(keccak256(account).0);
    let half = SIDE.div_ceil(2);
    let is_set = |row: usize, column: usize| bits.bit(row * half + column.min(SIDE - 1 - column));
    let cells = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column)));
    let path: String = cells
        .filter(|(row, column)| is_set(*row, *column))
        .map(|(row, column)| format!("M{column} {row}h1v1h-1z"))
        .collect();
    let hue = (bits >> (SIDE * half)) % U256::from(360);
    html! {
        svg.identicon viewBox=(format!("0 0 {SIDE} {SIDE}")) aria-hidden="true" {
            path fill=(format!("oklch(0.58 0.14 {hue})")) d=(path) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_of_an_address_is_its_own_and_its_two_halves_are_alike() {
        let shown = |last: u8| identicon(Address::with_last_byte(last)).into_string();
        assert_eq!(shown(1), shown(1));
        assert_ne!(shown(1), shown(2));
        let has = |row, column| shown(1).contains(&format!("M{column} {row}h"));
        let rows = 0..SIDE;
        assert!(
            rows.clone()
                .all(|row| has(row, 0) == has(row, 4) && has(row, 1) == has(row, 3))
        );
        assert!(rows.clone().any(|row| has(row, 2)) && !rows.clone().all(|row| has(row, 2)));
        assert!(!shown(1).contains("style"), "{}", shown(1));
    }
}
