//! Facts about the code that an action names, shown beside the action and never part of what is approved: the chain's facts,
//! and its build, only if that is of the very code and sources that the action names.

use super::calls::Call;
use crate::build::BuildInfo;
use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::expect::Asks;
use crate::ids::CodeHash;
use crate::layout::{Build, FOLDER};
use crate::model::named;
use crate::program_code::{CodeBytes, is_program};
use crate::questions::ask_all;
use crate::text::count;
use alloy::primitives::Address;
use futures::try_join;
use serde::Serialize;
use std::borrow::Cow;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

/// The chain's facts about one account that an action names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeFacts {
    /// `code`, `script` or `check`.
    pub what: Cow<'static, str>,
    /// The account.
    pub account: Address,
    /// Bytes on chain, those of all fragments where it is in several.
    pub size: usize,
    /// In how many fragments it is; 0 where it is in one piece.
    #[serde(skip)]
    pub fragments: usize,
    /// keccak256 of the account's own bytes.
    pub codehash: CodeHash,
    /// True if that is the hash which the action names.
    pub is_as_named: bool,
    /// Seconds of activation left; `None` if it is no Stylus program or cannot run.
    pub seconds_left: Option<u64>,
    /// True if it is a Stylus program.
    pub is_program: bool,
    /// The expectations, where it is the check of the call's step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Asks>,
}

/// Looks at every account whose code `call` names.
///
/// # Errors
/// What the chain says.
pub async fn code_facts(client: &Client, call: &Call) -> Result<Vec<CodeFacts>, ChainError> {
    let step = call.version().map(|(_, _, step)| step);
    let facts = call
        .subjects()
        .into_iter()
        .map(async |(what, account, expected)| {
            let (bytes, seconds_left) =
                try_join!(client.code_bytes(account), seconds_left(client, account))?;
            let CodeBytes { code, fragments } = bytes;
            let size = if fragments.is_empty() {
                code.len()
            } else {
                fragments.iter().map(|fragment| fragment.len()).sum()
            };
            let (codehash, is_program) = (CodeHash::of(&code), is_program(&code));
            let checked = step.filter(|step| what == named(step).word());
            Ok(CodeFacts {
                what: what.into(),
                account,
                size,
                fragments: fragments.len(),
                codehash,
                is_as_named: codehash == expected,
                seconds_left: seconds_left.filter(|_| is_program),
                is_program,
                expectations: checked.and_then(|step| Asks::of(step, &code)),
            })
        });
    ask_all(facts).await
}

/// Seconds of activation that a program has left; `None` if it cannot run.
///
/// # Errors
/// What the chain says, refusals aside.
pub async fn seconds_left(client: &Client, program: Address) -> Result<Option<u64>, ChainError> {
    let query = client
        .call(ARB_WASM, &IArbWasm::programTimeLeftCall { program })
        .await;
    match query {
        Ok(seconds) => Ok(Some(seconds)),
        Err(ChainError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl CodeFacts {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let asks = self.expectations.iter().flat_map(Asks::lines);
        std::iter::once(self.line()).chain(asks).collect()
    }

    /// Returns true if it is as the action names it, can run, and expects nothing.
    pub fn is_plain(&self) -> bool {
        let runs = !self.is_program || self.seconds_left.is_some();
        self.is_as_named && runs && self.expectations.is_none()
    }

    /// The account, in a line.
    fn line(&self) -> String {
        format!("{:<13} {}", self.what, self.words())
    }

    /// Describes the code at the account, compared with the hash in the call.
    pub fn words(&self) -> String {
        let hash = if self.is_as_named {
            "with the hash in the call".to_owned()
        } else {
            format!("BUT ITS HASH IS {}", self.codehash)
        };
        let life = match self.seconds_left {
            _ if !self.is_program => "EVM code".into(),
            Some(seconds) => format!("active for {} more days", seconds / 86_400),
            None => "NOT ACTIVE".into(),
        };
        let pieces = match self.fragments {
            0 => String::new(),
            many => format!(" in {}", count(many, "fragment")),
        };
        format!("{} bytes{pieces} on chain {hash}, {life}", self.size)
    }
}

/// The build of the code in an action: from this run, or from the folder of layouts. Anybody who can write that
/// folder can fake everything but the hashes.
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
    /// True if this run built it: only then is the rest more than what the folder tells.
    pub built_now: bool,
    /// The sources and the tools of the build.
    pub build: BuildInfo,
}

/// A possible reason for other code with the same hash of sources. A proposer can record any hash.
pub const OTHER_COMMIT: &str = "it names the same hash of sources, which proves nothing of the code: that also has a hash \
                                of all Rust files of its commit (--source git:COMMIT builds another one)";

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
    ) -> Result<Self, ChainError> {
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
            // Sources that are those of no commit have no hash: what they build to says that they are it.
            let is_unnamed = hash == "source hash" && named.is_zero();
            if named != built && !is_unnamed {
                let name = &build.name;
                let message = format!("the {hash} of {name} differs from the {what} in the action");
                let names_these = code.is_some_and(|code| {
                    !code.sourceHash.is_zero() && code.sourceHash == build.source_hash.0
                });
                let why = if hash == "code hash" && names_these {
                    format!("; {OTHER_COMMIT}")
                } else {
                    String::new()
                };
                let next = if build.build.is_of_commit() {
                    format!(
                        "do not approve it before you know why: check out the proposer's commit and build again{why}"
                    )
                } else {
                    // What is in no commit has no hash of its sources, and so has other code.
                    format!(
                        "build in a fresh clone of the proposer's commit, then judge: what was built here is of no \
                         commit ({})",
                        build.build.why_of_no_commit()
                    )
                };
                let refusal = Refusal::new("ArtifactDiffers", message).with(
                    format!("{hash} {named}"),
                    format!("{hash} {built}"),
                    next,
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
        let because = if self.built_now {
            "built in this run; same code hash".to_owned()
        } else {
            format!("says {FOLDER}; to verify it, build with approve --source")
        };
        let mut lines = vec![format!("{what:<13} {}, {because}", self.name)];
        let facts = self.build.lines().into_iter();
        lines.extend(facts.map(|(name, value)| format!("  {name:<11} {value}")));
        lines
    }
}

#[cfg(test)]
mod tests;
