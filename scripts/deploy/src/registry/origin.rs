//! The origin of a registry. Code says nothing about storage: init code can write anything and return
//! the genuine code. What vouches for a registry is that its address follows from the Stylus deployer, the
//! framework's init code, the constructor's data and a salt: then nothing but the framework's own
//! constructor has written its first storage.

use super::Registry;
use super::definition_id;
use super::logs::first_logs;
use crate::client::{ChainError, Client};
use crate::error::{Exit, Refusal};
use crate::text::number;
use alloy::primitives::{Address, B256, Bytes, TxHash, U256, keccak256};
use alloy::sol_types::{SolCall, SolEvent, SolValue};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::str::FromStr;
use stylus_upgrades_framework::{EARLIER_REGISTRIES, RegistryRelease};
use stylus_upgrades_interface::chain::{
    CONSTRUCTOR_SELECTOR, IStylusDeployer, STYLUS_DEPLOYER, STYLUS_DEPLOYER_CODEHASH,
};
use stylus_upgrades_interface::registry::IRegistry::PolicyChanged;

/// The role whose policy is the constructor's data.
const DEFINE: &str = "define";
/// The salts that are derived on first contact, without a request. A deployment takes one of them: anybody can take salts
/// of a policy that is not his, and each costs him a registry.
pub const SALTS: RangeInclusive<u64> = 1..=65_536;

/// The form of a salt, where something else was typed.
pub const SALT: &str = "a salt is a number, or 0x and at most 64 hexadecimal digits";

/// The salt of a deployment: not zero, with which the deployer would create by CREATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "B256", into = "B256")]
pub struct Salt(B256);

impl Salt {
    /// A number as a salt; `None` for 0.
    pub fn counted(number: u64) -> Option<Self> {
        B256::from(U256::from(number)).try_into().ok()
    }
}

impl TryFrom<B256> for Salt {
    type Error = &'static str;

    fn try_from(word: B256) -> Result<Self, Self::Error> {
        if word.is_zero() {
            Err("a salt of 0: no address of a registry follows from it")
        } else {
            Ok(Self(word))
        }
    }
}

impl From<Salt> for B256 {
    fn from(salt: Salt) -> Self {
        salt.0
    }
}

impl FromStr for Salt {
    type Err = String;

    /// A number, or hexadecimal digits after `0x`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = number(text).ok_or(SALT)?;
        Ok(B256::from(number).try_into()?)
    }
}

impl std::fmt::Display for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", U256::from_be_bytes(self.0.0))
    }
}

/// The values that a registry's address follows from, beside the framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The policy that it was constructed with.
    pub define_policy: String,
    /// The salt that it was deployed with.
    pub salt: Salt,
}

impl Origin {
    /// Makes the origin of a registry with this policy and salt.
    pub fn new(define_policy: &str, salt: Salt) -> Self {
        Self {
            define_policy: define_policy.into(),
            salt,
        }
    }

    /// Lists the origins with the salts that are derived, in order.
    pub fn counted(define_policy: &str) -> impl Iterator<Item = Self> {
        let salts = SALTS.filter_map(Salt::counted);
        salts.map(move |salt| Self::new(define_policy, salt))
    }

    /// The address of a registry of that release.
    pub fn address(&self, release: Release) -> Address {
        let data = self.constructor_data();
        address_by(STYLUS_DEPLOYER, (self.salt.0, &data), release.init_codehash)
    }

    /// The calldata of the constructor.
    pub fn constructor_data(&self) -> Bytes {
        let arguments = (self.define_policy.as_str(),).abi_encode_params();
        [CONSTRUCTOR_SELECTOR.as_slice(), &arguments]
            .concat()
            .into()
    }
}

/// Returns the address at which a Stylus deployer creates code with that salt and constructor's data.
pub(crate) fn address_by(
    deployer: Address,
    (salt, data): (B256, &[u8]),
    init_codehash: B256,
) -> Address {
    let salt = keccak256([salt.as_slice(), data].concat());
    deployer.create2(salt, init_codehash)
}

/// A registry that was released, as far as its address follows from it.
pub type Release = RegistryRelease;

/// The release that a registry's creation code belongs to.
pub fn release(code: &[u8], creation_code: &[u8]) -> Release {
    Release {
        codehash: keccak256(code),
        init_codehash: keccak256(creation_code),
    }
}

/// Refusals of a registry that is there, and that somebody may trust anyway.
const UNPROVEN: [&str; 4] = [
    OTHER_CODE,
    "OtherDeployer",
    "ConstructionHidden",
    "UnknownOrigin",
];
/// The refusal of an account that has not the code of a known registry.
pub const OTHER_CODE: &str = "UnknownRegistryCode";

/// Returns true if there is a registry for whose storage nothing vouches: somebody may trust it anyway.
pub fn may_be_trusted(error: &Refusal) -> bool {
    UNPROVEN.iter().any(|name| error.is(name))
}

fn next(registry: &Address) -> String {
    format!(
        "do not use it, no matter who named it: it may hold approvals and policies that nobody gave; to use it \
         anyway: --trust-registry {registry}"
    )
}

/// The releases whose registries are known: those of `named`, and the earlier ones.
pub fn releases(named: &[Release]) -> Vec<Release> {
    named.iter().chain(&EARLIER_REGISTRIES).copied().collect()
}

