//! The transfer of an instance between two registries: what its receiver has accepted, and who decides there.

use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::error::{Exit, Explain};
use crate::ids::CodeHash;
use crate::model::{Acceptance, DefinitionState, Instance, ProxyKind};
use crate::text::shell_word;
use alloy::primitives::Address;
use serde::Serialize;
use stylus_upgrades_interface::slots;
use thiserror::Error;

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

/// Who receives an instance.
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
    /// The registry in the code of an EVM proxy, which relays the receiver's orders from then on; `None` where
    /// nobody does.
    pub relay: Option<Address>,
}

impl Receiver {
    /// Whether the instance runs other code there than now, or than its own registry has for its version.
    pub fn has_other_code(&self) -> bool {
        self.codehash != self.runs || self.codehash != self.registered
    }
}

/// Why an instance is not transferred.
#[derive(Debug, Error, Explain)]
pub enum TransferError {
    /// The chain refused or is in trouble.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Whom it would go to is no registry.
    #[error("{to} is no registry: nobody could upgrade {proxy} any more")]
    #[explain(
        expected = "a registry, which has a definition that has accepted it",
        found = "{found}",
        next = "nothing was sent; deploy a registry there, or check the address"
    )]
    NoRegistry {
        /// The instance.
        proxy: Address,
        /// The account.
        to: Address,
        /// What it is.
        found: &'static str,
    },
    /// The receiving registry has no such definition.
    #[error("{to} has no definition {definition}")]
    #[explain(
        expected = "the definition there that has accepted {proxy}",
        found = "none of that name",
        next = "nothing was sent; name it behind the registry: stylus-upgrades transfer {proxy} {to} DEFINITION"
    )]
    NoDefinition {
        /// The instance.
        proxy: Address,
        /// The receiving registry.
        to: Address,
        /// The name.
        definition: String,
    },
    /// The receiving definition has not accepted it.
    #[error("{definition} of {to} has not accepted {proxy} from {registry}")]
    #[explain(
        expected = "an acceptance of {proxy} from {registry}",
        found = "{found}",
        next = format!(
            "nothing was sent; first there: stylus-upgrades adopt {} {proxy} VERSION --from {registry} --registry {to}",
            shell_word(definition)
        ),
        exit = Exit::NotReady
    )]
    NotAccepted {
        /// The instance.
        proxy: Address,
        /// The receiving registry.
        to: Address,
        /// The receiving definition.
        definition: String,
        /// The registry that the instance is of.
        registry: Address,
        /// What it has accepted.
        found: String,
    },
    /// The receiving definition is paused.
    #[error("{definition} of {to} is paused, and receives nothing meanwhile")]
    #[explain(
        expected = "a definition that is live",
        found = "one that is paused",
        next = format!(
            "nothing was sent; first there: stylus-upgrades resume {} --registry {to}",
            shell_word(definition)
        ),
        exit = Exit::NotReady
    )]
    Paused {
        /// The receiving registry.
        to: Address,
        /// The receiving definition.
        definition: String,
    },
    /// An adopted proxy goes to an account and to no definition.
    #[error("{proxy} is adopted: it goes to an account, which owns it from then on")]
    #[explain(
        expected = "no definition",
        found = "{definition}",
        next = "nothing was sent; stylus-upgrades transfer {proxy} ACCOUNT gives it away; another registry's \
                definition adopts it from the account that the refusal of its adopt names"
    )]
    ToAccount {
        /// The instance.
        proxy: Address,
        /// What was named.
        definition: String,
    },
    /// A proxy that another registry decides about is to be adopted without naming that.
    #[error("{proxy} is a proxy of this framework, of the registry {registry}")]
    #[explain(
        expected = "the registry that transfers it",
        found = "no --from",
        next = format!("nothing was sent; {}", next_of(name, *proxy, *registry))
    )]
    OfRegistry {
        /// The proxy.
        proxy: Address,
        /// The registry that it obeys.
        registry: Address,
        /// The definition that was to adopt it.
        name: String,
    },
    /// There is no acceptance to take back.
    #[error("{name} has not accepted {proxy} from anybody")]
    #[explain(
        expected = "an acceptance to take back",
        found = "none",
        next = "nothing: nothing was sent"
    )]
    NothingAccepted {
        /// The proxy.
        proxy: Address,
        /// The definition.
        name: String,
    },
    /// What is to be accepted is no instance of that registry.
    #[error("{proxy} is no instance of {from}")]
    #[explain(
        expected = "a proxy that {from} can transfer",
        found = "{found}",
        next = "nothing was sent; check the addresses"
    )]
    NotThere {
        /// The proxy.
        proxy: Address,
        /// The registry that was named.
        from: Address,
        /// What the proxy is.
        found: String,
    },
}

