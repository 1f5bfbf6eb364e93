//! Lists of any length in pieces: definitions, and of one definition versions, instances and events. What they say
//! follows from the registry's events; of what is shown, the registry's views are compared.

use crate::assess::Finding;
use crate::history::{ComparedHistory, Entry, HistoryReport, Verification};
use crate::model::{Definition, DefinitionState, Difference, Instance, Slice, Version};
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// Entries of a piece.
pub const PIECE: usize = 50;

/// Which piece of a list is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// How many entries stand before it.
    pub from: usize,
    /// How many it has.
    pub count: usize,
    /// How many the list has.
    pub total: usize,
}

impl Piece {
    /// The one that begins there.
    pub fn starting(from: usize, total: usize) -> Self {
        let from = from.min(total);
        let count = PIECE.min(total - from);
        Self { from, count, total }
    }

    /// The one with these positions.
    pub fn of(range: &Range<usize>, total: usize) -> Self {
        Self {
            from: range.start,
            count: range.len(),
            total,
        }
    }

    /// The positions.
    pub fn range(&self) -> Range<usize> {
        self.from..self.from + self.count
    }

    /// Whether the list has more.
    pub fn is_part(&self) -> bool {
        self.count < self.total
    }
}

/// The first page.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// The registry.
    pub registry: Address,
    /// A piece of the definitions.
    pub definitions: Vec<Summary>,
    /// Which piece.
    pub definitions_piece: Piece,
    /// What ends soon, or does not run.
    pub warnings: Vec<Finding>,
}

/// A definition in a few words.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// The version that is current.
    pub current: String,
    /// Rises with every version added and policy changed.
    pub sequence: u64,
    /// Whether it is live, paused or frozen.
    pub state: DefinitionState,
    /// How many versions it has.
    pub versions: usize,
    /// How many instances.
    pub instances_total: usize,
    /// Instances by version.
    pub at: BTreeMap<String, usize>,
    /// What the registry's views say otherwise.
    pub differences: Vec<Difference>,
}

impl Summary {
    /// Of what was read and compared.
    pub fn of(compared: &ComparedHistory) -> Self {
        let definition = compared.definition();
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for instance in &definition.instances {
            *at.entry(instance.version.clone()).or_default() += 1;
        }
        Self {
            name: definition.name.clone(),
            current: definition.current.clone(),
            sequence: definition.sequence,
            state: definition.state,
            versions: definition.versions.len(),
            instances_total: definition.instances.len(),
            at,
            differences: compared.differences.clone(),
        }
    }
}

/// A version, and its place in the order of registration.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// The place.
    pub position: usize,
    /// The version.
    #[serde(flatten)]
    pub version: Version,
}

/// How much of a definition was not compared with the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// Versions.
    #[serde(rename = "versions_unchecked")]
    pub versions: usize,
    /// Instances.
    #[serde(rename = "instances_unchecked")]
    pub instances: usize,
}

impl Unchecked {
    /// All but that part.
    pub fn of(definition: &Definition, part: &Slice) -> Self {
        Self {
            versions: definition.versions.len() - part.versions.len(),
            instances: definition.instances.len() - part.instances.len(),
        }
    }
}

/// A definition, a piece of each list.
#[derive(Debug, Serialize)]
pub struct DefinitionLists {
    /// The registry.
    pub registry: Address,
    /// It in a few words.
    #[serde(flatten)]
    pub summary: Summary,
    /// Versions of the list.
    pub listed: Vec<Listed>,
    /// Which of them.
    pub versions_piece: Piece,
    /// Instances.
    pub instances: Vec<Instance>,
    /// Which of them.
    pub instances_piece: Piece,
    /// Events, the newest first.
    pub entries: Vec<Entry>,
    /// Which of them, counted from the newest.
    pub events_piece: Piece,
    /// What was compared with the chain.
    #[serde(flatten)]
    pub verification: Verification,
    /// What was not.
    #[serde(flatten)]
    pub unchecked: Unchecked,
    /// Roles that have a policy.
    pub roles: Vec<String>,
}

impl DefinitionLists {
    /// A part of what was read and compared, of which another part was verified.
    pub fn of(
        compared: &ComparedHistory,
        shown: &Slice,
        (verification, verified): (Verification, &Slice),
        events: Piece,
    ) -> Self {
        let definition = compared.definition();
        let of_list = |at: usize| {
            let version = definition.versions.get(at)?.clone();
            Some(Listed {
                position: at,
                version,
            })
        };
        let (versions, instances) = (definition.versions.len(), definition.instances.len());
        Self {
            registry: compared.registry,
            summary: Summary::of(compared),
            listed: shown.versions.clone().filter_map(of_list).collect(),
            versions_piece: Piece::of(&shown.versions, versions),
            instances: shown.instances_of(definition).to_vec(),
            instances_piece: Piece::of(&shown.instances, instances),
            entries: compared.history.entries.iter().rev().cloned().collect(),
            events_piece: events,
            verification,
            unchecked: Unchecked::of(definition, verified),
            roles: definition.policies.keys().cloned().collect(),
        }
    }
}

/// What `history` reports, of as many events as a piece has.
#[derive(Debug, Serialize)]
pub struct HistoryPiece {
    /// The report.
    #[serde(flatten)]
    pub report: HistoryReport,
    /// What was not compared, where that is not everything.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<Unchecked>,
    /// Which events, where there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_piece: Option<Piece>,
    /// Where older ones are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
