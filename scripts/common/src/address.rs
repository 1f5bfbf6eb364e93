//! Addresses as people write them: `0x` and 40 digits. Where the letters are in mixed case, they are
//! the EIP-55 checksum, and it must hold: it is there to notice a wrong digit.

use crate::error::Refusal;
use crate::secret::redacted;
use alloy::primitives::Address;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::BTreeMap;

/// Hexadecimal digits of an address.
const DIGITS: usize = 40;

/// Says why a text is no address: its form, or a wrong digit.
fn refused(message: String, text: &str) -> Refusal {
    Refusal::new("AddressChecksum", message)
        .with(
            "the case of its letters as EIP-55 says, or all of them in lower case",
            text,
            "compare it with its source: a digit, or the case of a letter, is wrong",
        )
        .usage()
}

/// Reads an address.
///
/// # Errors
/// Where the text has another form, or its checksum does not hold.
pub fn parse(text: &str) -> Result<Address, Refusal> {
    let shown = redacted(text);
    let form = || {
        let message =
            format!("{shown} is not an address: an address is 0x and 40 hexadecimal digits");
        refused(message, &shown)
    };
    let digits = digits(text).ok_or_else(form)?;
    let address: Address = digits.parse().map_err(|_| form())?;
    let is_mixed = digits.contains(|c: char| c.is_ascii_lowercase())
        && digits.contains(|c: char| c.is_ascii_uppercase());
    if is_mixed && address.to_checksum(None).get(2..) != Some(digits) {
        Err(refused(
            format!("the EIP-55 checksum of the address {text} does not hold"),
            text,
        ))
    } else {
        Ok(address)
    }
}

/// Returns true if a text has the form of an address, whatever its checksum.
pub fn is_address(text: &str) -> bool {
    digits(text).is_some()
}

/// An address of a file, with its checksum verified.
struct Checked(Address);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map(Self).map_err(D::Error::custom)
    }
}

/// An address of a file, where there is one.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Address>, D::Error> {
    let found = Option::<Checked>::deserialize(deserializer)?;
    Ok(found.map(|checked| checked.0))
}

/// A list of addresses of a file.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Address>, D::Error> {
    let found = Vec::<Checked>::deserialize(deserializer)?.into_iter();
    Ok(found.map(|checked| checked.0).collect())
}

/// Addresses of a file by their names.
pub(crate) fn by_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Address>, D::Error> {
    let found = BTreeMap::<String, Checked>::deserialize(deserializer)?;
    let found = found.into_iter();
    Ok(found.map(|(name, checked)| (name, checked.0)).collect())
}

fn digits(text: &str) -> Option<&str> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits.len() == DIGITS && is_hexadecimal).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of EIP-55.
    const GOOD: [&str; 4] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
    ];

    #[test]
    fn the_examples_of_eip_55_are_addresses_and_one_changed_letter_is_noticed() {
        for good in GOOD {
            assert!(parse(good).is_ok(), "{good}");
            assert!(parse(&good.to_ascii_lowercase()).is_ok(), "{good}");
        }
        for good in &GOOD[..2] {
            for (at, c) in good.char_indices().skip(2) {
                let other = if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                };
                if other != c {
                    let mut wrong = (*good).to_owned();
                    wrong.replace_range(at..=at, &other.to_string());
                    let error = parse(&wrong).expect_err("a wrong letter").to_string();
                    assert!(error.contains("checksum"), "{error}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_0x_and_40_digits_is_no_address() {
        for text in [
            "",
            "0x",
            "0x12",
            &GOOD[0][2..],
            &format!("{}0", GOOD[0]),
            "0xé",
        ] {
            let error = parse(text).expect_err("no address").to_string();
            assert!(error.contains("40 hexadecimal digits"), "{error}");
        }
    }
}
