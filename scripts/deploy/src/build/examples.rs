//! The example contracts of the book, as bytes: what is tried with them compiles nothing and needs no clone.
//!
//! `examples/` holds the code of each as it lies on chain, and what the contracts declare of
//! themselves. A test builds them from `contracts/` and compares.

use crate::build::{Artifact, BuildError, BuildInfo};
use crate::ids::SourceHash;
use crate::interface::Callable;
use alloy::json_abi::JsonAbi;
use serde::{Deserialize, Serialize};
use stylus_layout::{DeclaredStep, Layout, PublicInterface};

/// The prefix of such a source: `example:counter-v1`.
pub const EXAMPLE: &str = "example:";

/// Each name with the bytes of its file.
macro_rules! codes {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("examples/", $name, ".code")))),+]
    };
}

/// Code by the names of the packages.
const CODES: [(&str, &[u8]); 11] = codes![
    "counter-v1",
    "counter-v2",
    "counter-back",
    "points-v1",
    "points-v2",
    "points-cursor",
    "ledger-v1",
    "ledger-v2",
    "erc721-basic",
    "erc721-full",
    "erc721-enumerate",
];
/// Their declarations, in the same order.
const DECLARED: &str = include_str!("examples/programs.json");
/// The file with that.
const FILE: &str = "programs.json";

/// The declarations of a contract, which do not go on chain.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: String,
    /// The hash of the sources that it was built from.
    source_hash: Option<SourceHash>,
    /// The layout of its storage, as JSON.
    layout: Option<String>,
    steps: Option<Vec<DeclaredStep>>,
    migrates: Vec<String>,
    /// The interface for callers.
    interface: Option<PublicInterface>,
    /// The same interface as JSON, with the names of parameters.
    abi: Option<String>,
}

/// The names of the packages.
pub fn names() -> impl Iterator<Item = &'static str> {
    CODES.into_iter().map(|(name, _)| name)
}

/// The contract of that name, one of [`names`].
///
/// # Errors
/// `Missing` for every other name, and `Pinned` if this program was put together
/// from files of several versions.
pub fn program(name: &str) -> Result<Artifact, BuildError> {
    let refused =
        |reason: String| BuildError::pinned(format!("the pinned example {name}: {reason}"));
    let mut codes = CODES.into_iter();
    let (_, code) = codes.find(|(known, _)| *known == name).ok_or_else(|| {
        BuildError::missing(
            names().collect::<Vec<_>>().join(", "),
            format!("this program carries no example {name:?}"),
            "name one of those, or a crate's folder",
        )
    })?;
    let all: Vec<Declared> =
        serde_json::from_str(DECLARED).map_err(|error| refused(error.to_string()))?;
    let mut all = all.into_iter();
    let declared = all
        .find(|declared| declared.name == name)
        .ok_or_else(|| refused("it declares nothing".into()))?;
    let layout = declared.layout.as_deref().map(Layout::from_json);
    let layout = layout
        .transpose()
        .map_err(|error| refused(error.to_string()))?;
    let abi = declared.abi.as_deref().map(serde_json::from_str::<JsonAbi>);
    let abi = abi
        .transpose()
        .map_err(|error| refused(error.to_string()))?;
    let interface = declared.interface.map(|said| {
        let published = Callable::of_published(&said, declared.steps.as_deref());
        let abi = abi.unwrap_or_else(|| published.abi.clone());
        Callable { abi, ..published }
    });
    Ok(Artifact {
        layout,
        interface,
        steps: declared.steps,
        info: BuildInfo {
            migrates: declared.migrates,
            source_hash: declared.source_hash,
            ..BuildInfo::default()
        },
        ..Artifact::from_code(name, code)?
    })
}

/// Returns the files of the folder where these contracts, one for each of [`names`], are pinned.
///
/// # Errors
/// What cannot be written.
pub fn to_files(contracts: &[Artifact]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let declared: Vec<Declared> = contracts.iter().map(Declared::of).collect();
    let text = serde_json::to_string_pretty(&declared).map_err(|error| error.to_string())?;
    let mut files = vec![(FILE.to_owned(), format!("{text}\n").into_bytes())];
    let codes = contracts.iter();
    files.extend(codes.map(|code| (format!("{}.code", code.name), code.code.to_vec())));
    Ok(files)
}

impl Declared {
    fn of(artifact: &Artifact) -> Self {
        Self {
            name: artifact.name.clone(),
            layout: artifact.layout.as_ref().map(Layout::to_json),
            steps: artifact.steps.clone(),
            migrates: artifact.info.migrates.clone(),
            source_hash: artifact.info.source_hash,
            interface: artifact.interface.as_ref().and_then(Callable::published),
            // Names and types: serde_json refuses none of them.
            abi: artifact
                .interface
                .as_ref()
                .and_then(|known| serde_json::to_string(&known.abi).ok()),
        }
    }
}
