//! What a slot holds of a variable, in the words of its type: the one place that decodes a slot into fields, for
//! the status of an instance, for plans, for what approvers read, and for the console.

use super::key::value;
use alloy::primitives::{B256, U256, hex, keccak256};
use std::collections::BTreeMap;
use stylus_layout::{Layout, TypeItem};

/// Bytes of a slot.
pub const WORD: u64 = 32;
/// Slots of one text that are read, at most.
const TEXT_MAX: u64 = 8;

/// How long a text is, and where.
pub enum Length {
    /// In the slot itself.
    Here(u64),
    /// From the slot's hash on.
    Elsewhere(u64),
    /// No compiler writes such a word: the number of bytes does not fit the form.
    Malformed,
}

/// Of `bytes` and `string`: the lowest bit of the word says which.
pub fn length(word: B256) -> Length {
    let number = U256::from_be_bytes(word.0);
    let half = |number: U256| u64::try_from(number / U256::from(2)).unwrap_or(u64::MAX);
    let found = match number.bit(0) {
        true => Length::Elsewhere(half(number - U256::ONE)),
        false => Length::Here(half(U256::from(word[31]))),
    };
    match found {
        Length::Here(WORD..) | Length::Elsewhere(..WORD) => Length::Malformed,
        fits => fits,
    }
}

/// Where the elements of an array or a long text begin.
pub fn begin(slot: U256) -> U256 {
    U256::from_be_bytes(keccak256(B256::from(slot)).0)
}

/// A variable in its slot.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Its type, where that is known.
    pub kind: Option<&'a TypeItem>,
    /// Its slot.
    pub slot: U256,
    /// Where it begins in that, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes.
    pub size: u64,
}

impl Held<'_> {
    /// The slots that hold a text which is too long for this word, as far as they are read.
    pub fn elsewhere(&self, word: B256) -> impl Iterator<Item = U256> + use<> {
        let is_text = self.kind.is_some_and(|kind| kind.encoding == "bytes");
        let count = match (is_text, length(word)) {
            (true, Length::Elsewhere(bytes)) => bytes.div_ceil(WORD).min(TEXT_MAX),
            _ => 0,
        };
        let first = begin(self.slot);
        (0..count).map(move |part| first.wrapping_add(U256::from(part)))
    }

    /// Its bytes of the slot's word, the high-order one first.
    pub fn bytes<'w>(&self, word: &'w B256) -> &'w [u8] {
        let end = WORD.saturating_sub(self.offset);
        let start = end.saturating_sub(self.size);
        word.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What it holds, in the words of its type. Of a long text that was not read, how long it is.
    pub fn words(&self, layout: &Layout, word: B256, texts: &BTreeMap<U256, B256>) -> String {
        match self.kind.map_or("", |kind| kind.encoding.as_str()) {
            "mapping" => "a mapping: its entries are read by their keys".into(),
            "dynamic_array" => format!("{} elements", U256::from_be_bytes(word.0)),
            "bytes" => text(self, word, texts),
            _ if self.size > WORD => format!("{} slots from here on", self.size.div_ceil(WORD)),
            _ => value(layout, self.kind, self.bytes(&word)),
        }
    }
}

fn text(one: &Held<'_>, word: B256, texts: &BTreeMap<U256, B256>) -> String {
    let is_string = one.kind.is_some_and(|kind| kind.label == "string");
    let (length, mut bytes) = match length(word) {
        Length::Malformed => {
            let kind = if is_string { "a string" } else { "bytes" };
            return format!("not {kind}: {word}");
        }
        Length::Here(length) => (length, word.to_vec()),
        Length::Elsewhere(length) if !texts.contains_key(&begin(one.slot)) => {
            return format!("{length} bytes, which lie elsewhere");
        }
        Length::Elsewhere(length) => {
            let parts = one.elsewhere(word).filter_map(|slot| texts.get(&slot));
            (length, parts.flat_map(|part| part.0).collect())
        }
    };
    bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
    let is_cut = (bytes.len() as u64) < length;
    let mut shown = match is_string.then(|| String::from_utf8(bytes.clone())) {
        Some(Ok(text)) => format!("{text:?}"),
        _ => hex::encode_prefixed(&bytes),
    };
    if is_cut {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;
    use stylus_layout::Members;

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

    fn shown_text(label: &str, word: B256, more: &[B256]) -> String {
        let kind = TypeItem {
            encoding: "bytes".into(),
            label: label.into(),
            ..TypeItem::default()
        };
        let slot = U256::from(3);
        let one = Held {
            kind: Some(&kind),
            slot,
            offset: 0,
            size: WORD,
        };
        let parts = more.iter().enumerate();
        let parts = parts.map(|(at, word)| (begin(slot).wrapping_add(U256::from(at)), *word));
        text(&one, word, &parts.collect())
    }

    #[test]
    fn texts_are_read_in_their_slot_or_after_its_hash() {
        let mut word = [0; 32];
        word[..3].copy_from_slice(b"abc");
        word[31] = 6;
        assert_eq!(shown_text("string", word.into(), &[]), "\"abc\"");
        assert_eq!(shown_text("bytes", word.into(), &[]), "0x616263");
        let long = B256::from(U256::from(2 * 40 + 1));
        let (first, second) = (B256::repeat_byte(b'x'), B256::repeat_byte(b'y'));
        let expected = format!("\"{}{}\"", "x".repeat(32), "y".repeat(8));
        assert_eq!(shown_text("string", long, &[first, second]), expected);
        // What says that it is longer than anything is shown as far as it was read.
        let endless = shown_text("string", B256::repeat_byte(0xff), &[first]);
        assert_eq!(endless, format!("\"{}\"…", "x".repeat(32)));
        word[..3].copy_from_slice(&[0xff; 3]);
        assert_eq!(shown_text("string", word.into(), &[]), "0xffffff");
        // Lengths that their form cannot have: more than fits inline, less than needs another slot.
        for (last, kind, shown) in [
            (0xf0, "string", "not a string: "),
            (7, "bytes", "not bytes: "),
        ] {
            let word = B256::with_last_byte(last);
            assert_eq!(shown_text(kind, word, &[first]), format!("{shown}{word}"));
        }
    }
}
