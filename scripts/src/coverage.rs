//! How much of what a command should check it could check. What was not looked at at all is refused
//! unless somebody names it.

use crate::error::Explain;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// Something that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Whether the new version reads the storage of the one before as it was written.
    Layout,
    /// Whether the initializers and migrations that the code declares are run.
    Steps,
    /// Whether the sources of the code are known.
    Source,
    /// Whether callers find every function of the version before, and none is one that proxies
    /// answer themselves.
    Interface,
    /// Whether the storage that the new version uses anew is empty on the live instances.
    LiveInstances,
}

/// How much of it was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// All there is, which may be nothing.
    #[default]
    Complete,
    /// Some of it.
    Partial,
    /// None of it.
    Absent,
}

/// What a command checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// See [`Part::Layout`].
    pub layout: Extent,
    /// See [`Part::Steps`].
    pub steps: Extent,
    /// See [`Part::Source`].
    pub source: Extent,
    /// See [`Part::Interface`].
    pub interface: Extent,
    /// See [`Part::LiveInstances`].
    pub live_instances: Extent,
    /// Why something is less than complete.
    #[serde(skip)]
    notes: Vec<(Part, Extent, String)>,
}

/// Something was not checked at all, and nobody said that this is meant.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
#[error("{} cannot be checked: {why}", part.words())]
#[explain(
    expected = format!("{} known", part.words()),
    found = "{part}: {why}",
    next = format!("{}; if you know better: --allow-absent {part}", part.advice())
)]
pub struct NotChecked {
    /// What.
    pub part: Part,
    /// Why not.
    pub why: String,
}

impl Part {
    /// As `--allow-absent` names it.
    fn flag(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn words(self) -> &'static str {
        match self {
            Self::Layout => "the storage layout",
            Self::Steps => "which initializers and migrations the code declares",
            Self::Source => "where the code comes from",
            Self::Interface => "the code's functions",
            Self::LiveInstances => "the storage of the live instances",
        }
    }

    /// How it can be checked after all.
    fn advice(self) -> &'static str {
        match self {
            Self::Steps => "build the code with the attributes of stylus-upgradeable",
            Self::Source => "give the source instead of what was built from it",
            Self::Interface => {
                "name the folder of its sources (of an action: --source DIR), or compare the sources of both versions"
            }
            Self::Layout | Self::LiveInstances => "look at it in another way",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.flag())
    }
}

impl Coverage {
    /// Nothing was checked.
    pub fn absent(why: &str) -> Self {
        let mut none = Self::default();
        for part in Part::value_variants() {
            none.lower(*part, Extent::Absent, why);
        }
        none
    }

