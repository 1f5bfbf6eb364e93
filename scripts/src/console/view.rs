//! The documents of the commands, as the pages read them. What a page does not show is left out here.

use crate::assess::{Consent, Finding};
use crate::error::Report;
use crate::functions::DecodedCall;
use crate::governance::signed::Digests;
use crate::governance::{CodeFacts, Display, Explained, Node};
use crate::history::LiveCheck;
use crate::ids::{ActionId, CodeHash, TxHash};
use crate::inspect::{FieldValue, OwnEvent, Steps};
use crate::model::{DefinitionState, Readiness, StepKind};
use crate::registry::InstanceStatus;
use crate::review::Area;
use alloy::primitives::{Address, B256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod lists;
mod plan;

pub use lists::{Compared, DefinitionLists, Overview, Piece, Size, Sizes, Summary};
pub use plan::Plan;

/// `status`.
#[derive(Debug, Deserialize)]
pub struct Status {
    /// Everything, or the one that was asked for.
    #[serde(default)]
    pub definitions: Vec<Definition>,
    /// What ends soon, or does not run.
    #[serde(default)]
    pub warnings: Vec<Finding>,
}

/// A definition.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `DefinitionStatus`
pub struct Definition {
    pub name: String,
    pub current: String,
    pub sequence: u64,
    pub state: DefinitionState,
    pub versions: Vec<Version>,
    pub instances: Vec<InstanceStatus>,
}

/// A version.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // as the fields of `VersionStatus`
pub struct Version {
    /// Its place in the order of registration.
    #[serde(default)]
    pub position: usize,
    pub version: String,
    pub implementation: Address,
    pub codehash: CodeHash,
    pub sequence: u64,
    pub steps: Vec<VersionStep>,
}

/// A step into a version.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // as the fields of `StepStatus`
pub struct VersionStep {
    pub from: String,
    pub kind: StepKind,
}

/// `inspect`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Inspection {
    pub block: u64,
    pub instance: InstanceStatus,
    pub current: String,
    pub steps: Steps,
    pub migration: Option<Migration>,
    pub fields: Vec<FieldValue>,
    pub fields_unknown: Option<String>,
    pub framework: Vec<FieldValue>,
    pub entries: Vec<Entry>,
    pub emitted: Vec<OwnEvent>,
}

/// A complex migration under way.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Migration {
    pub from: String,
    pub to: String,
    pub handler: Address,
    pub back: bool,
    pub done: u64,
    pub total: u64,
    pub next: String,
}

/// `pending`.
#[derive(Debug, Deserialize)]
pub struct Pending {
    /// What is open.
    pub actions: Vec<Waiting>,
}

/// An open action.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Waiting {
    pub action: ActionId,
    pub definition: String,
    pub proposer: Address,
    #[serde(default)]
    pub display: Option<Display>,
    #[serde(default)]
    pub unreadable: Option<String>,
    #[serde(flatten)]
    pub readiness: Readiness,
}

/// `review`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Review {
    pub action: ActionId,
    pub definition: String,
    pub proposer: Address,
    pub what: String,
    pub display: Display,
    #[serde(default)]
    pub decoded: Vec<DecodedCall>,
    pub facts: Vec<CodeFacts>,
    pub readiness: Option<Readiness>,
    pub policy: Explained,
    pub tree: Node,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub slots: Vec<Area>,
    #[serde(default)]
    pub digests: Option<Digests>,
    #[serde(default)]
    pub contracts: Vec<Address>,
    pub entries: Vec<Entry>,
}

/// An event.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // as the fields of `history::Entry`
pub struct Entry {
    pub block: u64,
    pub time: u64,
    pub tx: TxHash,
    #[serde(default)]
    pub link: Option<String>,
    pub who: Address,
    pub event: String,
    pub what: String,
    #[serde(default)]
    pub action: Option<ActionId>,
}

/// `history`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct History {
    pub entries: Vec<Entry>,
    pub checks: Vec<LiveCheck>,
}

/// `policy explain`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Policies {
    pub policies: Vec<Explained>,
}

/// What would happen if an account did something now.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Before {
    pub operation: String,
    pub account: Address,
    pub action: ActionId,
    pub sentence: String,
    pub stamp: B256,
    pub values: B256,
    pub display: Display,
    #[serde(default)]
    pub decoded: Vec<DecodedCall>,
    #[serde(default)]
    pub digests: Option<Digests>,
    #[serde(default)]
    pub transaction_digest: Option<B256>,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub consent: Option<Consent>,
    #[serde(default)]
    pub plan: Option<Plan>,
    #[serde(default)]
    pub untried: Option<String>,
}

/// `doctor`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Diagnosis {
    pub ok: bool,
    pub chain: Chain,
    pub programs: Vec<Program>,
    pub findings: Vec<Finding>,
}

/// The chain, as the doctor sees it.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Chain {
    pub chain_id: u64,
    pub block: u64,
    pub arbos: u64,
}

/// A program, as the doctor sees it.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Program {
    pub codehash: CodeHash,
    pub needed: bool,
    pub state: String,
    pub days_left: Option<u64>,
}

/// `verify`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Verified {
    #[serde(default)]
    pub checks: Vec<LiveCheck>,
    #[serde(default)]
    pub coverage: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub error: Option<Report>,
}

/// A failure.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Failure {
    pub error: Report,
}

/// A document as one of these.
///
/// # Errors
/// What is missing in it, or of another kind.
pub fn read<T: DeserializeOwned>(document: &Map<String, Value>) -> Result<T, serde_json::Error> {
    T::deserialize(Value::Object(document.clone()))
}
