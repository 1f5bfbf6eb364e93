//! Functions of the program's wings for the core and for each other: no wing is imported.

use super::{Context, Session};
use crate::census::{CensusPage, Entries, Subject};
use crate::client::{ChainError, Client};
use crate::expiry::Diagnosis;
use crate::plan::{Abis, FuzzRequest, FuzzRun, Plan, PlanRequest, Replay};
use crate::prelude::*;
use crate::publication::{Interface, Publication, PublishArgs};
use futures::future::LocalBoxFuture;
use std::path::Path;

/// A part of the program beside its core, which is a feature of its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wing {
    /// Pages for browsers, and what explorers are sent.
    Console,
    /// Trials of upgrades, and the content of storage and transactions.
    Laboratory,
    /// Checks of everything that has to keep running.
    Watch,
}

impl Wing {
    /// All.
    const ALL: [Self; 3] = [Self::Console, Self::Laboratory, Self::Watch];

    /// The feature.
    const fn feature(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Laboratory => "laboratory",
            Self::Watch => "watch",
        }
    }

    /// The names of its commands, for a program without it.
    pub const fn commands(self) -> &'static [&'static str] {
        match self {
            Self::Console => &["console"],
            Self::Laboratory => &["fuzz", "trace", "coverage", "census"],
            Self::Watch => &["doctor"],
        }
    }

    /// The refusal where the program was built without it; `what` needs it.
    fn missing(self, what: &str) -> Refusal {
        let feature = self.feature();
        Refusal::new(
            "FeatureMissing",
            format!("{what} needs the feature {feature}"),
        )
        .with(
            format!("a program with the feature {feature}"),
            "a program that was built without it",
            format!(
                "install stylus-upgrades with its default features, or with --features {feature}"
            ),
        )
        .usage()
    }
}

/// The wings of a program.
pub struct Wings {
    /// Trials of upgrades, and the content of storage and transactions.
    pub laboratory: Option<&'static Laboratory>,
    /// Pages for browsers, and what explorers are sent.
    pub console: Option<&'static Console>,
    /// Checks of everything that has to keep running.
    pub watch: Option<&'static Watch>,
}

/// The functions of the laboratory for others.
#[allow(
    clippy::type_complexity,
    reason = "a function that a wing hands over is declared here alone"
)]
pub struct Laboratory {
    /// The block at which a kept census proves that an instance stores nothing but what its layout explains.
    pub proven:
        for<'a> fn(&'a Client, &'a Subject) -> LocalBoxFuture<'a, Result<Option<u64>, ChainError>>,
    /// The newest block, at which the entries of a mapping of the account can be listed.
    pub entries:
        for<'a> fn(&'a Client, Address) -> LocalBoxFuture<'a, Result<Box<dyn Entries>, ChainError>>,
    /// Takes a census of an instance, an address or an alias.
    pub census: for<'a> fn(&'a Context, &'a str) -> LocalBoxFuture<'a, Result<CensusPage>>,
    /// Sends the newest past transactions again, with an upgrade and without: how many of how many blocks.
    pub replay: for<'a> fn(
        &'a Client,
        PlanRequest,
        &'a Plan,
        Abis,
        (u32, u64),
    ) -> LocalBoxFuture<'a, Result<Option<Replay>, ChainError>>,
    /// Fuzzes an upgrade, by calls of one of these instances.
    pub fuzz: for<'a> fn(
        &'a Client,
        FuzzRequest,
        &'a [Address],
    ) -> LocalBoxFuture<'a, Result<FuzzRun, ChainError>>,
}

/// The functions of the console for others.
#[allow(
    clippy::type_complexity,
    reason = "a function that a wing hands over is declared here alone"
)]
pub struct Console {
    /// Writes the page of a definition into a file, and returns how many bytes that are.
    pub report: for<'a> fn(&'a Context, &'a Path, &'a str) -> LocalBoxFuture<'a, Result<usize>>,
    /// Has an explorer verify a version of a definition.
    pub publish: for<'a> fn(
        Session<'a>,
        (&'a str, &'a str),
        Interface,
        &'a PublishArgs,
    ) -> LocalBoxFuture<'a, Result<Publication>>,
}

/// The functions of the watch for others.
pub struct Watch {
    /// Examines the registry that the command names, and changes nothing.
    pub examined: for<'a> fn(&'a Context) -> LocalBoxFuture<'a, Result<Diagnosis>>,
}

impl Wings {
    /// A program of the core alone.
    pub const NONE: Self = Self {
        laboratory: None,
        console: None,
        watch: None,
    };

    /// The refusal of a command that the program does not have, if it is one of a wing.
    pub fn missing_command(name: &str) -> Option<Refusal> {
        let of_wing = |wing: &Wing| wing.commands().contains(&name);
        let wing = Wing::ALL.into_iter().find(of_wing)?;
        Some(wing.missing(name))
    }

    /// The laboratory, which `what` needs.
    ///
    /// # Errors
    /// `FeatureMissing`.
    pub fn laboratory(&self, what: &str) -> Result<&'static Laboratory> {
        Ok(self
            .laboratory
            .ok_or_else(|| Wing::Laboratory.missing(what))?)
    }

    /// The console, which `what` needs.
    ///
    /// # Errors
    /// `FeatureMissing`.
    pub fn console(&self, what: &str) -> Result<&'static Console> {
        Ok(self.console.ok_or_else(|| Wing::Console.missing(what))?)
    }

    /// The watch, which `what` needs.
    ///
    /// # Errors
    /// `FeatureMissing`.
    pub fn watch(&self, what: &str) -> Result<&'static Watch> {
        Ok(self.watch.ok_or_else(|| Wing::Watch.missing(what))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_missing_wing_does_is_refused_with_its_feature() {
        for (found, what, feature) in [
            (
                Wings::NONE.laboratory("--replay").map(drop),
                "--replay",
                "laboratory",
            ),
            (
                Wings::NONE.watch("this page").map(drop),
                "this page",
                "watch",
            ),
            (
                Wings::NONE.console("--report").map(drop),
                "--report",
                "console",
            ),
        ] {
            let report = found.expect_err("refused").report();
            assert_eq!(report.name, "FeatureMissing");
            let message = format!("{what} needs the feature {feature}");
            assert_eq!(report.message, message);
            let next = report.next().unwrap_or_default();
            assert!(next.ends_with(feature), "{next}");
        }
    }
}
