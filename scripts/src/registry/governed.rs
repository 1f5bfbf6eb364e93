//! Governed calls: each approver sends the same call, and the one that completes the policy
//! executes it.

use crate::client::{ChainError, Client, Revert, Sent};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Progress, Step};

/// A governed call that went through: executed, or an approval recorded.
#[derive(Debug, Clone)]
pub struct Governed {
    /// The transaction.
    pub sent: Sent,
    /// How far the action is after it.
    pub progress: Progress,
}

/// A proxy created, or an approval of its creation recorded.
#[derive(Debug, Clone)]
pub struct Created {
    /// The governed call.
    pub governed: Governed,
    /// The proxy's address; it holds no code yet while approvals are missing.
    pub proxy: Address,
}

/// What a rollout did.
#[derive(Debug, Clone)]
pub struct RolledOut {
    /// The transaction.
    pub sent: Sent,
    /// Instances upgraded by it.
    pub upgraded: u16,
    /// Instances still older than the current version.
    pub left: u16,
    /// Instances that stayed as they were, and why.
    pub skipped: Vec<(Address, Revert)>,
}

/// A definition to be created.
#[derive(Debug, Clone)]
pub struct NewDefinition {
    /// Its name.
    pub name: String,
    /// Who may add versions and upgrade.
    pub migrate: String,
    /// Who may change policies.
    pub policy: String,
    /// Who may create instances.
    pub create: String,
}

/// A version to be added.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The definition's name.
    pub name: String,
    /// The version's label.
    pub version: String,
    /// Its code.
    pub code: Code,
    /// The way into it.
    pub step: Step,
}

impl From<NewVersion> for abi::addVersionCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}

impl From<NewVersion> for abi::migrateCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}

/// Creates a definition.
pub async fn define(
    client: &Client,
    registry: Address,
    new: NewDefinition,
) -> Result<Governed, ChainError> {
    let call = abi::createDefinitionCall {
        name: new.name,
        migratePolicy: new.migrate,
        policyPolicy: new.policy,
        createPolicy: new.create,
    };
    governed(client, registry, "define", &call, |progress| progress).await
}

/// Adds a version; the first one becomes current.
pub async fn add_version(
    client: &Client,
    registry: Address,
    new: NewVersion,
) -> Result<Governed, ChainError> {
    let what = format!("register {} {}", new.name, new.version);
    let call = abi::addVersionCall::from(new);
    governed(client, registry, &what, &call, |progress| progress).await
}

/// Adds a version if it is new, makes it current, and upgrades the instances if they are few.
pub async fn migrate(
    client: &Client,
    registry: Address,
    new: NewVersion,
) -> Result<Governed, ChainError> {
    let what = format!("migrate {} to {}", new.name, new.version);
    let call = abi::migrateCall::from(new);
    governed(client, registry, &what, &call, |progress| progress).await
}

/// Creates and initialises an instance in one transaction. `value` in wei goes to the initializer.
pub async fn create_proxy(
    client: &Client,
    registry: Address,
    call: abi::createProxyCall,
    value: U256,
) -> Result<Created, ChainError> {
    let what = format!("create a proxy of {} {}", call.name, call.version);
    client.sender(&what)?;
    let expected = client.call_with_value(registry, &call, value).await;
    let expected = expected.map_err(|error| error.during(&what))?;
    let sent = client.send(&what, registry, &call, value).await?;
    let progress = progress_after(&sent, expected.progress);
    Ok(Created {
        governed: Governed { sent, progress },
        proxy: expected.proxy,
    })
}

/// Upgrades up to `max` instances that are older than the current version.
pub async fn rollout(
    client: &Client,
    registry: Address,
    name: &str,
    max: u16,
) -> Result<RolledOut, ChainError> {
    let call = abi::rolloutCall {
        name: name.into(),
        max,
    };
    let what = format!("rollout {name}");
    client.sender(&what)?;
    let expected = client.call(registry, &call).await;
    let expected = expected.map_err(|error| error.during(&what))?;
    let sent = client.send(&what, registry, &call, U256::ZERO).await?;
    let skipped = sent
        .receipt
        .logs()
        .iter()
        .filter_map(|log| log.log_decode::<abi::InstanceSkipped>().ok())
        .map(|log| (log.inner.proxy, Revert::decode(&log.inner.reason)))
        .collect();
    Ok(RolledOut {
        sent,
        upgraded: expected.upgraded,
        left: expected.left,
        skipped,
    })
}

/// Asks what the call would return, sends it, and reads from its logs how far the action is.
async fn governed<C: SolCall>(
    client: &Client,
    registry: Address,
    what: &str,
    call: &C,
    progress: impl Fn(C::Return) -> Progress,
) -> Result<Governed, ChainError> {
    client.sender(what)?;
    let expected = client.call(registry, call).await;
    let expected = progress(expected.map_err(|error| error.during(what))?);
    let sent = client.send(what, registry, call, U256::ZERO).await?;
    let progress = progress_after(&sent, expected);
    Ok(Governed { sent, progress })
}

/// The logs of the transaction win over what the call before it returned: others may have
/// approved in between.
fn progress_after(sent: &Sent, expected: Progress) -> Progress {
    let mut progress = expected;
    if let Some(approved) = sent.event::<abi::Approved>() {
        progress.action = approved.action;
        progress.approvals = approved.approvals;
        progress.required = approved.required;
    }
    progress.executed = sent.event::<abi::Executed>().is_some();
    progress
}

/// keccak256 of a definition's name, as its events carry it.
pub(super) fn definition_id(name: &str) -> B256 {
    alloy::primitives::keccak256(name)
}
