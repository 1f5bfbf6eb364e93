//! The gas that a proxy adds to a call: the gas of a transaction through it, less that of the same
//! transaction to its implementation.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use serde_json::Value;
use stylus_upgrades_harness::{Chain, HarnessError, home};
use stylus_upgrades_interface::chain::{ARB_WASM_CACHE, IArbWasmCache};

use super::COMPARED;
use crate::proxies::{Maker, probe};

/// One figure.
#[derive(Debug, Clone)]
pub struct Overhead {
    /// The proxy.
    pub proxy: &'static str,
    /// The implementation's code.
    pub implementation: &'static str,
    /// What is called.
    pub call: &'static str,
    /// Whether every program is in the chain's cache.
    pub cached: bool,
    /// Gas beyond that of calling the implementation itself.
    pub gas: u64,
}

impl Overhead {
    /// Its key in the snapshot.
    pub fn sentence(&self) -> String {
        let cached = if self.cached { "cached" } else { "uncached" };
        format!(
            "{} over {} adds to {}, {cached}, gas",
            self.proxy, self.implementation, self.call
        )
    }
}

/// Every proxy over every implementation, cached and uncached.
///
/// # Errors
/// Whatever the chain refuses.
pub async fn overheads(chain: &Chain) -> Result<Vec<Overhead>, HarnessError> {
    let maker = Maker::new(chain)?;
    let fixture = |name: &str| {
        maker
            .builder()
            .path(&home().join("tests/fixtures").join(name))
    };
    let one_page = chain.deploy(&fixture("probes/probe")?).await?;
    let two_pages = chain.deploy(&fixture("probes/probe_two_pages")?).await?;
    let evm = chain
        .create(maker.solidity().contract("Probe")?.creation.clone())
        .await?;
    let implementations = [
        (one_page, "WASM of one page"),
        (two_pages, "WASM of two pages"),
        (evm, "EVM code"),
    ];
    let mut proxies = Vec::new();
    for (kind, name) in COMPARED {
        for (address, code) in implementations {
            proxies.push((maker.make(kind, address).await?, name, address, code));
        }
    }
    let mut overheads = Vec::new();
    for cached in [false, true] {
        if cached {
            let programs = proxies.iter().map(|(proxy, ..)| *proxy);
            for program in programs.chain([one_page, two_pages]) {
                cache(chain, program).await?;
            }
        }
        for &(proxy, name, code, implementation) in &proxies {
            for (call, data) in calls() {
                let through = gas(chain, proxy, &data).await?;
                let directly = gas(chain, code, &data).await?;
                let gas = through.saturating_sub(directly);
                overheads.push(Overhead {
                    proxy: name,
                    implementation,
                    call,
                    cached,
                    gas,
                });
                unset(chain, [proxy, code]).await?;
            }
        }
    }
    Ok(overheads)
}

/// The slot that the second call sets: it is empty before each measurement.
fn slot() -> U256 {
    U256::from_be_bytes(keccak256("measured").0)
}

fn calls() -> [(&'static str, Bytes); 2] {
    let store = probe::storeCall {
        slot: slot(),
        value: U256::from(1),
    };
    [
        ("the echo of 32 bytes", Bytes::from([7; 32])),
        ("one storage set", store.abi_encode().into()),
    ]
}

async fn gas(chain: &Chain, to: Address, data: &Bytes) -> Result<u64, HarnessError> {
    let request = TransactionRequest::default()
        .with_to(to)
        .with_input(data.clone());
    Ok(chain.send(request).await?.gas_used)
}

async fn unset(chain: &Chain, accounts: [Address; 2]) -> Result<(), HarnessError> {
    let unset = probe::storeCall {
        slot: slot(),
        value: U256::ZERO,
    };
    for account in accounts {
        chain.execute(chain.account(0), account, &unset).await?;
    }
    Ok(())
}

/// Puts a program into the chain's cache, as the cache manager does for the highest bidders.
/// EVM code is left alone.
pub(super) async fn cache(chain: &Chain, program: Address) -> Result<(), HarnessError> {
    if !chain
        .code(program)
        .await?
        .starts_with(&stylus_upgrades_interface::chain::PROGRAM_PREFIX)
    {
        return Ok(());
    }
    let managers = chain
        .read(ARB_WASM_CACHE, &IArbWasmCache::allCacheManagersCall {})
        .await?;
    let manager = managers.first().copied().unwrap_or_default();
    let rich = U256::from(10u64.pow(18));
    chain
        .request::<_, Value>("anvil_setBalance", (manager, rich))
        .await?;
    chain
        .request::<_, Value>("anvil_impersonateAccount", (manager,))
        .await?;
    let request = TransactionRequest::default()
        .with_from(manager)
        .with_to(ARB_WASM_CACHE)
        .with_input(IArbWasmCache::cacheProgramCall { program }.abi_encode());
    let _hash: Value = chain.request("eth_sendTransaction", (request,)).await?;
    Ok(())
}
