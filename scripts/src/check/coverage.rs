//! What `check` did and did not look at, besides the parts that every command checks.

use crate::coverage::Extent;
use crate::error::Explain;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// A part of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum CheckPart {
    /// Whether callers find every function, event and error as it was.
    Abi,
    /// Whether the upgrade succeeds on a copy of the chain.
    Upgrade,
}

/// How much was done of each part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// See [`CheckPart::Abi`].
    pub abi: Extent,
    /// See [`CheckPart::Upgrade`].
    pub upgrade: Extent,
    /// Why something is less than complete.
    #[serde(skip)]
    notes: Vec<Note>,
}

/// A part was not done, and nobody said that this is meant.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
#[error("{} was not checked: {why}", part.words())]
#[explain(
    expected = format!("{} checked", part.words()),
    found = "{part}: {why}",
    next = "{cure}; if you know better: --allow-unchecked {part}"
)]
pub struct Unchecked {
    /// What.
    pub part: CheckPart,
    /// Why not.
    pub why: String,
    /// What makes it possible.
    pub cure: &'static str,
}

/// Why something was not checked as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    part: CheckPart,
    extent: Extent,
    why: String,
    cure: Option<&'static str>,
}

impl CheckPart {
    fn words(self) -> &'static str {
        match self {
            Self::Abi => "the interface",
            Self::Upgrade => "the upgrade itself",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Abi => {
                "register versions from their sources, or compare with them: --against git:REVISION"
            }
            Self::Upgrade => "give an endpoint and a registry, and leave --against out",
        }
    }
}

impl fmt::Display for CheckPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

impl Done {
    /// Notes that no more than `extent` of `part` was done.
    pub fn lower(&mut self, part: CheckPart, extent: Extent, why: &str) {
        self.lower_by(part, extent, why, None);
    }

    /// As [`Self::lower`], with what makes it possible.
    pub fn lower_by(
        &mut self,
        part: CheckPart,
        extent: Extent,
        why: &str,
        cure: Option<&'static str>,
    ) {
        let place = match part {
            CheckPart::Abi => &mut self.abi,
            CheckPart::Upgrade => &mut self.upgrade,
        };
        *place = extent.max(*place);
        let why = why.to_owned();
        self.notes.push(Note {
            part,
            extent,
            why,
            cure,
        });
    }

    /// Every part that was not done at all and is not among `allowed`.
    pub fn absent_but(&self, allowed: &[CheckPart]) -> Vec<Unchecked> {
        let parts = [
            (CheckPart::Abi, self.abi),
            (CheckPart::Upgrade, self.upgrade),
        ];
        let absent = parts
            .into_iter()
            .filter(|(part, extent)| *extent == Extent::Absent && !allowed.contains(part));
        absent
            .map(|(part, _)| {
                let is_reason = |note: &&Note| (note.part, note.extent) == (part, Extent::Absent);
                let first = self.notes.iter().find(is_reason);
                Unchecked {
                    part,
                    why: first.map(|note| note.why.clone()).unwrap_or_default(),
                    cure: first.and_then(|note| note.cure).unwrap_or(part.advice()),
                }
            })
            .collect()
    }

    /// What was not done as a whole, and why.
    pub fn notes(&self) -> impl Iterator<Item = (CheckPart, Extent, &str)> {
        let notes = self.notes.iter();
        notes.map(|note| (note.part, note.extent, note.why.as_str()))
    }
}
