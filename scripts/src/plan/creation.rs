//! The creation of an instance, tried on a copy of the chain's state before anybody approves it: the
//! proxy, what its storage would hold, what it would emit, or why it would fail.

use super::decide::{Decision, decide};
use super::error::PlanError;
use super::finding::Finding;
use super::instances::{Change, Event, changes_of, event};
use super::keys;
use super::simulation::Simulation;
use super::slots::SlotNames;
use crate::client::{Client, Remote};
use crate::governance::{Names, explain};
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_chain::{Chain, ChainConfig};
use stylus_layout::Layout;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A creation that is to be tried.
#[derive(Debug, Clone)]
pub struct CreationRequest {
    /// The registry.
    pub registry: Address,
    /// The governed call.
    pub call: abi::createProxyCall,
    /// The role that decides it, and its policy.
    pub policy: (String, String),
    /// The storage layout of the version, if it is known.
    pub layout: Option<Layout>,
    /// Names for addresses.
    pub names: Names,
}

/// What would be created.
#[derive(Debug, Clone, Serialize)]
pub struct Creation {
    /// The block that it was tried at.
    pub block: u64,
    /// The proxy.
    pub proxy: Address,
    /// Every storage word that it would hold.
    pub changes: Vec<Change>,
    /// Everything that it would emit.
    pub events: Vec<Event>,
    /// Why it would fail.
    pub problem: Option<Finding>,
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps it from being tried. What would make it fail is in the answer.
pub async fn creation(client: &Client, request: CreationRequest) -> Result<Creation, PlanError> {
    let (remote, config) = Remote::newest(client).await?;
    let work = tokio::task::spawn_blocking(move || carry_out(remote, config, &request));
    work.await.map_err(|error| PlanError::Ended {
        reason: error.to_string(),
    })?
}

fn carry_out(
    remote: Remote,
    config: ChainConfig,
    request: &CreationRequest,
) -> Result<Creation, PlanError> {
    let mut simulation = Simulation::new(Chain::fork(config, Box::new(remote))?);
    let CreationRequest {
        registry,
        call,
        policy: (role, text),
        names,
        ..
    } = request;
    let query = abi::proxyAddressCall {
        name: call.name.clone(),
        kind: call.kind,
        salt: call.salt,
    };
    let proxy = simulation.ask(*registry, &query)?;
    let mut creation = Creation {
        block: simulation.chain.block_number(),
        proxy,
        changes: Vec::new(),
        events: Vec::new(),
        problem: None,
    };
    explain(role, text, names)?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(creation); // explain() has refused it already
    };
    let bytes: Bytes = call.abi_encode().into();
    let what = format!("create an instance of {} at {}", call.name, call.version);
    let decided = decide(&mut simulation, *registry, &policy, &bytes, &what, names)?;
    if let Decision::Stuck(finding) = decided {
        creation.problem = Some(finding);
        return Ok(creation);
    }
    let mut slots = SlotNames::framework(std::slice::from_ref(&call.version));
    if let Some(layout) = &request.layout {
        let keys = keys::candidates(&simulation, &call.initData, names, &[proxy])?;
        slots = slots.with_keys(keys).with_layout(layout);
    }
    creation.changes = changes_of(&simulation.changes()?, proxy, &slots);
    creation.events = simulation.logs(proxy)?.iter().map(event).collect();
    Ok(creation)
}
