//! The block that is forked, as its endpoint tells it.

use alloy::primitives::{Address, B256, U64, U256};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Chain, LAST_BLOCK, LAST_SECOND};

use super::endpoint::{Endpoint, parsed};
use super::options::{ForkBlock, ForkError, ForkOptions, Verify};
use super::proof;

/// What the forked block says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) chain_id: u64,
    pub(crate) arbos_version: u64,
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(super) timestamp: u64,
    pub(super) gas_limit: u64,
    pub(super) base_fee: u64,
    pub(super) l1_block_number: Option<u64>,
    pub(super) miner: Address,
    /// How its state is asked for: by hash (EIP-1898), so that no other block's can be the answer; by
    /// number where the endpoint does not know that form.
    pub(super) at: Value,
    /// Where the state is verified: what proofs are checked against. Set once: another endpoint of the
    /// same block may be one that is verified.
    pub(super) state_root: OnceLock<B256>,
}

impl Head {
    /// What proofs are checked against, where the state is verified.
    pub(super) fn root(&self) -> Option<B256> {
        self.state_root.get().copied()
    }

    /// Whether an answer can only be of this block.
    pub(super) fn is_pinned(&self) -> bool {
        self.at.is_object()
    }

    /// What asks whether the endpoint still has this block.
    pub(super) fn calls(&self) -> [(&'static str, Value); 2] {
        [
            ("eth_chainId", json!([])),
            (
                "eth_getBlockByNumber",
                json!([U64::from(self.number), false]),
            ),
        ]
    }

    /// Whether the answers to [`Head::calls`] are those of this block.
    pub(super) fn check(&self, endpoint: &str, answers: &[Value]) -> Result<(), ForkError> {
        #[derive(Deserialize)]
        struct Hash {
            hash: B256,
        }
        let fail = |reason: String| ForkError::Endpoint {
            endpoint: endpoint.to_owned(),
            reason,
        };
        let [chain_id, block] = answers else {
            return Err(fail("the endpoint left out answers".to_owned()));
        };
        let found: u64 = parsed::<U64>(chain_id, "eth_chainId").map_err(fail)?.to();
        if found != self.chain_id {
            return Err(ForkError::ChainId {
                endpoint: endpoint.to_owned(),
                found,
                expected: self.chain_id,
            });
        }
        if block.is_null() {
            let number = self.number;
            return Err(fail(format!(
                "it has no block {number} any more: fork again, from a block that is final"
            )));
        }
        let block: Hash = parsed(block, "eth_getBlockByNumber").map_err(fail)?;
        match block.hash == self.hash {
            true => Ok(()),
            false => Err(ForkError::OtherBlock {
                endpoint: endpoint.to_owned(),
                number: self.number,
                found: block.hash,
                expected: self.hash,
            }),
        }
    }
}

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
pub(super) fn head(endpoint: &Endpoint, options: &ForkOptions) -> Result<Head, ForkError> {
    let fail = |reason: String| ForkError::Endpoint {
        endpoint: endpoint.shown().to_owned(),
        reason,
    };
    let latest = || -> Result<u64, ForkError> {
        let answers = endpoint.ask(vec![("eth_blockNumber", json!([]))]);
        let answers = answers.map_err(fail)?;
        let number: U64 =
            parsed(answers.first().unwrap_or(&Value::Null), "eth_blockNumber").map_err(fail)?;
        Ok(number.to())
    };
    let number = match options.block {
        ForkBlock::Number(number) => number,
        ForkBlock::Latest => latest()?,
        ForkBlock::Before(blocks) => latest()?.saturating_sub(blocks),
    };
    let at = U64::from(number);
    let answers = endpoint
        .ask(vec![
            ("eth_chainId", json!([])),
            ("eth_getBlockByNumber", json!([at, false])),
        ])
        .map_err(fail)?;
    let [chain_id, block] = &answers[..] else {
        return Err(fail("the endpoint left out answers".to_owned()));
    };
    let chain_id: u64 = parsed::<U64>(chain_id, "eth_chainId").map_err(fail)?.to();
    if let Some(expected) = options
        .expected_chain_id
        .filter(|expected| *expected != chain_id)
    {
        return Err(ForkError::ChainId {
            endpoint: endpoint.shown().to_owned(),
            found: chain_id,
            expected,
        });
    }
    if block.is_null() {
        return Err(ForkError::Block {
            endpoint: endpoint.shown().to_owned(),
            block: number,
            newest: latest()?,
        });
    }
    let header = block;
    let block: BlockAnswer = parsed(block, "eth_getBlockByNumber").map_err(fail)?;
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
    let (by_hash, by_number) = (json!({ "blockHash": block.hash }), json!(at));
    let root = match options.verify {
        Verify::Never => None,
        Verify::WhereProven if options.is_local() => None,
        _ => Some(proof::state_root(header, block.hash, l1).map_err(fail)?),
    };
    let version = |root: Option<B256>| {
        let read = |at: &Value| match root {
            Some(root) => proof::arbos_version(endpoint, root, number, at),
            None => arbos_version(endpoint, at).map_err(fail),
        };
        first_of([by_hash.clone(), by_number.clone()], read)
    };
    let (state_root, (at, version)) = match version(root) {
        Err(error @ ForkError::NoProofs { .. }) if options.verify == Verify::WhereProven => {
            tracing::warn!("{error}; what it says of the state is believed");
            (None, version(None)?)
        }
        found => (root, found?),
    };
    let arbos_version = version.saturating_to();
    if !Chain::ARBOS_VERSIONS.contains(&arbos_version) {
        return Err(ForkError::ArbOs {
            endpoint: endpoint.shown().to_owned(),
            version: arbos_version,
            block: number,
        });
    }
    Ok(Head {
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
        at,
    })
}

/// The version of ArbOS, as the endpoint says.
fn arbos_version(endpoint: &Endpoint, at: &Value) -> Result<U256, String> {
    let (account, slot) = Chain::arbos_version_word();
    let answers = endpoint.ask(vec![("eth_getStorageAt", json!([account, slot, at]))])?;
    parsed(answers.first().unwrap_or(&Value::Null), "eth_getStorageAt")
}

/// The first way to name the block that the endpoint understands, and what it answered; the last one's
/// error where it understands none.
fn first_of<T, E>(
    [by_hash, by_number]: [Value; 2],
    ask: impl Fn(&Value) -> Result<T, E>,
) -> Result<(Value, T), E> {
    match ask(&by_hash) {
        Ok(answer) => Ok((by_hash, answer)),
        Err(_) => ask(&by_number).map(|answer| (by_number, answer)),
    }
}
