//! The documents of the commands, as the pages read them. What a page does not show is left out here.

use crate::assess::Finding;
use crate::ids::CodeHash;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

mod plan;

pub use plan::Plan;

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

/// A document as one of these.
///
/// # Errors
/// What is missing in it, or of another kind.
pub fn read<T: DeserializeOwned>(document: &Map<String, Value>) -> Result<T, serde_json::Error> {
    T::deserialize(Value::Object(document.clone()))
}
