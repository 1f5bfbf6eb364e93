//! The transfer of an instance between two registries: what its receiver has accepted, and who decides there.

use super::{Registry, newest_of};
use crate::client::{ChainError, Client};
use crate::error::{Exit, Refusal};
use crate::ids::CodeHash;
use crate::model::{Acceptance, DefinitionState, Instance};
use crate::text::shell_word;
use alloy::primitives::{Address, B256};
use alloy::sol_types::{SolEvent, SolEventInterface};
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
use stylus_upgrades_interface::slots;

/// A transfer, as a command or an action names it.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// The registry that the instance is of.
    pub registry: Address,
    /// The definition that it is of.
    pub name: &'a str,
    /// The instance.
    pub proxy: Address,
    /// The receiving registry.
    pub to: Address,
    /// The definition there.
    pub definition: &'a str,
}

/// The receiver of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receiver {
    /// The registry.
    pub registry: Address,
    /// Its definition.
    pub definition: String,
    /// The version at which the instance is from then on.
    pub version: String,
    /// The account that holds the code of that version.
    pub implementation: Address,
    /// keccak256 of that code, as that registry has it.
    pub codehash: CodeHash,
    /// The policy of role `migrate` there.
    pub migrate: String,
    /// The policy of role `policy` there.
    pub policy: String,
    /// keccak256 of the code that the instance runs now.
    pub runs: CodeHash,
    /// keccak256 of the code of its version, as its own registry has it.
    pub registered: CodeHash,
    /// The instance's nonce, which the receiver has accepted.
    pub nonce: u64,
}

impl Receiver {
    /// Returns true if the instance runs other code there than now, or than its own registry has for its version.
    pub fn has_other_code(&self) -> bool {
        self.codehash != self.runs || self.codehash != self.registered
    }
}

/// Reads what the receiver of an instance of the framework's kinds, which is a registry, has accepted, and who decides
/// there.
///
/// # Errors
/// Where it could not arrive there.
pub async fn receiver(client: &Client, transfer: &Transfer<'_>) -> Result<Receiver, ChainError> {
    let Transfer {
        registry,
        name,
        proxy,
        to,
        definition,
    } = *transfer;
    let found = match client.registry(to).head(definition).await {
        Err(error) if error.revert().is_some() => {
            return Err(Refusal::new(
                "NoDefinition",
                format!("{to} has no definition {definition}"),
            )
            .with(
                format!("the definition there that has accepted {proxy}"),
                "none of that name",
                format!(
                    "nothing was sent; add the definition's name: \
                     stylus-upgrades transfer {proxy} {to} DEFINITION"
                ),
            )
            .into());
        }
        found => found?,
    };
    let accepted = accepted(client, transfer).await?;
    if found.state == DefinitionState::Paused {
        return Err(Refusal::new(
            "Paused",
            format!("{definition} of {to} is paused, and receives nothing meanwhile"),
        )
        .with(
            "a definition that is live",
            "one that is paused",
            format!(
                "nothing was sent; first there: stylus-upgrades resume {} --registry {to}",
                shell_word(definition)
            ),
        )
        .exiting(Exit::NotReady)
        .into());
    }
    let instance = client.registry(registry).instance(proxy).await?;
    let code = async |registry, name: &str, version: &str| {
        client
            .registry(registry)
            .version(name, version)
            .await
            .map(|found| found.code)
    };
    let policy = async |role: &str| client.registry(to).policy(definition, role).await;
    let there = code(to, definition, &accepted.version).await?;
    let runs = client.storage(proxy, slots::IMPLEMENTATION).await?;
    let runs = client.codehash(Address::from_word(runs)).await?;
    Ok(Receiver {
        registry: to,
        definition: definition.into(),
        version: accepted.version,
        implementation: there.implementation,
        codehash: there.codehash,
        migrate: policy("migrate").await?,
        policy: policy("policy").await?,
        runs: runs.unwrap_or_default(),
        registered: code(registry, name, &instance.version).await?.codehash,
        nonce: accepted.nonce,
    })
}

