//! The origins of facts, and what may be concluded from them.

use super::extent::Extent;
use serde::Serialize;
use std::fmt;

/// The origin of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Read on chain, or run on a copy of it.
    Chain,
    /// Computed by a build of this machine from these bytes.
    Build,
    /// A file as the default branch has it: somebody reviewed it.
    DefaultBranch,
    /// A fact that this machine keeps, or the caller says: nobody else has seen it.
    Remembered,
    /// A file of the change itself, or a document of who proposes it.
    Change,
    /// A note that an author wrote beside the code, and no compiler checks.
    Annotation,
    /// Nobody knows.
    NotKnown,
}

/// The person who could have written a fact as they like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// Nobody: it was read, computed here, or reviewed.
    Nobody,
    /// The one who asks.
    Me,
    /// The proposer of what is judged.
    Proposer,
    /// The author of the code.
    Author,
}

impl Origin {
    /// Returns who could have written a fact of this origin; `None` if nobody knows the fact.
    pub const fn writer(self) -> Option<Writer> {
        Some(match self {
            Self::Chain | Self::Build | Self::DefaultBranch => Writer::Nobody,
            Self::Remembered => Writer::Me,
            Self::Change => Writer::Proposer,
            Self::Annotation => Writer::Author,
            Self::NotKnown => return None,
        })
    }
}

/// The part that something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The storage layout: whether the new version reads the storage of the one before as it was written.
    Layout,
    /// The live instances: whether the storage that the new version begins to use is empty on the live instances.
    LiveInstances,
    /// The steps: whether the initializers and migrations that the code declares are run.
    Steps,
    /// The sources of the code: whether they are known.
    Source,
    /// The interface: whether callers find every function of the version before, and none is one that proxies
    /// answer themselves.
    Interface,
    /// The simulation: whether it succeeds on a copy of the chain.
    #[serde(rename = "trial")]
    Simulation,
    /// The code that runs: whether it can, and whether its sources have what no code behind a proxy should have.
    Code,
    /// The accounts that decide.
    Policy,
    /// Accounts that are named.
    Accounts,
    /// The action itself.
    Action,
    /// Instances of a definition.
    Instances,
    /// The registry, what it recorded, and its chain.
    Registry,
}

impl Part {
    /// Every part of which it is said how much was seen.
    pub const ALL: [Self; 7] = [
        Self::Layout,
        Self::LiveInstances,
        Self::Steps,
        Self::Source,
        Self::Interface,
        Self::Simulation,
        Self::Code,
    ];

    /// Returns its name in ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::LiveInstances => "live-instances",
            Self::Steps => "steps",
            Self::Source => "source",
            Self::Interface => "interface",
            Self::Simulation => "trial",
            Self::Code => "code",
            Self::Policy => "policy",
            Self::Accounts => "accounts",
            Self::Action => "action",
            Self::Instances => "instances",
            Self::Registry => "registry",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Layout => "storage layout",
            Self::LiveInstances => "storage of the live instances",
            Self::Steps => "initializers and migrations",
            Self::Source => "sources of the code",
            Self::Interface => "functions",
            Self::Simulation => "tried on a copy",
            Self::Code => "hazards of the code",
            other => other.name(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns how much of a part is seen at most where all that is known of it has this origin. The one table of it;
/// docs/internals/design.md shows it.
pub const fn concludes(part: Part, origin: Origin) -> Extent {
    use Extent::{Absent, Complete, Partial};
    match (part, origin) {
        (_, Origin::NotKnown) => Absent,
        // What lies in instances, and what a call does, only the chain tells.
        (Part::LiveInstances | Part::Simulation, Origin::Chain) => Complete,
        (Part::LiveInstances | Part::Simulation, _) => Absent,
        // The chain and every file name the hash of sources; a build compares.
        (Part::Source, Origin::Build) => Complete,
        (Part::Source, Origin::Annotation) => Absent,
        (Part::Source, _) => Partial,
        // What callers lose and what the code does must not be hidden by who proposes it.
        (Part::Interface | Part::Code, Origin::Change | Origin::Annotation) => Absent,
        (_, Origin::Chain | Origin::Build | Origin::DefaultBranch) => Complete,
        (_, Origin::Remembered | Origin::Change | Origin::Annotation) => Partial,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every origin.
    pub(in crate::assess) const ORIGINS: [Origin; 7] = [
        Origin::Chain,
        Origin::Build,
        Origin::DefaultBranch,
        Origin::Remembered,
        Origin::Change,
        Origin::Annotation,
        Origin::NotKnown,
    ];

    const fn words(origin: Origin) -> &'static str {
        match origin {
            Origin::Chain => "read on chain at a block, or run on a copy of it",
            Origin::Build => "computed by a build here from these bytes",
            Origin::DefaultBranch => "a file of the default branch",
            Origin::Remembered => "kept on this machine, or said by the caller",
            Origin::Change => "a file of this change, or its proposer's document",
            Origin::Annotation => "an author's annotation",
            Origin::NotKnown => "not known",
        }
    }

    /// The table, as docs/internals/design.md shows it.
    fn table() -> String {
        let mut rows = String::from("| origin |");
        Part::ALL
            .iter()
            .for_each(|part| rows.push_str(&format!(" {} |", part.words())));
        rows.push_str("\n|---|");
        Part::ALL.iter().for_each(|_| rows.push_str("---|"));
        for origin in ORIGINS {
            rows.push_str(&format!("\n| {} |", words(origin)));
            for part in Part::ALL {
                rows.push_str(&format!(" {} |", concludes(part, origin).word()));
            }
        }
        rows
    }

    #[test]
    fn the_design_page_shows_the_table() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let page =
            std::fs::read_to_string(root.join("docs/internals/design.md")).expect("the page");
        assert!(
            page.contains(&table()),
            "docs/internals/design.md lacks:\n{}",
            table()
        );
    }

    #[test]
    fn an_annotation_proves_less_than_any_other_origin_and_nothing_proves_less_than_not_knowing() {
        for part in Part::ALL {
            let annotated = concludes(part, Origin::Annotation);
            let best = ORIGINS
                .map(|origin| concludes(part, origin))
                .into_iter()
                .min();
            assert_eq!(best, Some(Extent::Complete), "{part}: somebody can see it");
            assert!(annotated > Extent::Complete, "{part}");
            assert_eq!(concludes(part, Origin::NotKnown), Extent::Absent, "{part}");
            for origin in ORIGINS
                .into_iter()
                .filter(|origin| *origin != Origin::NotKnown)
            {
                assert!(
                    annotated >= concludes(part, origin),
                    "{part} from {origin:?}"
                );
            }
        }
    }
}