/// The release whose code the account has now, on a chain whose deployer is the known one.
///
/// # Errors
/// Where it has no code, or [`OTHER_CODE`]; as [`require_deployer`].
pub async fn release_of(
    registry: Registry<'_>,
    releases: &[Release],
) -> Result<Release, ChainError> {
    let client = registry.client;
    let (found, deployer) =
        futures::join!(client.codehash(registry.address), require_deployer(client));
    let found = found?.ok_or_else(|| {
        let (chain_id, endpoint) = (client.chain_id(), client.endpoint());
        Refusal::new("Missing", format!("there is no registry at {registry}"))
            .with(
                "a registry",
                format!("there is no code on chain {chain_id} at {endpoint}"),
                "check the address, and that --rpc-url leads to the chain that it is on",
            )
            .exiting(Exit::Chain)
    })?;
    deployer?;
    let known = releases.iter().find(|known| known.codehash == found.0);
    Ok(known.copied().ok_or_else(|| {
        let expected = releases
            .first()
            .map(|release| release.codehash)
            .unwrap_or_default();
        Refusal::new(
            OTHER_CODE,
            format!(
                "{registry} does not have the code of a released registry: nothing vouches for it"
            ),
        )
        .with(
            format!("code with the hash {expected}"),
            found.to_string(),
            next(&registry.address),
        )
    })?)
}

/// Errors unless the chain has the known deployer, from which addresses follow.
///
/// # Errors
/// Where it has another one, or none.
pub async fn require_deployer(client: &Client) -> Result<(), ChainError> {
    let found = client.codehash(STYLUS_DEPLOYER).await?;
    let next = match found {
        Some(code) if code.0 == STYLUS_DEPLOYER_CODEHASH => return Ok(()),
        Some(_) => {
            "deploy and use no registry on this chain, unless the chain is your own: then --trust-registry ADDRESS \
             accepts one that is there"
        }
        None => {
            "`stylus-upgrades registry deploy` puts it there; --trust-registry ADDRESS accepts a registry that was here \
             before"
        }
    };
    let message = format!(
        "the Stylus deployer {STYLUS_DEPLOYER} is not on this chain: nothing tells where a registry comes from"
    );
    Err(Refusal::new("OtherDeployer", message)
        .with(
            format!("code with the hash {STYLUS_DEPLOYER_CODEHASH}"),
            found.map_or_else(|| "no code".to_owned(), |found| found.to_string()),
            next,
        )
        .into())
}

/// Finds what the registry's address follows from, by its first events.
///
/// # Errors
/// Without the events nothing is derived.
pub async fn find(registry: Registry<'_>, release: Release) -> Result<Origin, ChainError> {
    let (define_policy, tx) = construction(registry).await?;
    let is_it = |origin: &Origin| origin.address(release) == registry.address;
    if let Some(origin) = Origin::counted(&define_policy).find(is_it) {
        return Ok(origin);
    }
    let chosen = match tx {
        Some(tx) => chosen_salt(registry.client, tx).await?,
        None => None,
    };
    let chosen = chosen.map(|salt| Origin::new(&define_policy, salt));
    Ok(chosen.filter(is_it).ok_or_else(|| {
        Refusal::new("UnknownOrigin", format!(
                "{registry} was not deployed by stylus-upgrades: nothing vouches for what its storage held from the \
                 beginning"
            )).with(format!(
                "an address that follows from the Stylus deployer, the framework's init code, the policy \
                 {define_policy:?} and a salt"
            ), "an account that something else created, with the same code", next(&registry.address))
    })?)
}

/// The policy that a registry says it was constructed with, and the transaction.
async fn construction(registry: Registry<'_>) -> Result<(String, Option<TxHash>), ChainError> {
    let hidden =
        |found: String| {
            Refusal::new("ConstructionHidden", format!(
                "the endpoint shows no construction of {registry}: nothing vouches for its storage"
            )).with("the event PolicyChanged of its construction, by eth_getLogs", found, format!(
                "give the --rpc-url of an endpoint that has all logs; else {}",
                next(&registry.address)
            ))
        };
    let (event, itself) = ([PolicyChanged::SIGNATURE_HASH], [definition_id("").0]);
    let logs = match first_logs(registry.client, registry.address, [&event, &itself, &[]]).await {
        Ok(logs) => logs,
        Err(error @ ChainError::Unreachable { .. }) => return Err(error),
        Err(error) => return Err(hidden(error.to_string()).into()),
    };
    let first = logs.iter().find_map(|log| {
        let event = PolicyChanged::decode_log(&log.inner).ok()?.data;
        (event.role == DEFINE).then_some((event.expression, log.transaction_hash))
    });
    Ok(first.ok_or_else(|| hidden("no such event".into()))?)
}

/// The salt that a transaction gave to the deployer, if it called that itself.
async fn chosen_salt(client: &Client, tx: TxHash) -> Result<Option<Salt>, ChainError> {
    let input = client.input_to(STYLUS_DEPLOYER, tx.into()).await?;
    let call = input.and_then(|input| IStylusDeployer::deployCall::abi_decode(&input).ok());
    Ok(call.and_then(|call| call.salt.try_into().ok()))
}

#[cfg(test)]
mod tests;
