//! The variants that the specification is checked against.

use alloy::primitives::{Address, U256};
use stylus_upgrades_harness::{Chain, HarnessError, home};
use stylus_upgrades_tests::proxies::{Maker, Proxy};

/// Which code the probe behind the proxy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Wasm,
    Evm,
}

/// Which chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// Our own, or the one in `RPC_URL`.
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
    /// A probe in EVM code that no proxy has as its implementation.
    pub(crate) caller: Address,
    /// The slot that holds the implementation's address.
    pub(crate) slot: U256,
}

impl Row {
    /// Starts the chain and makes the proxies.
    pub(crate) async fn make(self) -> Result<Subject, HarnessError> {
        let Self(kind, code, on) = self;
        let chain = match on {
            On::Stylus => Chain::start().await?,
            On::Anvil => Chain::anvil()?,
        };
        let maker = Maker::new(&chain)?;
        let evm_probe = maker.solidity().contract("Probe")?.creation.clone();
        let caller = chain.create(evm_probe.clone()).await?;
        let implementation = match code {
            Code::Evm => chain.create(evm_probe).await?,
            Code::Wasm => {
                let folder = home().join("tests/fixtures/probes/probe");
                chain.deploy(&maker.builder().path(&folder)?).await?
            }
        };
        let proxy = maker.make(kind, implementation).await?;
        let sibling = maker.make(kind, implementation).await?;
        let slot = kind.implementation_slot();
        Ok(Subject {
            chain,
            proxy,
            sibling,
            implementation,
            caller,
            slot,
        })
    }
}
