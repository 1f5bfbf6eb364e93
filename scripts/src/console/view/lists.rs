//! Lists in pieces, as their pages read them.

use super::{Definition, Entry, History, Version};
use crate::assess::Finding;
use crate::console::graph::window;
use crate::error::Report;
use crate::history::LiveCheck;
use crate::model::{DefinitionState, Difference, Instance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Which piece of a list is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// How many entries stand before it.
    pub from: usize,
    /// How many it has.
    pub count: usize,
    /// How many the list has.
    pub total: usize,
}

impl Piece {
    /// The whole of a list.
    pub fn whole(total: usize) -> Self {
        Self {
            from: 0,
            count: total,
            total,
        }
    }

    /// The positions.
    pub fn range(&self) -> Range<usize> {
        self.from..self.from + self.count
    }
}

/// The first page.
#[derive(Debug, Deserialize)]
pub struct Overview {
    /// A piece of the definitions.
    pub definitions: Vec<Summary>,
    /// Which piece.
    pub definitions_piece: Piece,
    /// What ends soon, or does not run.
    pub warnings: Vec<Finding>,
}

/// A definition in a few words.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Summary {
    pub name: String,
    pub current: String,
    pub sequence: u64,
    pub state: DefinitionState,
    pub versions: usize,
    pub instances_total: usize,
    /// Instances by version.
    pub at: BTreeMap<String, usize>,
    /// What the registry's views say otherwise.
    pub differences: Vec<Difference>,
}

/// A definition, a piece of each list.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct DefinitionLists {
    #[serde(flatten)]
    pub summary: Summary,
    /// Versions that are drawn.
    pub drawn: Vec<Version>,
    /// Versions of the list.
    pub listed: Vec<Version>,
    pub versions_piece: Piece,
    pub instances: Vec<Instance>,
    pub instances_piece: Piece,
    /// The newest first.
    pub entries: Vec<Entry>,
    pub events_piece: Piece,
    pub checks: Vec<LiveCheck>,
    pub versions_unchecked: usize,
    pub instances_unchecked: usize,
    /// Roles that have a policy.
    pub roles: Vec<String>,
}

impl DefinitionLists {
    /// All of it, nothing left out.
    pub fn whole(one: &Definition, history: &History) -> Self {
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for instance in &one.instances {
            *at.entry(instance.instance.version.clone()).or_default() += 1;
        }
        let positions = one.versions.iter().enumerate();
        let listed = positions.clone().map(|(position, version)| Version {
            position,
            ..version.clone()
        });
        let listed: Vec<Version> = listed.collect();
        let used = positions.filter(|(_, version)| at.contains_key(&version.version));
        let used: Vec<usize> = used.map(|(position, _)| position).collect();
        let mut all = one.versions.iter();
        let current = all.position(|version| version.version == one.current);
        let drawn = window(listed.len(), current, &used).into_iter();
        let instances = one.instances.iter().map(|one| one.instance.clone());
        Self {
            drawn: drawn.filter_map(|at| listed.get(at).cloned()).collect(),
            versions_piece: Piece::whole(listed.len()),
            instances: instances.collect(),
            instances_piece: Piece::whole(one.instances.len()),
            entries: history.entries.iter().rev().cloned().collect(),
            events_piece: Piece::whole(history.entries.len()),
            checks: history.checks.clone(),
            versions_unchecked: 0,
            instances_unchecked: 0,
            roles: Vec::new(),
            summary: Summary {
                name: one.name.clone(),
                current: one.current.clone(),
                sequence: one.sequence,
                state: one.state,
                versions: listed.len(),
                instances_total: one.instances.len(),
                at,
                differences: Vec::new(),
            },
            listed,
        }
    }
}

/// How much there is to compare.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Sizes {
    /// Whether all of it is compared at once.
    pub is_small: bool,
    pub definitions: Vec<Size>,
}

/// How much a definition has.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Size {
    pub name: String,
    pub versions: usize,
    pub instances: usize,
}

/// What was compared of a piece.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Compared {
    pub name: String,
    pub checks: Vec<LiveCheck>,
    pub versions_piece: Piece,
    pub instances_piece: Piece,
    pub coverage: BTreeMap<String, String>,
    #[serde(default)]
    pub error: Option<Report>,
}
