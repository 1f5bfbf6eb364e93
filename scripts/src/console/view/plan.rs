//! `plan`, as its page reads it.

use super::Finding;
use crate::plan::{InstancePlan, Replay};
use serde::Deserialize;

/// `plan`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)] // as the fields of `plan::Plan`
pub struct Plan {
    pub name: String,
    pub to: String,
    pub block: u64,
    pub gas: u64,
    pub instances: Vec<InstancePlan>,
    pub untried: u32,
    pub problems: Vec<Finding>,
    #[serde(default)]
    pub replay: Option<Replay>,
}
