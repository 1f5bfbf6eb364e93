//! The variables of a layout with what their slots hold.

use super::value::value;
use crate::client::{ChainError, Client};
use alloy::primitives::{Address, B256, U256, hex, keccak256};
use futures::stream::{StreamExt, TryStreamExt, iter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{Item, Layout, Members, TypeItem};
use stylus_upgrades_interface::slots;

/// Fields that are read, at most: of arrays and structs the rest is left out.
const FIELDS_MAX: usize = 256;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;
/// Slots that are asked for at once.
const AT_ONCE: usize = 8;
/// Slots of one text that are read, at most.
const TEXT_MAX: u64 = 8;
/// Bytes of a slot.
const WORD: u64 = 32;

/// A variable, or a member of one, with what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldValue {
    /// `erc7201:…`; empty for what is counted from slot 0; `framework` for what the proxy keeps.
    pub area: String,
    /// Its name, members behind a dot.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its slot.
    pub slot: B256,
    /// Where it begins in that, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes inline.
    pub size: u64,
    /// The slot's whole word.
    pub word: B256,
    /// What it holds, in the words of its type.
    pub value: String,
}

/// A field before its slot was read.
struct Wanted<'a> {
    area: &'a str,
    name: String,
    kind: Option<&'a TypeItem>,
    type_id: &'a str,
    slot: U256,
    offset: u64,
    size: u64,
}

/// Reads the variables of an instance. True where there are more than are read.
///
/// # Errors
/// What the chain says.
pub async fn fields(
    client: &Client,
    proxy: Address,
    layout: &Layout,
) -> Result<(Vec<FieldValue>, bool), ChainError> {
    let mut wanted = Vec::new();
    add(
        layout,
        &layout.storage,
        ("", U256::ZERO),
        "",
        DEEPEST,
        &mut wanted,
    );
    for (name, items) in &layout.namespaces {
        if let Some(id) = name.strip_prefix("erc7201:") {
            let root = slots::erc7201(id.as_bytes()).into();
            add(layout, items, (name, root), "", DEEPEST, &mut wanted);
        }
    }
    let is_cut = wanted.len() > FIELDS_MAX;
    wanted.truncate(FIELDS_MAX);
    let words = read(client, proxy, wanted.iter().map(|one| one.slot)).await?;
    let long = wanted.iter().flat_map(|one| {
        let word = words.get(&one.slot).copied().unwrap_or_default();
        let is_text = one.kind.is_some_and(|kind| kind.encoding == "bytes");
        let count = match (is_text, length(word)) {
            (true, Length::Elsewhere(bytes)) => bytes.div_ceil(WORD).min(TEXT_MAX),
            _ => 0,
        };
        let first = begin(one.slot);
        (0..count).map(move |part| first.wrapping_add(U256::from(part)))
    });
    let long: Vec<U256> = long.collect();
    let texts = read(client, proxy, long.into_iter()).await?;
    let all = wanted.into_iter().map(|one| {
        let word = words.get(&one.slot).copied().unwrap_or_default();
        let shown = shown(layout, &one, word, &texts);
        FieldValue {
            area: one.area.into(),
            kind: one.kind.map_or(one.type_id, |kind| &kind.label).into(),
            slot: one.slot.into(),
            offset: one.offset,
            size: one.size,
            word,
            value: shown,
            name: one.name,
        }
    });
    Ok((all.collect(), is_cut))
}

/// Reads what the proxy itself keeps, and the marks of these versions.
///
/// # Errors
/// What the chain says.
pub async fn framework(
    client: &Client,
    proxy: Address,
    versions: &[String],
) -> Result<Vec<FieldValue>, ChainError> {
    let mut all = vec![
        (
            "implementation (ERC-1967)".to_owned(),
            slots::IMPLEMENTATION,
            true,
        ),
        ("registry (ERC-1967 admin)".to_owned(), slots::ADMIN, true),
        ("initialised".to_owned(), slots::INITIALISED, false),
        ("complex migration".to_owned(), slots::COMPLEX, false),
    ];
    let marks = versions.iter().take(FIELDS_MAX);
    all.extend(marks.map(|label| {
        (
            format!("migrated[{label:?}]"),
            slots::migrated(label),
            false,
        )
    }));
    let wanted = all.iter().map(|(_, slot, _)| U256::from_be_bytes(slot.0));
    let words = read(client, proxy, wanted).await?;
    let all = all.into_iter().map(|(name, slot, is_account)| {
        let word = words.get(&slot.into()).copied().unwrap_or_default();
        let (kind, value) = match is_account {
            true => ("address", Address::from_word(word).to_string()),
            false => ("word", crate::text::word(&word)),
        };
        FieldValue {
            area: "framework".into(),
            name,
            kind: kind.into(),
            slot,
            offset: 0,
            size: WORD,
            word,
            value,
        }
    });
    Ok(all.collect())
}