/// How a proxy of another registry comes to a definition.
fn next_of(name: &str, proxy: Address, registry: Address) -> String {
    format!(
        "stylus-upgrades adopt {} {proxy} VERSION --from {registry} accepts it, then that registry transfers it",
        shell_word(name)
    )
}

/// What the receiver of an instance of our own kinds, which is a registry, has accepted, and who decides there.
///
/// # Errors
/// [`TransferError`] where it could not arrive there.
pub async fn receiver(client: &Client, transfer: &Transfer<'_>) -> Result<Receiver, TransferError> {
    let Transfer {
        registry,
        name,
        proxy,
        to,
        definition,
    } = *transfer;
    let found = match client.registry(to).head(definition).await {
        Err(error) if error.revert().is_some() => {
            return Err(TransferError::NoDefinition {
                proxy,
                to,
                definition: definition.into(),
            });
        }
        found => found?,
    };
    let accepted = accepted(client, transfer).await?;
    if found.state == DefinitionState::Paused {
        return Err(TransferError::Paused {
            to,
            definition: definition.into(),
        });
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
    let relay = match instance.kind {
        ProxyKind::Evm => evm::registry_in_code(&client.code(proxy).await?),
        _ => None,
    };
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
        relay: relay.filter(|relay| *relay != to),
    })
}

/// Refuses an account that is no registry, or the one that the instance is of already.
///
/// # Errors
/// [`TransferError::NoRegistry`]; what the chain says.
pub async fn require_registry(
    client: &Client,
    transfer: &Transfer<'_>,
) -> Result<(), TransferError> {
    let Transfer { proxy, to, .. } = *transfer;
    let refused = |found| TransferError::NoRegistry { proxy, to, found };
    if to == transfer.registry {
        return Err(refused("the registry that it is of"));
    }
    if client.code(to).await?.is_empty() {
        return Err(refused("an account without code"));
    }
    match client.registry(to).head("").await {
        Ok(_) => Ok(()),
        Err(
            ChainError::Refused { .. }
            | ChainError::UnexpectedAnswer { .. }
            | ChainError::Missing { .. },
        ) => Err(refused("a contract that does not answer as a registry")),
        Err(error) => Err(error.into()),
    }
}

/// The acceptance, if it is one from the instance's registry.
async fn accepted(client: &Client, transfer: &Transfer<'_>) -> Result<Acceptance, TransferError> {
    let Transfer {
        registry,
        proxy,
        to,
        definition,
        ..
    } = *transfer;
    let accepted = client.registry(to).acceptance(definition, proxy).await?;
    if accepted.registry == registry {
        return Ok(accepted);
    }
    Err(TransferError::NotAccepted {
        proxy,
        to,
        definition: definition.into(),
        registry,
        found: match accepted.registry {
            Address::ZERO => "none".into(),
            other => format!("one from {other}"),
        },
    })
}

/// Refuses to accept what that registry could not transfer. Gives the instance as it is there.
///
/// # Errors
/// [`TransferError::NotThere`]; what the chain says.
pub async fn require_there(
    client: &Client,
    from: Address,
    proxy: Address,
) -> Result<Instance, TransferError> {
    let refused = |found| TransferError::NotThere { proxy, from, found };
    match client.registry(from).instance(proxy).await {
        Ok(instance) => Ok(instance),
        Err(ChainError::Refused { revert, .. }) => Err(refused(revert.to_string())),
        Err(ChainError::UnexpectedAnswer { .. } | ChainError::Missing { .. }) => {
            Err(refused("what answers there is no registry".into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The registry in the code of an EVM proxy that came from another one: it relays the orders of this one. Read from
/// the proxy's code, which also tells where a registry does not run.
///
/// # Errors
/// What the endpoint says.
pub async fn relay_of(
    client: &Client,
    registry: Address,
    proxy: Address,
) -> Result<Option<Address>, ChainError> {
    let code = client.code(proxy).await?;
    Ok(evm::registry_in_code(&code).filter(|relay| *relay != registry))
}