    /// Notes that no more than `extent` of `part` was checked.
    pub fn lower(&mut self, part: Part, extent: Extent, why: &str) {
        if extent == Extent::Complete {
            return;
        }
        let place = match part {
            Part::Layout => &mut self.layout,
            Part::Steps => &mut self.steps,
            Part::Source => &mut self.source,
            Part::Interface => &mut self.interface,
            Part::LiveInstances => &mut self.live_instances,
        };
        *place = extent.max(*place);
        let note = (part, extent, why.to_owned());
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Takes in what was checked of something else in the same command.
    pub fn merge(&mut self, other: &Self) {
        for (part, extent, why) in &other.notes {
            self.lower(*part, *extent, why);
        }
    }

    /// The same where `extent` of `part` was checked in another way, if that is more.
    pub fn with_most(&self, part: Part, extent: Extent) -> Self {
        let mut other = Self::default();
        for (about, found, why) in &self.notes {
            let most = if *about == part { extent } else { *found };
            other.lower(*about, most.min(*found), why);
        }
        other
    }

    /// How much of a part was checked.
    pub fn of(&self, part: Part) -> Extent {
        match part {
            Part::Layout => self.layout,
            Part::Steps => self.steps,
            Part::Source => self.source,
            Part::Interface => self.interface,
            Part::LiveInstances => self.live_instances,
        }
    }

    /// Why a part was not checked as a whole.
    pub fn why(&self, part: Part) -> Vec<&str> {
        let notes = self.notes.iter().filter(|(about, ..)| *about == part);
        notes.map(|(.., why)| why.as_str()).collect()
    }

    /// Errors if something was not checked at all, unless `allowed` names it. The layout, and with it
    /// the live instances, is refused for itself and has an override of its own, `--allow-layout`.
    ///
    /// # Errors
    /// [`NotChecked`].
    pub fn require(&self, allowed: &[Part]) -> Result<(), NotChecked> {
        let mut allowed = allowed.to_vec();
        allowed.extend([Part::Layout, Part::LiveInstances]);
        self.absent_but(&allowed)
            .into_iter()
            .next()
            .map_or(Ok(()), Err)
    }

    /// Every part that was not checked at all and is not among `allowed`, with the first reason.
    pub fn absent_but(&self, allowed: &[Part]) -> Vec<NotChecked> {
        let mut absent: Vec<NotChecked> = Vec::new();
        for (part, extent, why) in &self.notes {
            let (part, why) = (*part, why.clone());
            let is_named = allowed.contains(&part) || absent.iter().any(|one| one.part == part);
            if *extent == Extent::Absent && !is_named {
                absent.push(NotChecked { part, why });
            }
        }
        absent
    }

    /// Lines for people: what was not checked as a whole.
    pub fn lines(&self) -> Vec<String> {
        let line = |(part, extent, why): &(Part, Extent, String)| {
            let extent = match extent {
                Extent::Complete => "complete",
                Extent::Partial => "partial",
                Extent::Absent => "absent",
            };
            format!("{:<10} {part} {extent}: {why}", "coverage")
        };
        self.notes.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Coverage, Extent, Part};
    use crate::error::Explain;
    use clap::ValueEnum;

    #[test]
    fn nothing_to_check_is_complete_and_the_worst_of_several_counts() {
        let mut coverage = Coverage::default();
        let json = serde_json::json!({
            "layout": "complete", "steps": "complete", "source": "complete",
            "interface": "complete", "live_instances": "complete",
        });
        assert_eq!(serde_json::to_value(&coverage).expect("JSON"), json);
        coverage.lower(Part::Steps, Extent::Absent, "no section");
        coverage.lower(Part::Steps, Extent::Partial, "half of it");
        assert_eq!(coverage.steps, Extent::Absent);
        let mut other = Coverage::default();
        other.merge(&coverage);
        assert_eq!(other, coverage);
    }

    #[test]
    fn where_nothing_was_checked_no_part_is_complete() {
        let none = Coverage::absent("sent by an earlier run");
        for part in Part::value_variants() {
            assert_eq!(none.of(*part), Extent::Absent);
        }
    }

    #[test]
    fn what_is_absent_is_refused_unless_it_is_named() {
        let mut coverage = Coverage::default();
        coverage.lower(Part::LiveInstances, Extent::Partial, "64 of 900");
        assert_eq!(coverage.require(&[]), Ok(()));
        coverage.lower(Part::Source, Extent::Absent, "its hash is 0");
        let error = coverage.require(&[Part::Steps]).expect_err("absent");
        assert!(
            error
                .next()
                .is_some_and(|next| next.ends_with("--allow-absent source"))
        );
        assert_eq!(coverage.require(&[Part::Source]), Ok(()));
        // Of several reasons the one is told that refuses.
        let mut several = Coverage::default();
        several.lower(Part::Source, Extent::Partial, "of A");
        several.lower(Part::Source, Extent::Absent, "of B");
        let error = several.require(&[]).expect_err("absent");
        assert_eq!(error.why, "of B");
        assert_eq!(several.lines()[0], "coverage   source partial: of A");
        assert_eq!(
            coverage.lines()[0],
            "coverage   live-instances partial: 64 of 900"
        );
    }
}
