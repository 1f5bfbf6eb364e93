//! Our contracts on our chain, spawned by ethers-rs as if it were anvil.

use ethers::abi::{AbiEncode, Token};
use ethers::contract::EthLogDecode;
use ethers::providers::Middleware;
use ethers::types::{Address, Bytes, H160, TransactionRequest, U256};
use serde::Deserialize;

use crate::bindings::registry::ProxyCreatedFilter;
use crate::bindings::stylus_deployer::ContractDeployedFilter;
use crate::bindings::{
    ArbWasm, Code, InitializeCall, MigrateCall, Proxy, Registry, Step, StylusDeployer,
};
use crate::client::{Client, Failure, Spawned, Wait, create};
use crate::lifecycle::{self, Suite};

const NAME: &str = "Counter";
/// The deterministic CREATE2 deployer, ArbWasm, the Stylus deployer.
const CREATE2_DEPLOYER: H160 =
    H160(*b"\x4e\x59\xb4\x48\x47\xb3\x79\x57\x85\x88\x92\x0c\xa7\x8f\xbf\x26\xc0\xb4\x95\x6c");
const ARB_WASM: H160 = H160([
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x71,
]);
const STYLUS_DEPLOYER: H160 =
    H160(*b"\xce\xcb\xa2\xf1\xdc\x23\x4f\x70\xdd\x89\xf2\x04\x10\x29\x80\x7f\x8d\x03\xa9\x90");
/// Wei sent with an activation; the chain gives back what it does not take.
const DATA_FEE: u64 = 100_000_000_000_000_000;
/// `stylus_constructor()`: the registry's constructor, whatever its arguments.
const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];

/// Creation code.
#[derive(Deserialize)]
pub(crate) struct Codes {
    /// The framework's pause stub.
    stub: Bytes,
    /// What the framework shares, where its constants expect it.
    shared: Vec<Shared>,
    registry: Bytes,
    counter_v1: Bytes,
    counter_v2: Bytes,
}

#[derive(Deserialize)]
struct Shared {
    address: Address,
    code: Bytes,
}

struct Stylus {
    chain: Spawned,
    codes: Codes,
    registry: Address,
}

impl Stylus {
    fn registry(&self) -> Registry<<Client as std::ops::Deref>::Target> {
        Registry::new(self.registry, self.chain.client.clone())
    }

    async fn activate(&self, program: Address) -> Result<(), Failure> {
        let precompile = ArbWasm::new(ARB_WASM, self.chain.client.clone());
        precompile
            .activate_program(program)
            .value(DATA_FEE)
            .mined()
            .await?;
        Ok(())
    }

    /// Puts code where the framework's constants expect it.
    async fn create2(&self, creation_code: &[u8]) -> Result<(), Failure> {
        let data = [&[0; 32], creation_code].concat();
        let request = TransactionRequest::new()
            .to(CREATE2_DEPLOYER)
            .data(Bytes::from(data));
        self.chain
            .client
            .send_transaction(request, None)
            .await?
            .await?
            .ok_or("no receipt")?;
        Ok(())
    }

    async fn deploy_parts(&self) -> Result<(), Failure> {
        self.create2(&self.codes.stub).await?;
        for part in &self.codes.shared {
            self.create2(&part.code).await?;
            self.activate(part.address).await?;
        }
        Ok(())
    }
}

impl Suite for Stylus {
    async fn deploy_registry(&mut self) -> Result<(), Failure> {
        self.deploy_parts().await?;
        let policy = format!("{:?}", self.chain.client.address());
        let constructor = [
            CONSTRUCTOR.as_slice(),
            &ethers::abi::encode(&[Token::String(policy)]),
        ]
        .concat();
        let deployer = StylusDeployer::new(STYLUS_DEPLOYER, self.chain.client.clone());
        let code = self.codes.registry.clone();
        let call = deployer.deploy(code, constructor.into(), U256::zero(), [0; 32]);
        let instance: ContractDeployedFilter = event(call.value(DATA_FEE).mined().await?.logs)?;
        self.registry = instance.deployed_contract;
        let admin = format!("{:?}", self.chain.client.address());
        self.registry()
            .create_definition(NAME.into(), admin.clone(), admin.clone(), admin)
            .mined()
            .await?;
        Ok(())
    }

    async fn deploy(&mut self, version: &str) -> Result<Address, Failure> {
        let code = match version {
            "1.0" => &self.codes.counter_v1,
            _ => &self.codes.counter_v2,
        };
        let program = create(&self.chain.client, code.clone()).await?;
        self.activate(program).await?;
        Ok(program)
    }

    async fn register(&mut self, version: &str, implementation: Address) -> Result<(), Failure> {
        let code = self.chain.client.get_code(implementation, None).await?;
        let code = Code {
            implementation,
            codehash: ethers::utils::keccak256(code),
            ..Code::default()
        };
        let step = if version == "1.0" {
            Step::default()
        } else {
            // Without calldata of its own: upgradeToAndCall brings it.
            Step {
                from: "1.0".into(),
                kind: 1,
                ..Step::default()
            }
        };
        self.registry()
            .add_version(NAME.into(), version.into(), code, step)
            .mined()
            .await?;
        Ok(())
    }

    async fn create_proxy(&mut self, start: U256) -> Result<Address, Failure> {
        let initializer = Bytes::from(InitializeCall { value: start }.encode());
        let call = self
            .registry()
            .create_proxy(NAME.into(), "1.0".into(), 0, [0; 32], initializer);
        let created: ProxyCreatedFilter = event(call.mined().await?.logs)?;
        Ok(created.proxy)
    }

    async fn upgrade(&mut self, proxy: Address, step: U256) -> Result<(), Failure> {
        let migration = Bytes::from(MigrateCall { step }.encode());
        let proxy = Proxy::new(proxy, self.chain.client.clone());
        proxy
            .upgrade_to_and_call("2.0".into(), migration)
            .mined()
            .await?;
        assert_eq!(proxy.implementation_version().call().await?, "2.0");
        Ok(())
    }

    fn client(&self) -> &Client {
        &self.chain.client
    }
}

/// The first log that decodes as the event.
fn event<E: EthLogDecode>(logs: Vec<ethers::types::Log>) -> Result<E, Failure> {
    let decoded = logs
        .into_iter()
        .find_map(|log| E::decode_log(&log.into()).ok());
    decoded.ok_or_else(|| "the event is missing".into())
}

/// Makes the eight steps.
pub(crate) async fn eight_steps(chain: Spawned, codes: Codes) -> Result<(), Failure> {
    assert_eq!(chain.node.chain_id(), 412_346);
    lifecycle::eight_steps(Stylus {
        chain,
        codes,
        registry: Address::zero(),
    })
    .await
}
