//! What is known of the build of code that an action names: shown beside the action, and only if
//! the build is of the very code and sources that the action names.

use super::calls::Call;
use super::error::GovernanceError;
use crate::build::BuildInfo;
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::layout::{Build, FOLDER};
use serde::Serialize;

/// What an action names, and was built in this run, or was built before as the folder of layouts
/// tells. Whoever can write there can make it tell anything that has the right hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildFacts {
    /// `code` or `script`.
    pub what: &'static str,
    /// The package.
    pub name: String,
    /// keccak256 of the code, which the action names.
    pub codehash: CodeHash,
    /// Bytes on chain.
    pub size: usize,
    /// Whether this run built it: only then is the rest more than what the folder tells.
    pub built_now: bool,
    /// What it was built from, and with what.
    pub build: BuildInfo,
}

impl BuildFacts {
    /// Of the `what` of `call`.
    ///
    /// # Errors
    /// `ArtifactDiffers` if the build is of other code, has another layout, or
    /// is of other sources than the call names.
    pub fn of(
        call: &Call,
        what: &'static str,
        build: &Build,
        built_now: bool,
    ) -> Result<Self, GovernanceError> {
        let mut named = call.subjects().into_iter();
        let named = named.find(|(other, ..)| *other == what);
        let named = named.map_or(CodeHash::ZERO, |(_, _, codehash)| codehash);
        let code = call.version().and_then(|(_, code, _)| code);
        let code = code.filter(|_| what == "code");
        let recorded = code.map_or((build.layout_hash, build.source_hash), |code| {
            (code.layoutHash.into(), code.sourceHash.into())
        });
        for (hash, named, built) in [
            ("code hash", named.0, build.codehash.0),
            ("layout hash", recorded.0.0, build.layout_hash.0),
            ("source hash", recorded.1.0, build.source_hash.0),
        ] {
            if named != built {
                let name = &build.name;
                let message =
                    format!("{name} has another {hash} than the {what} that would be approved");
                let refusal = Refusal::new("ArtifactDiffers", message).with(
                    format!("{hash} {named}"),
                    format!("{hash} {built}"),
                    "do not approve it before you know why: check out the proposer's commit and build again",
                );
                return Err(refusal.into());
            }
        }
        Ok(Self {
            what,
            name: build.name.clone(),
            codehash: build.codehash,
            size: build.code_bytes,
            built_now,
            build: build.build.clone(),
        })
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let what = format!("{} from", self.what);
        let because = match self.built_now {
            true => "built here to this very hash".to_owned(),
            false => format!("says {FOLDER}; only a build can tell (approve --source)"),
        };
        let mut lines = vec![format!("{what:<13} {}, {because}", self.name)];
        let facts = self.build.lines();
        lines.extend(
            facts
                .iter()
                .map(|(name, value)| format!("  {name:<11} {value}")),
        );
        lines
    }
}

#[cfg(test)]
mod tests;