/// Adds fields, and in place of a struct its members.
fn add<'a>(
    layout: &'a Layout,
    items: &'a [Item],
    (area, root): (&'a str, U256),
    prefix: &str,
    depth: u8,
    wanted: &mut Vec<Wanted<'a>>,
) {
    for item in items {
        let Ok(slot) = item.slot.parse::<U256>() else {
            continue;
        };
        if wanted.len() > FIELDS_MAX {
            return;
        }
        let slot = root.wrapping_add(slot);
        let name = format!("{prefix}{}", item.label);
        let kind = layout.types.get(&item.type_id);
        if let (Some(Members::Struct(members)), Some(depth)) = (
            kind.and_then(|kind| kind.members.as_ref()),
            depth.checked_sub(1),
        ) {
            add(
                layout,
                members,
                (area, slot),
                &format!("{name}."),
                depth,
                wanted,
            );
            continue;
        }
        let size = kind.and_then(|kind| kind.number_of_bytes.as_ref()?.parse().ok());
        wanted.push(Wanted {
            area,
            name,
            kind,
            type_id: &item.type_id,
            slot,
            offset: item.offset,
            size: size.unwrap_or(WORD),
        });
    }
}

/// The words of these slots, each asked for once.
async fn read(
    client: &Client,
    proxy: Address,
    wanted: impl Iterator<Item = U256>,
) -> Result<BTreeMap<U256, B256>, ChainError> {
    let wanted: BTreeSet<U256> = wanted.collect();
    iter(wanted)
        .map(async |slot| Ok((slot, client.storage(proxy, slot.into()).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// How long a text is, and where.
enum Length {
    /// In the slot itself.
    Here(u64),
    /// From the slot's hash on.
    Elsewhere(u64),
}

/// Of `bytes` and `string`: the lowest bit of the word says which.
fn length(word: B256) -> Length {
    let number = U256::from_be_bytes(word.0);
    let half = |number: U256| u64::try_from(number / U256::from(2)).unwrap_or(u64::MAX);
    match number.bit(0) {
        true => Length::Elsewhere(half(number - U256::ONE)),
        false => Length::Here(half(U256::from(word[31])).min(WORD - 1)),
    }
}

/// Where the elements of an array or a long text begin.
fn begin(slot: U256) -> U256 {
    U256::from_be_bytes(keccak256(B256::from(slot)).0)
}

fn shown(layout: &Layout, one: &Wanted<'_>, word: B256, texts: &BTreeMap<U256, B256>) -> String {
    let encoding = one.kind.map_or("", |kind| kind.encoding.as_str());
    match encoding {
        "mapping" => "its entries lie where their keys say".into(),
        "dynamic_array" => format!("{} elements", U256::from_be_bytes(word.0)),
        "bytes" => text(one, word, texts),
        _ if one.size > WORD => format!("{} slots from here on", one.size.div_ceil(WORD)),
        _ => {
            let end = WORD.saturating_sub(one.offset).min(WORD);
            let start = end.saturating_sub(one.size);
            let bytes = word
                .iter()
                .skip(start as usize)
                .take((end - start) as usize);
            let bytes: Vec<u8> = bytes.copied().collect();
            value(layout, one.kind, &bytes)
        }
    }
}

fn text(one: &Wanted<'_>, word: B256, texts: &BTreeMap<U256, B256>) -> String {
    let (bytes, is_cut): (Vec<u8>, bool) = match length(word) {
        Length::Here(length) => (word.iter().copied().take(length as usize).collect(), false),
        Length::Elsewhere(length) => {
            let first = begin(one.slot);
            let parts = (0..length.div_ceil(WORD).min(TEXT_MAX))
                .filter_map(|part| texts.get(&first.wrapping_add(U256::from(part))));
            let bytes: Vec<u8> = parts.flat_map(|part| part.0).collect();
            let kept = bytes
                .len()
                .min(usize::try_from(length).unwrap_or(usize::MAX));
            let is_cut = (kept as u64) < length;
            (bytes.into_iter().take(kept).collect(), is_cut)
        }
    };
    let is_string = one.kind.is_some_and(|kind| kind.label == "string");
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

    fn shown_text(label: &str, word: B256, more: &[B256]) -> String {
        let kind = TypeItem {
            encoding: "bytes".into(),
            label: label.into(),
            ..TypeItem::default()
        };
        let slot = U256::from(3);
        let one = Wanted {
            area: "",
            name: "text".into(),
            kind: Some(&kind),
            type_id: "",
            slot,
            offset: 0,
            size: WORD,
        };
        let parts = more.iter().enumerate();
        let parts = parts.map(|(at, word)| (begin(slot).wrapping_add(U256::from(at)), *word));
        text(&one, word, &parts.collect())
    }

    #[test]
    fn texts_are_read_in_their_slot_or_behind_its_hash() {
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
    }

    #[test]
    fn members_of_structs_are_fields_and_a_part_of_a_slot_is_its_bytes() {
        let layout = Layout::from_json(
            r#"{"storage":[{"label":"pair","offset":0,"slot":"1","type":"t_pair"}],
            "types":{"t_pair":{"encoding":"inplace","label":"struct Pair","numberOfBytes":"32","members":[
            {"label":"small","offset":2,"slot":"0","type":"t_uint8"}]},
            "t_uint8":{"encoding":"inplace","label":"uint8","numberOfBytes":"1"}}}"#,
        );
        let layout = layout.expect("a layout");
        let mut wanted = Vec::new();
        let root = ("", U256::ZERO);
        add(&layout, &layout.storage, root, "", DEEPEST, &mut wanted);
        let one = wanted.first().expect("a field");
        assert_eq!((one.name.as_str(), one.slot), ("pair.small", U256::ONE));
        let mut word = [0; 32];
        word[29] = 9;
        let shown = shown(&layout, one, word.into(), &BTreeMap::new());
        assert_eq!((wanted.len(), shown.as_str()), (1, "9"));
    }
}
