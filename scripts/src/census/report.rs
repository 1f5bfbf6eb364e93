//! What is told of a census.

use super::explain::{Explained, FieldCount, Unexplained};
use super::walk::{SlotDifference, Walked};
use super::{Anchor, HashOrigin};
use crate::error::Exit;
use crate::governance::Names;
use crate::report::CommandReport;
use crate::text::{count, grouped, word};
use alloy::primitives::Address;
use serde::Serialize;

/// How the slots were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Method {
    /// The endpoint listed them.
    #[serde(rename = "debug_storageRangeAt")]
    Range,
    /// By walking the trie.
    #[serde(rename = "eth_getProof")]
    Proofs,
}

/// Every slot of an instance at one block.
#[derive(Debug, Clone, Serialize)]
pub struct Census {
    /// The instance.
    pub proxy: Address,
    /// The block, and the account's storage root in it.
    #[serde(flatten)]
    pub anchor: Anchor,
    /// How the slots were found.
    pub method: Method,
    /// Whether these are proven to be all slots.
    pub complete: bool,
    /// What they are.
    #[serde(flatten)]
    pub storage: Explained,
    /// What is not as the endpoint said, or not proven.
    #[serde(flatten)]
    pub walk: Walked,
    /// What was not looked at, and why.
    pub notes: Vec<String>,
}

impl Census {
    /// Which block, and whether these are all slots.
    pub fn heading(&self, names: &Names) -> Vec<String> {
        let Anchor {
            block,
            block_hash,
            hash_origin,
            storage_root,
            ..
        } = &self.anchor;
        let origin = match hash_origin {
            HashOrigin::Given => "as it was given".into(),
            HashOrigin::Confirmed(endpoint) => format!("confirmed by {endpoint}"),
            HashOrigin::Endpoint => {
                "this endpoint's word alone: --block-hash or --confirm-url proves it".into()
            }
        };
        let slots = count(self.storage.slots, "slot");
        let proxy = names.long(self.proxy);
        let proven = match self.complete {
            true => format!("✓ these are all: their root is {storage_root}, proven in the block"),
            false => format!("✗ incomplete: their root is not {storage_root}"),
        };
        vec![
            format!("census of {proxy}  {slots} at block {block}"),
            format!("  block hash {block_hash}, {origin}"),
            format!("  {proven}"),
        ]
    }

    /// The fields that store something.
    pub fn stored(&self) -> impl Iterator<Item = &FieldCount> {
        self.storage.fields.iter().filter(|field| field.bytes > 0)
    }

    /// What is not as it should be, and whether anything is.
    pub fn findings(&self) -> Vec<String> {
        let differences = self.walk.differences.iter();
        let mut lines: Vec<String> = differences.map(|one| format!("✗ {}", one.line())).collect();
        let unreached = self.walk.unreached.iter();
        lines.extend(
            unreached
                .map(|one| format!("✗ no proof was found of a slot whose hash begins with {one}")),
        );
        lines.extend(self.notes.iter().map(|note| format!("! {note}")));
        let left = self.storage.left();
        if left == 0 {
            lines.push("✓ every slot is explained".into());
            return lines;
        }
        lines.push(format!("✗ {} not explained", count(left, "slot")));
        lines.extend(self.storage.unexplained.iter().map(Unexplained::line));
        let more = left - self.storage.unexplained.len() as u64;
        if more > 0 {
            lines.push(format!(
                "  and {} more: --out FILE has all of them",
                grouped(more)
            ));
        }
        lines
    }
}

impl CommandReport for Census {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.heading(names);
        lines.extend(self.stored().map(field_line));
        lines.extend(self.findings());
        lines
    }

    fn exit(&self) -> Exit {
        match (self.complete, self.storage.left() == 0) {
            (false, _) => Exit::Partial,
            (true, false) => Exit::Refused,
            (true, true) => Exit::Done,
        }
    }
}

impl SlotDifference {
    fn line(&self) -> String {
        let hash = self.hash;
        match (&self.given, &self.proven) {
            (None, Some(value)) => {
                format!(
                    "the endpoint withheld the slot with the hash {hash}: it holds {}",
                    word(value)
                )
            }
            (Some(value), None) => {
                format!(
                    "the endpoint added the slot with the hash {hash}: it said {}",
                    word(value)
                )
            }
            (given, proven) => format!(
                "the endpoint changed the slot with the hash {hash}: it said {}, and it holds {}",
                word(&given.unwrap_or_default()),
                word(&proven.unwrap_or_default())
            ),
        }
    }
}

impl Unexplained {
    fn line(&self) -> String {
        let partly = match self.partly {
            true => ", bytes beside those of its fields",
            false => "",
        };
        let slot = match &self.slot {
            Some(slot) => format!("slot {}", word(slot)),
            None => format!("the slot with the hash {}", self.hash),
        };
        format!("  {slot} holds {}{partly}", word(&self.value))
    }
}

fn field_line(field: &FieldCount) -> String {
    let FieldCount {
        area,
        name,
        kind,
        entries,
        slots,
        bytes,
    } = field;
    let area = match area.as_str() {
        "" => String::new(),
        area => format!("  {area}"),
    };
    let entries = match entries {
        0 => String::new(),
        1 => "1 entry, ".to_owned(),
        many => format!("{} entries, ", grouped(*many)),
    };
    format!(
        "  {name}: {kind}  {entries}{}, {} bytes{area}",
        count(*slots, "slot"),
        grouped(*bytes)
    )
}
