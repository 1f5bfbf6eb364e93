//! The documents of the commands, as the pages read them. What a page does not show is left out here.

use crate::assess::Finding;
use crate::functions::DecodedCall;
use crate::governance::signed::Digests;
use crate::governance::{CodeFacts, Display, Explained, Node};
use crate::history::Entry;
use crate::ids::ActionId;
use crate::model::Readiness;
use crate::review::Area;
use alloy::primitives::Address;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod plan;

pub use plan::Plan;

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

/// `policy explain`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Policies {
    pub policies: Vec<Explained>,
}

/// A document as one of these.
///
/// # Errors
/// What is missing in it, or of another kind.
pub fn read<T: DeserializeOwned>(document: &Map<String, Value>) -> Result<T, serde_json::Error> {
    T::deserialize(Value::Object(document.clone()))
}
