//! The variables of a layout with what their slots hold.

use crate::client::{ChainError, Client};
use crate::questions::ask_all;
use alloy::primitives::{Address, B256, U256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{FieldPlace, Layout, Storage, TypeKind, ValuePlace, WORD_BYTES, WalkLimits};
use stylus_upgrades_interface::slots;

/// Fields that are read, at most: of arrays and structs the rest is left out.
const FIELDS_MAX: usize = 256;
/// The same as limits of a walk.
const LIMITS: WalkLimits = WalkLimits { fields: FIELDS_MAX };

/// A variable, or a member of one, with what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    /// `erc7201:…`; empty for what is counted from slot 0; `framework` for what the proxy keeps.
    pub area: String,
    /// Its name, members after a dot.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its slot.
    pub slot: B256,
    /// Its offset in the slot, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes inline.
    pub size: u64,
    /// The slot's whole word.
    pub word: B256,
    /// Its value, in the words of its type.
    pub value: String,
}

/// Reads the variables of an instance, and says why they are not all of what it stores.
///
/// # Errors
/// What the chain says.
pub async fn fields(
    client: &Client,
    proxy: Address,
    layout: &Layout,
) -> Result<(Vec<FieldValue>, Option<String>), ChainError> {
    let storage = Storage::from(layout);
    let walk = storage.walk(LIMITS);
    let slots = walk.fields.iter().map(|field| field.place.slot);
    let words = read(client, proxy, slots).await?;
    let word_of = |place: &ValuePlace| words.get(&place.slot).copied().unwrap_or_default();
    let places = walk.fields.iter().map(|field| &field.place);
    let long = places.flat_map(|place| storage.text_slots(place, word_of(place)));
    let long: Vec<U256> = long.collect();
    let texts = read(client, proxy, long.into_iter()).await?;
    let all = walk.fields.into_iter().map(|field| {
        let (place, word) = (field.place, word_of(&field.place));
        FieldValue {
            area: field.area,
            kind: field.label,
            slot: place.slot.into(),
            offset: place.offset,
            size: place.bytes_taken(),
            word,
            value: storage.decode(&place, word, &texts).to_string(),
            name: field.name,
        }
    });
    let left_out = walk.left_out;
    let left_out: Vec<String> = left_out.into_iter().collect();
    let left_out = (!left_out.is_empty()).then(|| left_out.join("; "));
    Ok((all.collect(), left_out))
}

/// The variables of a storage that fit into one slot, with their names after the name of their area.
pub fn in_one_slot(storage: &Storage) -> impl Iterator<Item = (String, FieldPlace)> {
    let is_value = |field: &FieldPlace| {
        let is_mapping = matches!(storage.kind(field.place.ty), TypeKind::Mapping(_));
        field.is_known && field.place.bytes_taken() <= WORD_BYTES && !is_mapping
    };
    let mut fields = storage.walk(LIMITS).fields;
    fields.retain(is_value);
    fields.into_iter().map(|field| match field.area.as_str() {
        "" => (field.name.clone(), field),
        area => (format!("{area} {}", field.name), field),
    })
}

/// Lists the slots of the proxy itself, and the marks of these versions: name, slot, and true if it is an account.
pub fn framework_slots(versions: &[String]) -> Vec<(String, B256, bool)> {
    let mut all = vec![
        (
            "implementation (ERC-1967)".to_owned(),
            slots::IMPLEMENTATION,
            true,
        ),
        ("registry (ERC-1967 admin)".to_owned(), slots::ADMIN, true),
        ("initialized".to_owned(), slots::INITIALIZED, false),
        ("complex migration".to_owned(), slots::COMPLEX, false),
    ];
    let marks = versions.iter().map(|label| {
        let name = format!("migrated[{label:?}]");
        (name, slots::migrated(label), false)
    });
    all.extend(marks);
    all
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
    let versions = versions.get(..FIELDS_MAX).unwrap_or(versions);
    let all = framework_slots(versions);
    let wanted = all.iter().map(|(_, slot, _)| U256::from_be_bytes(slot.0));
    let words = read(client, proxy, wanted).await?;
    let all = all.into_iter().map(|(name, slot, is_account)| {
        let word = words.get(&slot.into()).copied().unwrap_or_default();
        let (kind, value) = if is_account {
            ("address", Address::from_word(word).to_string())
        } else {
            ("word", crate::text::word(&word))
        };
        FieldValue {
            area: "framework".into(),
            name,
            kind: kind.into(),
            slot,
            offset: 0,
            size: WORD_BYTES,
            word,
            value,
        }
    });
    Ok(all.collect())
}

/// The words of these slots, each asked for once.
async fn read(
    client: &Client,
    proxy: Address,
    wanted: impl Iterator<Item = U256>,
) -> Result<BTreeMap<U256, B256>, ChainError> {
    let wanted: BTreeSet<U256> = wanted.collect();
    let words = wanted
        .into_iter()
        .map(async |slot| Ok::<_, ChainError>((slot, client.storage(proxy, slot.into()).await?)));
    Ok(ask_all(words).await?.into_iter().collect())
}
