//! The proxies under comparison, and how each one is created.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol;
use alloy::sol_types::{SolCall, SolValue};
use stylus_upgrades::build::{Builder, evm};
use stylus_upgrades_harness::{Chain, HarnessError, Lines, Npm, Solidity, builder};
use stylus_upgrades_interface::slots;

use crate::contracts::built;
use crate::peers::{TRANSPARENT_4, TRANSPARENT_5, UUPS_4};

/// The implementation that shows what reached it.
pub mod probe {
    #![allow(missing_docs, reason = "documented in IProbe.sol")]
    alloy::sol!("fixtures/probes/probe/IProbe.sol");
    pub use IProbe::*;
}

sol! {
    /// The registry of the Solidity original.
    interface IOriginalRegistry {
        event ProxyCreated(address proxy);
        function addVersion(string calldata version, address implementation) external;
        function createProxy(string calldata version) external payable returns (address);
    }

    /// Gives Solady's minimal proxy.
    interface ISoladyFactory {
        function initCode(address implementation) external pure returns (bytes memory);
    }
}

/// Which proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// UpgradeabilityProxy: with the five selectors, in WASM.
    Upgradeability,
    /// This framework's Proxy: without any selector of its own, in WASM.
    Bare,
    /// This framework's, in EVM code.
    Evm,
    /// The inherited-storage original, in EVM code.
    Original,
    /// OpenZeppelin's ERC1967Proxy, in EVM code.
    OpenZeppelin,
    /// OpenZeppelin's transparent proxy 4.x, as it comes from npm.
    Transparent4,
    /// OpenZeppelin's transparent proxy 5.x, as it comes from npm.
    Transparent5,
    /// OpenZeppelin's ERC1967Proxy 4.x, over UUPS code, as it comes from npm.
    Uups4,
    /// Solady's minimal ERC-1967 proxy, in EVM code.
    Solady,
}

impl Proxy {
    /// Whether it is a WASM program.
    pub fn is_wasm(self) -> bool {
        matches!(self, Self::Upgradeability | Self::Bare)
    }

    /// The slot that holds the implementation's address.
    pub fn implementation_slot(self) -> U256 {
        match self {
            Self::Original => U256::from(1),
            _ => slots::IMPLEMENTATION.into(),
        }
    }
}

/// Makes proxies over any implementation, without a registry of the framework.
pub struct Maker<'c> {
    chain: &'c Chain,
    solidity: Solidity,
    builder: &'static Builder,
}

impl<'c> Maker<'c> {
    /// Compiles what is missing.
    ///
    /// # Errors
    /// As [`Solidity::compile`]; if the framework's sources are gone.
    pub fn new(chain: &'c Chain) -> Result<Self, HarnessError> {
        Ok(Self {
            chain,
            solidity: Solidity::compile(&Lines)?,
            builder: builder()?,
        })
    }

    /// The compiled Solidity contracts.
    pub fn solidity(&self) -> &Solidity {
        &self.solidity
    }

    /// The builder of WASM contracts.
    pub fn builder(&self) -> &Builder {
        self.builder
    }

    /// A proxy over `implementation`; activated, if it is a program.
    ///
    /// # Errors
    /// Whatever the chain refuses.
    pub async fn make(
        &self,
        proxy: Proxy,
        implementation: Address,
    ) -> Result<Address, HarnessError> {
        if proxy == Proxy::Original {
            return self.original(implementation).await;
        }
        let creation_code = self.creation_code(proxy, implementation).await?;
        let address = match proxy {
            // to whom created it, it is another contract
            Proxy::Evm => self.by_another(creation_code).await?,
            _ => self.chain.create(creation_code).await?,
        };
        if proxy.is_wasm() {
            self.chain.activate(address).await?;
        }
        Ok(address)
    }

