//! A proxy of others that a definition may adopt: which kind it is, what it runs, and whether the
//! definition's admin decides that already. Read from its ERC-1967 slots and its own words, before
//! anything is sent.

use super::Registry;
use super::definition_id;
use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::model::ProxyKind;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::adopted::{
    IOwnable, IProxyAdmin, ITransparentProxy, IUpgradeableProxy,
};
use stylus_upgrades_interface::slots;

/// A proxy, as it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its account.
    pub proxy: Address,
    /// Its kind.
    pub kind: ProxyKind,
    /// The implementation that it runs now.
    pub implementation: Address,
    /// The account that decides what it runs; `None` where nobody but its code knows.
    pub authority: Option<Address>,
    /// The account that is told: the proxy, or its ProxyAdmin.
    pub through: Address,
}

/// Whom a proxy is given to, so that a definition can adopt it: the definition's admin.
pub fn given_to(registry: Address, name: &str) -> Address {
    evm::admin_address(registry, definition_id(name))
}

/// Looks at a proxy that the definition of that name may adopt.
///
/// # Errors
/// What is no proxy of a known kind, what the chain says.
pub async fn candidate(
    client: &Client,
    (registry, name): (Address, &str),
    wasm: CodeHash,
    proxy: Address,
) -> Result<Candidate, ChainError> {
    let slot = async |slot| client.storage(proxy, slot).await.map(Address::from_word);
    let implementation = slot(slots::IMPLEMENTATION).await?;
    if implementation.is_zero() {
        let (found, next) = match slot(slots::BEACON).await? {
            _ if client.code(proxy).await?.is_empty() => (
                "an account without code",
                "nothing was sent; check the address and the chain",
            ),
            Address::ZERO => (
                "an empty ERC-1967 implementation slot",
                "nothing was sent; code that no ERC-1967 proxy runs cannot be adopted",
            ),
            _ => (
                "a beacon proxy",
                "nothing was sent; a beacon proxy is upgraded through its beacon",
            ),
        };
        return Err(Refusal::new(
            "NotAdoptable",
            format!("{proxy} is no ERC-1967 proxy with code of its own behind it"),
        )
        .with("a transparent or UUPS proxy of OpenZeppelin", found, next)
        .into());
    }
    let admin = slot(slots::ADMIN).await?;
    let found = |kind, authority, through| Candidate {
        proxy,
        kind,
        implementation,
        authority,
        through,
    };
    if client.codehash(proxy).await? == Some(wasm) {
        return Ok(found(ProxyKind::Wasm, Some(admin), proxy));
    }
    if evm::caller_in_proxy(&client.code(proxy).await?).is_some() {
        return Ok(found(ProxyKind::Evm, Some(admin), proxy));
    }
    if admin.is_zero() {
        let owner = owner_of(client, proxy).await?;
        return Ok(found(ProxyKind::Uups, owner, proxy));
    }
    if [given_to(registry, name), registry].contains(&admin) {
        return Ok(found(ProxyKind::Transparent4, Some(admin), proxy));
    }
    let question = IUpgradeableProxy::UPGRADE_INTERFACE_VERSIONCall {};
    if answer(client.call(admin, &question).await)?.is_none() {
        return Ok(found(ProxyKind::Transparent4, Some(admin), admin));
    }
    let expected = proxy.create(1);
    if admin != expected {
        return Err(Refusal::new(
            "ForeignProxyAdmin",
            format!("the ProxyAdmin of {proxy} is not the first contract that the proxy created"),
        )
        .with(
            expected.to_string(),
            admin.to_string(),
            "nothing was sent; such a proxy cannot be adopted",
        )
        .into());
    }
    let owner = owner_of(client, admin).await?;
    Ok(found(ProxyKind::Transparent5, owner, admin))
}

/// The owner that a contract names, if it does.
pub(super) async fn owner_of(
    client: &Client,
    account: Address,
) -> Result<Option<Address>, ChainError> {
    answer(client.call(account, &IOwnable::ownerCall {}).await)
}

/// An answer, unless the account refused or has other words for it.
fn answer<T>(answered: Result<T, ChainError>) -> Result<Option<T>, ChainError> {
    match answered {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_no_answer() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The call that gives a proxy to a definition, so that it can adopt it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The account that sends it.
    pub from: Address,
    /// True if that is a contract, which sends nothing by itself.
    pub is_from_contract: bool,
    /// Returns true if that contract is a ProxyAdmin, which upgrades proxies and calls nothing else.
    pub is_from_proxy_admin: bool,
    /// The account that is told.
    pub to: Address,
    /// The function.
    pub signature: &'static str,
    /// Its calldata.
    pub input: Bytes,
    /// The command line that sends it.
    pub command: String,
    /// Whom the proxy is given to.
    pub given_to: Address,
}

impl Candidate {
    /// Returns the call that gives it to a definition; nothing where the definition's admin decides already, or nobody
    /// but its code knows who does.
    ///
    /// # Errors
    /// `GivenToRegistry`; what the chain says.
    pub async fn hand_over(
        &self,
        registry: Registry<'_>,
        name: &str,
    ) -> Result<Option<HandOver>, ChainError> {
        let to = given_to(registry.address, name);
        let Some(found) = self.authority.filter(|found| *found != to) else {
            return Ok(None);
        };
        let Self { proxy, through, .. } = *self;
        if found == registry.address {
            return Err(Refusal::new(
                "GivenToRegistry",
                format!(
                    "{proxy} was given to the registry {registry} itself, where nobody can upgrade it"
                ),
            )
            .with(
                format!("the admin {to} of the definition"),
                registry.address.to_string(),
                "nothing was sent; nobody can adopt it or give it back",
            )
            .into());
        }
        let owner = match self.kind {
            // a ProxyAdmin 4.x, which somebody owns
            ProxyKind::Transparent4 => owner_of(registry.client, through).await?,
            _ => None,
        };
        let (told, signature, input, arguments): (_, _, Vec<u8>, _) = match (self.kind, owner) {
            (ProxyKind::Transparent4, Some(_)) => {
                let call = IProxyAdmin4::changeProxyAdminCall {
                    proxy,
                    newAdmin: to,
                };
                let signature = IProxyAdmin4::changeProxyAdminCall::SIGNATURE;
                (
                    through,
                    signature,
                    call.abi_encode(),
                    format!("{proxy} {to}"),
                )
            }
            (ProxyKind::Transparent4, None) => {
                let call = ITransparentProxy::changeAdminCall { newAdmin: to };
                let signature = ITransparentProxy::changeAdminCall::SIGNATURE;
                (proxy, signature, call.abi_encode(), to.to_string())
            }
            _ => {
                let call = IOwnable::transferOwnershipCall { newOwner: to };
                let signature = IOwnable::transferOwnershipCall::SIGNATURE;
                (through, signature, call.abi_encode(), to.to_string())
            }
        };
        let from = owner.unwrap_or(found);
        let code = registry.client.code(from).await?;
        let upgrades = IProxyAdmin::upgradeAndCallCall::SELECTOR;
        let mut windows = code.windows(upgrades.len());
        Ok(Some(HandOver {
            from,
            is_from_contract: !code.is_empty(),
            is_from_proxy_admin: windows.any(|window| window == upgrades),
            to: told,
            signature,
            input: input.into(),
            command: format!("stylus-upgrades send {told} \"{signature}\" {arguments}"),
            given_to: to,
        }))
    }
}

alloy::sol! {
    /// A ProxyAdmin 4.x, to its owner.
    interface IProxyAdmin4 {
        function changeProxyAdmin(address proxy, address newAdmin) external;
    }
}
