//! The documents of the commands, as the pages read them. What a page does not show is left out here.

use crate::governance::{Display, Node};
use crate::ids::{ActionId, CodeHash, TxHash};
use crate::inspect::{FieldValue, OwnEvent, Steps};
use crate::review::Area;
use alloy::primitives::{Address, B256};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod lists;
mod plan;

pub use lists::{
    Compared, DefinitionLists, Difference, Overview, Piece, Row, Size, Sizes, Summary,
};
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
    pub state: String,
    pub versions: Vec<Version>,
    pub instances: Vec<Instance>,
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
    pub kind: String,
}

/// An instance.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)] // as the fields of `InstanceStatus`
pub struct Instance {
    pub proxy: Address,
    pub definition: String,
    pub version: String,
    pub kind: String,
    pub state: String,
    pub implementation: Address,
    pub registry: Address,
}

/// `inspect`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Inspection {
    pub block: u64,
    pub instance: Instance,
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

/// A finding of the doctor, or of a plan.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Finding {
    pub name: String,
    #[serde(default)]
    pub severity: String,
    pub message: String,
    #[serde(default)]
    pub expected: Option<String>,
    #[serde(default)]
    pub found: Option<String>,
    #[serde(default)]
    pub next: Option<String>,
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

/// How far an action is.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `governance::Readiness`
pub struct Readiness {
    pub approvals: u16,
    pub required: u16,
    pub approved: Vec<Address>,
    pub missing: Vec<Address>,
    pub not_before: u64,
    pub expires: u64,
    pub blocked_by: String,
}

impl Readiness {
    /// Whether it is approved, orders an adopted proxy, and so has to be sent by an account without code.
    pub fn waits_for_direct_call(&self) -> bool {
        self.blocked_by == "direct call"
    }
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
    pub facts: Vec<Fact>,
    pub readiness: Option<Readiness>,
    pub policy: Policy,
    pub tree: Node,
    #[serde(default)]
    pub cards: Vec<Card>,
    #[serde(default)]
    pub slots: Vec<Area>,
    #[serde(default)]
    pub digests: Option<Digests>,
    #[serde(default)]
    pub contracts: Vec<Address>,
    pub entries: Vec<Entry>,
}

/// What the chain says about code.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `governance::CodeFacts`
pub struct Fact {
    pub what: String,
    pub account: Address,
    pub size: usize,
    pub codehash: CodeHash,
    pub is_as_named: bool,
}

/// A policy in words.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `governance::Explained`
pub struct Policy {
    pub role: String,
    pub expression: String,
    pub named: String,
    pub fewest: Option<u16>,
    #[serde(default)]
    pub alone: Vec<Address>,
}

/// A finding about an action.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `review::Card`
pub struct Card {
    pub about: String,
    pub weight: String,
    pub says: String,
}

/// What a signer compares with his device.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `governance::signed::Digests`
pub struct Digests {
    pub domain: B256,
    pub message: B256,
    pub eip712: B256,
    pub calldata: B256,
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
    pub checks: Vec<Check>,
}

/// Something that was compared with the chain.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Check {
    pub what: String,
    pub ok: bool,
    pub expected: String,
    pub found: String,
}

/// `policy explain`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Policies {
    pub policies: Vec<Policy>,
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
    pub digests: Option<Digests>,
    #[serde(default)]
    pub transaction_digest: Option<B256>,
    #[serde(default)]
    pub cards: Vec<Card>,
    #[serde(default)]
    pub consent: Option<String>,
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
    pub checks: Vec<Check>,
    #[serde(default)]
    pub coverage: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub error: Option<Finding>,
}

/// A failure.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Failure {
    pub error: Finding,
}

/// A document as one of these.
///
/// # Errors
/// What is missing in it, or of another kind.
pub fn read<T: DeserializeOwned>(document: &Map<String, Value>) -> Result<T, serde_json::Error> {
    T::deserialize(Value::Object(document.clone()))
}
