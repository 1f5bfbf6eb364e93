//! The proxies that the list is held against, and how each one is made.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolValue};
use std::sync::Arc;
use stylus_upgrades::build::{Builder, evm};
use stylus_upgrades_harness::{Chain, HarnessError, Lines, Solidity, home};
use stylus_upgrades_interface::slots;

/// The implementation that shows what reached it.
pub(crate) mod probe {
    alloy::sol!("fixtures/probe/IProbe.sol");
    pub(crate) use IProbe::*;
}

sol! {
    /// The registry of the Solidity original.
    interface IOriginalRegistry {
        event ProxyCreated(address proxy);
        function addVersion(string calldata version, address implementation) external;
        function createProxy(string calldata version) external payable returns (address);
    }
}

/// Which proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// Ours, with the five selectors, in WASM.
    Ours,
    /// Ours, without any selector of its own, in WASM.
    Bare,
    /// The inherited-storage original, in EVM code.
    Original,
    /// OpenZeppelin's ERC1967Proxy, in EVM code.
    OpenZeppelin,
}

/// Which code the probe behind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Wasm,
    Evm,
}

/// Which chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// Ours, or the one in `RPC_URL`.
    Stylus,
    /// Real anvil.
    Anvil,
}

/// A variant of the subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row(pub(crate) Proxy, pub(crate) Code, pub(crate) On);

/// A proxy over a probe, and all that an obligation needs to look at.
pub(crate) struct Subject {
    pub(crate) chain: Chain,
    pub(crate) proxy: Address,
    /// A second proxy of the same kind over the same implementation.
    pub(crate) sibling: Address,
    pub(crate) implementation: Address,
    /// A probe in EVM code that is nobody's implementation.
    pub(crate) caller: Address,
    /// The slot that holds the implementation's address.
    pub(crate) slot: U256,
}

impl Row {
    /// Starts the chain and makes the proxies.
    pub(crate) async fn make(self) -> Result<Subject, HarnessError> {
        let Self(kind, code, on) = self;
        let solidity = Solidity::compile(&Lines)?;
        let chain = match on {
            On::Stylus => Chain::start().await?,
            On::Anvil => Chain::anvil()?,
        };
        let evm_probe = solidity.contract("Probe")?.creation.clone();
        let caller = chain.create(evm_probe.clone()).await?;
        let implementation = match code {
            Code::Evm => chain.create(evm_probe).await?,
            Code::Wasm => {
                chain
                    .deploy(&builder()?.path(&home().join("tests/fixtures/probe"))?)
                    .await?
            }
        };
        let maker = Maker {
            chain,
            solidity,
            implementation,
        };
        let proxies = maker.two(kind).await?;
        let slot = match kind {
            Proxy::Original => U256::from(1),
            _ => slots::IMPLEMENTATION.into(),
        };
        let [proxy, sibling] = proxies;
        Ok(Subject {
            chain: maker.chain,
            proxy,
            sibling,
            implementation,
            caller,
            slot,
        })
    }
}

/// Makes proxies over one implementation.
struct Maker {
    chain: Chain,
    solidity: Solidity,
    implementation: Address,
}

impl Maker {
    async fn two(&self, kind: Proxy) -> Result<[Address; 2], HarnessError> {
        match kind {
            Proxy::Ours => self.wasm("upgradeability-proxy").await,
            Proxy::Bare => self.wasm("proxy").await,
            Proxy::OpenZeppelin => self.openzeppelin().await,
            Proxy::Original => self.original().await,
        }
    }

    /// The init code of every WASM proxy, with the implementation where the stub stands at birth.
    async fn wasm(&self, package: &str) -> Result<[Address; 2], HarnessError> {
        let artifact = builder()?.contract(package)?;
        let birth = evm::proxy_creation_code(self.implementation, &artifact.code);
        let first = self.chain.create(birth.clone()).await?;
        self.chain.activate(first).await?;
        Ok([first, self.chain.create(birth).await?])
    }

    async fn openzeppelin(&self) -> Result<[Address; 2], HarnessError> {
        // Empty data is refused since 5.6.
        let data = Bytes::from(probe::contextCall {}.abi_encode());
        let mut creation = self.solidity.contract("ERC1967Proxy")?.creation.to_vec();
        creation.extend((self.implementation, data).abi_encode_params());
        Ok([
            self.chain.create(creation.clone()).await?,
            self.chain.create(creation).await?,
        ])
    }

    async fn original(&self) -> Result<[Address; 2], HarnessError> {
        let registry = self
            .chain
            .create(self.solidity.contract("Registry")?.creation.clone())
            .await?;
        let version = String::from("1.0");
        let add = IOriginalRegistry::addVersionCall {
            version: version.clone(),
            implementation: self.implementation,
        };
        self.chain
            .execute(self.chain.account(0), registry, &add)
            .await?;
        let create = IOriginalRegistry::createProxyCall { version };
        let mut proxies = [Address::ZERO; 2];
        for proxy in &mut proxies {
            let receipt = self
                .chain
                .execute(self.chain.account(0), registry, &create)
                .await?;
            let created = receipt.decoded_log::<IOriginalRegistry::ProxyCreated>();
            *proxy = created
                .ok_or(HarnessError::Failed {
                    hash: receipt.transaction_hash,
                })?
                .proxy;
        }
        Ok(proxies)
    }
}

fn builder() -> Result<Builder, HarnessError> {
    Ok(Builder::new(Arc::new(Lines))?)
}
