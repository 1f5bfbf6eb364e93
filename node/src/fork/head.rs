//! The block that is forked, as its endpoint tells it.

use std::sync::OnceLock;

use alloy::primitives::{Address, B256, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Budget, Chain, LAST_BLOCK, LAST_SECOND};

use super::endpoint::{ForkEndpoint, parsed};
use super::options::{ForkBlock, ForkError, ForkOptions, VerifyMode};
use super::proof;

/// Facts of the forked block about itself.
#[derive(Clone, Debug)]
pub(crate) struct ForkHead {
    pub(crate) chain_id: u64,
    pub(crate) arbos_version: u64,
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(super) timestamp: u64,
    pub(super) gas_limit: u64,
    pub(super) base_fee: u64,
    pub(super) l1_block_number: Option<u64>,
    pub(super) miner: Address,
    /// The root that proofs are checked against, where the state is verified. Set once: another endpoint of the
    /// same block may be one that is verified.
    pub(super) state_root: OnceLock<B256>,
}

impl ForkHead {
    /// Returns the root that proofs are checked against, where the state is verified.
    pub(super) fn root(&self) -> Option<B256> {
        self.state_root.get().copied()
    }

    /// Returns the parameter that asks for its state: by hash (EIP-1898), so that no other block's can be the answer.
    pub(super) fn at(&self) -> Value {
        at(self.hash)
    }
}

fn at(hash: B256) -> Value {
    json!({ "blockHash": hash })
}

const CHAIN: &str = "eth_chainId";
const BLOCK: &str = "eth_getBlockByNumber";

/// Nitro adds `l1BlockNumber`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockAnswer {
    number: U64,
    hash: B256,
    timestamp: U64,
    gas_limit: U256,
    base_fee_per_gas: Option<U64>,
    l1_block_number: Option<U64>,
    #[serde(default)]
    miner: Address,
}

/// The block that the options name.
pub(super) fn head(
    endpoint: &ForkEndpoint,
    options: &ForkOptions,
    budget: &Budget,
) -> Result<ForkHead, ForkError> {
    let fail = ForkError::endpoint(endpoint.shown());
    let latest = || -> Result<u64, ForkError> {
        let number = endpoint.ask_one::<U64>("eth_blockNumber", json!([]), budget);
        Ok(number.map_err(fail)?.to())
    };
    let number = match options.block {
        ForkBlock::Number(number) => number,
        ForkBlock::Latest => latest()?,
        ForkBlock::Before(blocks) => latest()?.saturating_sub(blocks),
    };
    let asked = vec![
        (CHAIN, json!([])),
        (BLOCK, json!([U64::from(number), false])),
    ];
    let answers = endpoint.ask(asked, budget).map_err(fail)?;
    let [chain_id, header] = &answers[..] else {
        return Err(fail("the endpoint left out answers".to_owned()));
    };
    let chain_id: u64 = parsed::<U64>(chain_id, CHAIN).map_err(fail)?.to();
    if let Some(expected) = options.expected_chain_id.filter(|id| *id != chain_id) {
        return Err(fail(format!("it is chain {chain_id}, expected {expected}")));
    }
    let Some(block) = parsed::<Option<BlockAnswer>>(header, BLOCK).map_err(fail)? else {
        let newest = latest()?;
        return Err(fail(format!(
            "it has no block {number}; its newest one is {newest}"
        )));
    };
    let found = (block.number.to::<u64>(), block.timestamp.to::<u64>());
    if found.0 != number || found.0 > LAST_BLOCK || found.1 > LAST_SECOND {
        return Err(fail(format!(
            "eth_getBlockByNumber: expected block {number}, at most {LAST_BLOCK}, and a time of at most \
             {LAST_SECOND} seconds, found block {} of second {}",
            found.0, found.1
        )));
    }
    let l1 = block.l1_block_number.map(|number| number.to::<u64>());
    if let Some(found) = l1.filter(|number| *number > LAST_BLOCK) {
        return Err(fail(format!(
            "eth_getBlockByNumber: expected an l1BlockNumber of at most {LAST_BLOCK}, found {found}"
        )));
    }
    let at = at(block.hash);
    let root = match options.verify {
        VerifyMode::Never => None,
        VerifyMode::WhereProven if options.is_local() => None,
        _ => Some(proof::state_root(header, block.hash, l1).map_err(fail)?),
    };
    let proven = root.map(|root| proof::arbos_version(endpoint, root, (number, &at), budget));
    let believed = || arbos_version(endpoint, &at, budget).map_err(fail);
    let (state_root, version) = match proven {
        Some(Err(error @ ForkError::NoProofs { .. }))
            if options.verify == VerifyMode::WhereProven =>
        {
            tracing::warn!("{error}; what it says of the state is believed");
            (None, believed()?)
        }
        Some(version) => (root, version?),
        None => (None, believed()?),
    };
    let arbos_version = version.saturating_to();
    if !Chain::ARBOS_VERSIONS.contains(&arbos_version) {
        return Err(fail(format!(
            "it has ArbOS version {arbos_version} at block {number}: expected one of {:?}",
            Chain::ARBOS_VERSIONS
        )));
    }
    Ok(ForkHead {
        state_root: state_root.map(OnceLock::from).unwrap_or_default(),
        chain_id,
        arbos_version,
        number: block.number.to(),
        hash: block.hash,
        timestamp: block.timestamp.to(),
        gas_limit: block.gas_limit.saturating_to(),
        base_fee: block.base_fee_per_gas.unwrap_or_default().to(),
        l1_block_number: l1,
        miner: block.miner,
    })
}

/// The version of ArbOS, as the endpoint says.
fn arbos_version(endpoint: &ForkEndpoint, at: &Value, budget: &Budget) -> Result<U256, String> {
    let (account, slot) = Chain::arbos_version_word();
    endpoint.ask_one("eth_getStorageAt", json!([account, slot, at]), budget)
}