/// Refuses an account that is no registry, or the one that the instance is of already.
///
/// # Errors
/// Where it is none; what the chain says.
pub async fn require_registry(client: &Client, transfer: &Transfer<'_>) -> Result<(), ChainError> {
    let Transfer { proxy, to, .. } = *transfer;
    let refused = |found: &str| {
        Refusal::new(
            "NoRegistry",
            format!("{to} is no registry: nobody could upgrade {proxy} any more"),
        )
        .with(
            "a registry, which has a definition that has accepted it",
            found,
            "nothing was sent; deploy a registry there, or check the address",
        )
        .into()
    };
    if to == transfer.registry {
        let message = format!("{proxy} is an instance of the registry {to} already");
        let refusal = Refusal::new("SameRegistry", message).with(
            "another registry, with a definition that has accepted it",
            "the registry that it is of",
            "nothing was sent; within a registry an instance stays with its definition: stylus-upgrades migrate gives it \
             other code",
        );
        return Err(refusal.into());
    }
    if client.code(to).await?.is_empty() {
        return Err(refused("an account without code"));
    }
    match client.registry(to).head("").await {
        Ok(_) => Ok(()),
        Err(error) if error.is_no_answer() => {
            Err(refused("a contract that does not answer as a registry"))
        }
        Err(error) => Err(error),
    }
}

/// The acceptance, if it is one from the instance's registry of the instance as it is now: both are one question.
async fn accepted(client: &Client, transfer: &Transfer<'_>) -> Result<Acceptance, ChainError> {
    let Transfer {
        registry,
        proxy,
        to,
        definition,
        ..
    } = *transfer;
    let accepted = client.registry(to).acceptance(definition, proxy).await?;
    let nonce = client.registry(registry).details(proxy).await?.nonce;
    if (accepted.registry, accepted.nonce) == (registry, nonce) {
        return Ok(accepted);
    }
    let found = match accepted.registry {
        Address::ZERO => "none".into(),
        other if other != registry => format!("one from {other}"),
        _ => format!("one of its nonce {}: it has changed since", accepted.nonce),
    };
    let version = match accepted.version.as_str() {
        "" => "VERSION",
        version => version,
    };
    Err(Refusal::new(
        "NotAccepted",
        format!("{definition} of {to} has not accepted {proxy} from {registry} as it is now"),
    )
    .with(
        format!("an acceptance of {proxy} from {registry} at its nonce {nonce}"),
        found,
        format!(
            "nothing was sent; first there: \
             stylus-upgrades adopt {} {proxy} {version} --from {registry} --registry {to}",
            shell_word(definition)
        ),
    )
    .exiting(Exit::NotReady)
    .into())
}

/// The departure of an instance from a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// keccak256 of the name of its definition.
    pub definition: B256,
    /// The receiver; nobody where it was removed.
    pub to: Option<Address>,
}

/// Reads how a proxy that is no instance any more left; nothing where it is one, or never was.
///
/// # Errors
/// What the chain says.
pub async fn left(registry: Registry<'_>, proxy: Address) -> Result<Option<Left>, ChainError> {
    if registry.known_instance(proxy).await?.is_some() {
        return Ok(None);
    }
    let events = [
        abi::InstanceTransferred::SIGNATURE_HASH,
        abi::InstanceRemoved::SIGNATURE_HASH,
    ];
    let newest = newest_of(registry, &events, proxy).await?;
    let newest = newest.map(|log| Event::decode_raw_log(log.topics(), &log.data().data));
    Ok(match newest {
        Some(Ok(Event::InstanceTransferred(event))) => Some(Left {
            definition: event.definition,
            to: Some(event.to),
        }),
        Some(Ok(Event::InstanceRemoved(event))) => Some(Left {
            definition: event.definition,
            to: None,
        }),
        _ => None,
    })
}

/// The definition that a proxy is an instance of at an account; empty where that is no registry, or has it not.
///
/// # Errors
/// What the chain says.
pub async fn held_by(
    client: &Client,
    account: Address,
    proxy: Address,
) -> Result<String, ChainError> {
    match client.registry(account).instance(proxy).await {
        Ok(instance) => Ok(instance.definition),
        Err(error) if error.is_no_answer() => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// The error that what is to be accepted is no instance of that registry.
pub fn not_there(proxy: Address, from: Address, found: impl Into<String>) -> ChainError {
    Refusal::new("NotThere", format!("{proxy} is no instance of {from}"))
        .with(
            format!("a proxy that {from} can transfer"),
            found,
            "nothing was sent; check the addresses",
        )
        .into()
}

/// Refuses to accept what that registry could not transfer. Gives the instance as it is there.
///
/// # Errors
/// [`not_there`]; what the chain says.
pub async fn require_there(from: Registry<'_>, proxy: Address) -> Result<Instance, ChainError> {
    match from.instance(proxy).await {
        Ok(instance) => Ok(instance),
        Err(ChainError::Refused { revert, .. }) => {
            Err(not_there(proxy, from.address, revert.to_string()))
        }
        Err(error) if error.is_no_answer() => {
            let found = "what answers there is no registry";
            Err(not_there(proxy, from.address, found))
        }
        Err(error) => Err(error),
    }
}