    /// Creates a contract from an account that no test calls it from.
    async fn by_another(&self, creation_code: Bytes) -> Result<Address, HarnessError> {
        let creation = TransactionRequest::default()
            .with_from(self.chain.account(9))
            .with_deploy_code(creation_code);
        let receipt = self.chain.send(creation).await?;
        receipt.contract_address.ok_or(HarnessError::Failed {
            hash: receipt.transaction_hash,
        })
    }

    /// Its creation code with the implementation in it; that of the original names a registry
    /// instead, and is empty here.
    ///
    /// # Errors
    /// As [`Maker::make`].
    pub async fn creation_code(
        &self,
        proxy: Proxy,
        implementation: Address,
    ) -> Result<Bytes, HarnessError> {
        Ok(match proxy {
            Proxy::Upgradeability => self.wasm("upgradeability-proxy", implementation)?,
            Proxy::Bare => self.wasm("proxy", implementation)?,
            Proxy::Evm => {
                let storage = self.builder.framework()?.storage.address;
                let init_code = evm::evm_proxy_creation_code(implementation, storage);
                let creator = self.chain.account(9).into_word();
                [&init_code[..], creator.as_slice()].concat().into()
            }
            Proxy::OpenZeppelin => self.openzeppelin(implementation)?,
            Proxy::Transparent4 => self.adopted(TRANSPARENT_4, implementation)?,
            Proxy::Transparent5 => self.adopted(TRANSPARENT_5, implementation)?,
            Proxy::Uups4 => {
                let arguments = (implementation, Bytes::new()).abi_encode_params();
                Npm::install(&Lines)?.creation_code(UUPS_4, &arguments)?
            }
            Proxy::Solady => self.solady(implementation).await?,
            Proxy::Original => Bytes::new(),
        })
    }

    /// The init code of every WASM proxy, with the implementation where the stub stands at creation.
    fn wasm(&self, package: &str, implementation: Address) -> Result<Bytes, HarnessError> {
        Ok(evm::proxy_creation_code(
            implementation,
            &built(package)?.code,
        ))
    }

    fn openzeppelin(&self, implementation: Address) -> Result<Bytes, HarnessError> {
        // Empty data is refused since 5.6.
        let data = Bytes::from(probe::contextCall {}.abi_encode());
        let mut creation = self.solidity.contract("ERC1967Proxy")?.creation.to_vec();
        creation.extend((implementation, data).abi_encode_params());
        Ok(creation.into())
    }

    /// A transparent proxy, whose admin calls it in no test.
    fn adopted(&self, artifact: &str, implementation: Address) -> Result<Bytes, HarnessError> {
        let admin = self.chain.account(9);
        // Empty data is refused since 5.6.
        let data = Bytes::from(probe::contextCall {}.abi_encode());
        let arguments = (implementation, admin, data).abi_encode_params();
        Npm::install(&Lines)?.creation_code(artifact, &arguments)
    }

    async fn solady(&self, implementation: Address) -> Result<Bytes, HarnessError> {
        let factory = self
            .chain
            .create(self.solidity.contract("SoladyFactory")?.creation.clone())
            .await?;
        self.chain
            .read(factory, &ISoladyFactory::initCodeCall { implementation })
            .await
    }

    async fn original(&self, implementation: Address) -> Result<Address, HarnessError> {
        let registry = self
            .chain
            .create(self.solidity.contract("Registry")?.creation.clone())
            .await?;
        let version = String::from("1.0");
        let add = IOriginalRegistry::addVersionCall {
            version: version.clone(),
            implementation,
        };
        self.chain
            .execute(self.chain.account(0), registry, &add)
            .await?;
        let create = IOriginalRegistry::createProxyCall { version };
        let receipt = self
            .chain
            .execute(self.chain.account(0), registry, &create)
            .await?;
        let created = receipt.decoded_log::<IOriginalRegistry::ProxyCreated>();
        Ok(created
            .ok_or(HarnessError::Failed {
                hash: receipt.transaction_hash,
            })?
            .proxy)
    }
}
