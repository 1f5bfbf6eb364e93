//! Bytes of a slot in the words of their type.

use alloy::primitives::{Address, I256, U256, hex};
use stylus_layout::{Layout, Members, TypeItem};

/// Names behind names that are followed.
const DEEPEST: u8 = 4;

/// What the bytes are, the high-order one first. Bytes of a type that is not known are shown as they are.
pub(super) fn value(layout: &Layout, kind: Option<&TypeItem>, bytes: &[u8]) -> String {
    of_type(layout, kind, bytes, DEEPEST).unwrap_or_else(|| hex::encode_prefixed(bytes))
}

fn of_type(layout: &Layout, kind: Option<&TypeItem>, bytes: &[u8], depth: u8) -> Option<String> {
    let kind = kind?;
    let number = U256::try_from_be_slice(bytes)?;
    if let Some(Members::Enum(names)) = &kind.members {
        let at = usize::try_from(number).ok();
        let name = at.and_then(|at| names.get(at));
        return Some(
            name.cloned()
                .unwrap_or_else(|| format!("{number}, which is unknown")),
        );
    }
    if let Some(underlying) = &kind.underlying {
        let underlying = layout.types.get(underlying);
        return of_type(layout, underlying, bytes, depth.checked_sub(1)?);
    }
    let label = kind.label.as_str();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match label {
        "bool" => Some(match number {
            U256::ZERO => "false".into(),
            number if number == U256::ONE => "true".into(),
            number => format!("{number}, which is no bool"),
        }),
        "address" | "address payable" => account(bytes),
        _ if label.starts_with("contract ") => account(bytes),
        _ if label.strip_prefix("uint").is_some_and(is_number) => Some(number.to_string()),
        _ if label.strip_prefix("int").is_some_and(is_number) => {
            // The sign is that of the highest bit of what is stored.
            let missing = 256_usize.checked_sub(bytes.len() * 8)?;
            let signed = I256::from_raw(number << missing).asr(missing);
            Some(signed.to_string())
        }
        _ => None,
    }
}

fn account(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 20] = bytes.try_into().ok()?;
    Some(Address::from(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(label: &str, bytes: &[u8]) -> String {
        let kind = TypeItem {
            label: label.into(),
            ..TypeItem::default()
        };
        value(&Layout::default(), Some(&kind), bytes)
    }

    #[test]
    fn bytes_are_shown_as_their_type_says() {
        assert_eq!(shown("uint8", &[7]), "7");
        assert_eq!(shown("int8", &[0xff]), "-1");
        assert_eq!(shown("int16", &[0x80, 0]), "-32768");
        assert_eq!(shown("int256", &[0xff; 32]), "-1");
        assert_eq!(shown("bool", &[1]), "true");
        assert_eq!(shown("bool", &[2]), "2, which is no bool");
        assert_eq!(shown("bytes4", &[1, 2, 3, 4]), "0x01020304");
        let account = shown("address", &[0x11; 20]);
        assert_eq!(account, Address::repeat_byte(0x11).to_string());
        assert_eq!(shown("uint256[3]", &[1, 2]), "0x0102");
    }

    #[test]
    fn what_an_enum_does_not_have_is_not_one_of_its_names() {
        let kind = TypeItem {
            members: Some(Members::Enum(vec!["Open".into(), "Closed".into()])),
            ..TypeItem::default()
        };
        let of = |byte| value(&Layout::default(), Some(&kind), &[byte]);
        assert_eq!(of(1), "Closed");
        assert_eq!(of(2), "2, which is unknown");
    }
}
