//! `plan`, as its page reads it.

use crate::assess::Finding;
use crate::functions::DecodedCall;
use crate::plan::{Elsewhere, InstancePlan, Reads, Replay, Verdict};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// `plan`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `plan::Plan`
pub struct Plan {
    pub name: String,
    pub to: String,
    pub block: u64,
    pub gas: u64,
    #[serde(default)]
    pub decoded: Vec<DecodedCall>,
    pub instances: Vec<InstancePlan>,
    #[serde(default)]
    pub others: Vec<Elsewhere>,
    #[serde(default)]
    pub reads: Vec<Reads>,
    pub untried: u32,
    pub verdict: Verdict,
    pub problems: Vec<Finding>,
    /// `None` where no replay was asked for, `Some(None)` where there was nothing to send again.
    #[serde(default, deserialize_with = "requested")]
    pub replay: Option<Option<Replay>>,
    #[serde(default)]
    pub warnings: Vec<Finding>,
    #[serde(default)]
    pub coverage: BTreeMap<String, String>,
}

fn requested<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Option<Replay>>, D::Error> {
    Option::deserialize(input).map(Some)
}
