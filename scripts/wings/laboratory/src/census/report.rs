//! The report of a census.

use super::FieldCount;
use super::explain::{StorageExplanation, UnexplainedSlot};
use super::slot_difference::SlotDifference;
use super::walk::WalkOutcome;
use super::{HashOrigin, StorageAnchor, StorageLeaf, Subject};
use crate::error::Exit;
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::{count, grouped, word};
use alloy::primitives::Address;
use serde::Serialize;
use stylus_layout::Unlisted;

/// Says whose word it is that the version has its layout: none, the endpoint's, or a file's by the endpoint's word, if
/// no build has shown it. What the registry says is not proven.
pub(super) fn layout_origin(subject: &Subject) -> &'static str {
    let unlisted = subject.layout.as_ref().map(|layout| &layout.unlisted);
    match unlisted {
        Err(_) => "none",
        Ok(Some(left_out)) if left_out.contains(&Unlisted::NotBuilt) => "file",
        Ok(_) => "endpoint",
    }
}

/// Every slot of an instance at one block.
#[derive(Debug, Clone, Serialize)]
pub struct CensusReport {
    /// The instance.
    pub proxy: Address,
    /// Its version, as the endpoint says.
    pub version: String,
    /// The source of the word that this version has the layout.
    pub layout_origin: &'static str,
    /// The block, and the account's storage root in it.
    #[serde(flatten)]
    pub anchor: StorageAnchor,
    /// The method by which the slots were found.
    pub method: &'static str,
    /// True if these are proven to be all slots.
    pub complete: bool,
    /// The meaning of the slots.
    #[serde(flatten)]
    pub storage: StorageExplanation,
    /// The walk, with what is not as the endpoint said, or not proven.
    #[serde(flatten)]
    pub walk: WalkOutcome,
    /// The things that were not looked at, and why.
    pub notes: Vec<String>,
}

impl CensusReport {
    fn describe_layout(&self) -> String {
        let whose = match self.layout_origin {
            "none" => "which nobody knows",
            "file" => "the word of a file, as this endpoint says",
            _ => "this endpoint's word",
        };
        format!("layout of {}, {whose}", self.version)
    }

    /// Says which block it is, and whether these are all slots.
    pub fn heading(&self, names: &Names) -> Vec<String> {
        let (block, hash) = (self.anchor.block, self.anchor.block_hash);
        let root = self.anchor.storage_root;
        let origin = match &self.anchor.hash_origin {
            HashOrigin::Given => "as it was given".into(),
            HashOrigin::Confirmed(endpoint) => format!("confirmed by {endpoint}"),
            HashOrigin::Endpoint => {
                "not verified, only this endpoint says so: --block-hash or --confirm-url proves it"
                    .into()
            }
        };
        let slots = count(self.storage.slots, "slot");
        let proxy = names.long(self.proxy);
        let proven = if self.complete {
            format!("✓ these are all: their root is {root}, proven in the block")
        } else {
            format!("✗ incomplete: their root is not {root}")
        };
        vec![
            format!("census of {proxy}  {slots} at block {block}"),
            format!("  block hash {hash}, {origin}"),
            format!("  {proven}"),
            format!("  {}", self.describe_layout()),
        ]
    }

    /// The fields that store something.
    pub fn stored(&self) -> impl Iterator<Item = &FieldCount> {
        self.storage.fields.iter().filter(|field| field.bytes > 0)
    }

    /// Says what is not as it should be, and whether anything is.
    pub fn findings(&self) -> Vec<String> {
        let differences = self.walk.differences.iter();
        let mut lines: Vec<String> = differences.map(SlotDifference::line).collect();
        let unreached =
            |begin| format!("✗ no proof was found of a slot whose hash begins with {begin}");
        lines.extend(self.walk.unreached.iter().map(unreached));
        lines.extend(self.notes.iter().map(|note| format!("! {note}")));
        let left = self.storage.left();
        let explained = format!("every slot is explained by the {}", self.describe_layout());
        lines.push(if left > 0 {
            format!("✗ {} not explained", count(left, "slot"))
        } else if self.complete {
            format!("✓ {explained}")
        } else {
            format!("! {explained}, of those that were given")
        });
        lines.extend(self.storage.unexplained.iter().map(UnexplainedSlot::line));
        let more = left - self.storage.unexplained.len() as u64;
        if more > 0 {
            let more = grouped(more);
            lines.push(format!("  and {more} more: --out FILE has all of them"));
        }
        lines
    }
}

impl CommandReport for CensusReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.heading(names);
        lines.extend(self.stored().map(field_line));
        lines.extend(self.findings());
        lines
    }

    fn exit(&self) -> Exit {
        if !self.complete {
            Exit::Partial
        } else if self.storage.left() > 0 {
            Exit::Refused
        } else {
            Exit::Done
        }
    }
}

impl UnexplainedSlot {
    fn line(&self) -> String {
        let partly = if self.partly {
            ", bytes beside those of its fields"
        } else {
            ""
        };
        let StorageLeaf { hash, slot, value } = &self.leaf;
        let slot = match slot {
            Some(slot) => format!("slot {}", word(slot)),
            None => format!("the slot with the hash {hash}"),
        };
        format!("  {slot} holds {}{partly}", word(value))
    }
}

fn field_line(field: &FieldCount) -> String {
    let area = match field.area.as_str() {
        "" => String::new(),
        area => format!("  {area}"),
    };
    let entries = match field.entries {
        0 => String::new(),
        1 => "1 entry, ".to_owned(),
        many => format!("{} entries, ", grouped(many)),
    };
    let (slots, bytes) = (count(field.slots, "slot"), grouped(field.bytes));
    let FieldCount { name, kind, .. } = field;
    format!("  {name}: {kind}  {entries}{slots}, {bytes} bytes{area}")
}
