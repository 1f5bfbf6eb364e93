//! A registry on a chain in this process. Any account sends transactions; results are decoded.

use crate::prelude::*;
use std::sync::{LazyLock, Mutex, PoisonError};

use alloy::primitives::Log;
use stylus_chain::{AccountView, Chain, ChainConfig, Overrides};
use stylus_upgrades::build::{Builder, Framework, Part, evm};
use stylus_upgrades_harness::{builder, traces};
use stylus_upgrades_interface::chain::{
    ARB_WASM, CONSTRUCTOR_SELECTOR, CREATE2_DEPLOYER, IArbWasm, IStylusDeployer, STYLUS_DEPLOYER,
};
use stylus_upgrades_tests::contracts::built;

pub(crate) use super::definition::{
    add_version, all_of, complex, initial_step, new_proxy, plain, set_policy, step,
};

/// Gas of a transaction that does not ask for more.
const GAS: u64 = 30_000_000;
/// When the framework is deployed, in Unix seconds.
const TIME: u64 = 1_800_000_000;

static BUILDER: LazyLock<&'static Builder> = LazyLock::new(|| builder().expect("the workspace"));
static FRAMEWORK: LazyLock<Framework> =
    LazyLock::new(|| BUILDER.framework().expect("the framework builds"));

/// The bytes of the whole framework.
pub(crate) fn framework() -> &'static Framework {
    &FRAMEWORK
}

/// The part of the registry that is built from that package.
pub(crate) fn part(package: &str) -> &'static Part {
    framework().part(package).expect("a part of the registry")
}

/// Revert data of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reverted(pub(crate) Bytes);

/// What a transaction returned and emitted.
#[derive(Debug)]
pub(crate) struct Done<T> {
    pub(crate) returned: T,
    pub(crate) logs: Vec<Log>,
    pub(crate) gas: u64,
}

impl<T> Done<T> {
    /// The same with another answer.
    pub(crate) fn with<U>(self, returned: U) -> Done<U> {
        let Self { logs, gas, .. } = self;
        Done {
            returned,
            logs,
            gas,
        }
    }

    /// The same with what was done afterwards.
    pub(crate) fn then<U>(mut self, later: Done<U>) -> Self {
        self.logs.extend(later.logs);
        self.gas += later.gas;
        self
    }

    /// The events of a type, from any emitter.
    pub(crate) fn events<E: SolEvent>(&self) -> Vec<E> {
        let logs = self.logs.iter();
        logs.filter_map(|log| E::decode_log_data(&log.data).ok())
            .collect()
    }

    /// The instances that were left where they are, and why.
    pub(crate) fn skipped(&self) -> Vec<IRegistry::InstanceSkipped> {
        self.events()
    }

    /// Asserts that one instance alone was left where it is, and for which reason.
    #[track_caller]
    pub(crate) fn skips(&self, proxy: Address, reason: impl Into<Bytes>) {
        let skipped = self.skipped();
        let found: Vec<_> = skipped.iter().map(|one| (one.proxy, &one.reason)).collect();
        assert_eq!(found, [(proxy, &reason.into())]);
    }
}

/// A chain with a registry.
pub(crate) struct Fixture {
    pub(crate) chain: Chain,
    pub(crate) registry: Address,
}

/// The accounts that have money, by number.
pub(crate) fn account(n: usize) -> Address {
    ChainConfig::default().accounts[n].0
}

/// An address as a policy.
pub(crate) fn is(who: Address) -> String {
    format!("{who:?}")
}

impl Fixture {
    /// The framework, and a registry whose `define` policy is given.
    pub(crate) fn new(define: &str) -> Self {
        static DEPLOYED: LazyLock<Mutex<Chain>> =
            LazyLock::new(|| Mutex::new(Fixture::with_framework().chain));
        let deployed = DEPLOYED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fixture = Self {
            chain: deployed.branch(),
            registry: Address::ZERO,
        };
        drop(deployed);
        // The clock has not run since the framework was deployed.
        fixture.chain.set_time(fixture.now());
        fixture.registry = fixture
            .deploy_registry(define)
            .expect("the registry is born");
        fixture
    }

    fn with_framework() -> Self {
        let config = ChainConfig {
            auto_impersonate: true,
            timestamp: Some(TIME),
            ..ChainConfig::default()
        };
        let mut fixture = Self {
            chain: Chain::new(config),
            registry: Address::ZERO,
        };
        let framework = framework();
        for contract in framework.contracts() {
            fixture.create2(&evm::creation_code(&contract.code));
        }
        for part in framework.shared() {
            fixture.create2(&part.artifact.creation_code());
            fixture.activate(part.address);
        }
        fixture
    }

    pub(crate) fn deploy_registry(&mut self, define: &str) -> Result<Address, Reverted> {
        let init = [
            CONSTRUCTOR_SELECTOR.as_slice(),
            &(define.to_owned(),).abi_encode_params(),
        ]
        .concat();
        let deploy = IStylusDeployer::deployCall {
            bytecode: framework().registry.creation_code(),
            initData: init.into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let done = self.pay(
            account(9),
            STYLUS_DEPLOYER,
            &deploy,
            U256::from(10u64.pow(17)),
        )?;
        Ok(done.returned)
    }

    /// Another registry, whose `define` policy is that account; calls go to the one of before.
    pub(crate) fn another_registry(&mut self, who: usize) -> Address {
        let deployed = self.deploy_registry(&is(account(who)));
        deployed.expect("another registry")
    }

    /// Does something where calls go to another registry.
    pub(crate) fn at<T>(&mut self, registry: Address, act: impl FnOnce(&mut Self) -> T) -> T {
        let here = std::mem::replace(&mut self.registry, registry);
        let done = act(self);
        self.registry = here;
        done
    }

    fn create2(&mut self, creation_code: &[u8]) {
        let input = [B256::ZERO.as_slice(), creation_code].concat();
        self.raw(account(9), CREATE2_DEPLOYER, input.into(), U256::ZERO, GAS)
            .expect("CREATE2 deployer");
    }

    pub(crate) fn activate(&mut self, program: Address) {
        let call = IArbWasm::activateProgramCall { program };
        self.pay(account(9), ARB_WASM, &call, U256::from(10u64.pow(17)))
            .expect("activation");
    }

    /// Deploys the code of a contract of this workspace, not activated.
    pub(crate) fn deploy_inactive(&mut self, package: &str) -> Code {
        let artifact = built(package).expect("the contract builds");
        self.deploy_code(&artifact.creation_code())
    }

    /// Deploys and activates a contract of this workspace.
    pub(crate) fn deploy(&mut self, package: &str) -> Code {
        let code = self.deploy_inactive(package);
        let version = IArbWasm::codehashVersionCall {
            codehash: code.codehash,
        };
        if self.ask(ARB_WASM, &version).is_err() {
            self.activate(code.implementation);
        }
        code
    }

    /// Runs creation code.
    pub(crate) fn deploy_code(&mut self, creation_code: &[u8]) -> Code {
        let request = CallRequest {
            gas: Some(GAS),
            input: creation_code.to_vec().into(),
            ..CallRequest::default()
        };
        let hash = self
            .chain
            .submit_unsigned(account(9), request)
            .expect("accepted");
        let receipt = self.chain.receipt(hash).expect("mined");
        let implementation = receipt.contract_address.expect("created");
        Code {
            implementation,
            codehash: self.code_hash(implementation),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
        }
    }

    /// An account with that EVM code.
    pub(crate) fn deploy_evm(&mut self, code: &[u8]) -> Address {
        self.deploy_code(&evm::creation_code(code)).implementation
    }

    fn state(&self, account: Address) -> AccountView {
        let latest = BlockId::latest();
        self.chain.account(account, latest).expect("latest")
    }

    /// How many accounts a contract has created, and 1.
    pub(crate) fn created_by(&self, account: Address) -> u64 {
        self.state(account).nonce
    }

    pub(crate) fn code(&self, account: Address) -> Bytes {
        self.state(account).code
    }

    pub(crate) fn code_hash(&self, account: Address) -> B256 {
        keccak256(self.code(account))
    }

    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.state(account).balance
    }

    pub(crate) fn slot(&self, account: Address, slot: B256) -> B256 {
        let word = self.chain.storage(account, slot.into(), BlockId::latest());
        word.expect("latest")
    }

    /// A transaction to the registry.
    pub(crate) fn send<C: SolCall>(
        &mut self,
        from: Address,
        call: &C,
    ) -> Result<Done<C::Return>, Reverted> {
        self.send_to(from, self.registry, call)
    }

    /// A transaction to anybody.
    pub(crate) fn send_to<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<Done<C::Return>, Reverted> {
        self.pay(from, to, call, U256::ZERO)
    }

    pub(crate) fn send_with_gas<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
        gas: u64,
    ) -> Result<Done<C::Return>, Reverted> {
        self.pay_with_gas(from, to, call, U256::ZERO, gas)
    }

    /// A transaction to anybody, with value.
    pub(crate) fn pay<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<Done<C::Return>, Reverted> {
        self.pay_with_gas(from, to, call, value, GAS)
    }

    fn pay_with_gas<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
        value: U256,
        gas: u64,
    ) -> Result<Done<C::Return>, Reverted> {
        let done = self.raw(from, to, call.abi_encode().into(), value, gas)?;
        let returned = C::abi_decode_returns(&done.returned).expect("an answer of that type");
        Ok(done.with(returned))
    }

    /// Sends bytes. What is refused is mined all the same, and must leave no trace.
    pub(crate) fn raw(
        &mut self,
        from: Address,
        to: Address,
        input: Bytes,
        value: U256,
        gas: u64,
    ) -> Result<Done<Bytes>, Reverted> {
        let request = CallRequest {
            to: Some(to),
            gas: Some(gas),
            value,
            input,
            ..CallRequest::default()
        };
        let before = self.chain.block_number();
        let hash = self.chain.submit_unsigned(from, request).expect("accepted");
        let receipt = self.chain.receipt(hash).expect("mined");
        if !receipt.success {
            assert_eq!(traces(&self.chain, before, from), [], "a refusal");
            return Err(Reverted(receipt.output));
        }
        Ok(Done {
            returned: receipt.output,
            logs: receipt.logs,
            gas: receipt.gas_used,
        })
    }

    /// Sends bytes without value.
    pub(crate) fn send_bytes(
        &mut self,
        who: usize,
        to: Address,
        input: impl Into<Bytes>,
    ) -> Result<Done<Bytes>, Reverted> {
        self.raw(account(who), to, input.into(), U256::ZERO, GAS)
    }

    /// A call of the registry's view.
    pub(crate) fn view<C: SolCall>(&self, call: &C) -> Result<C::Return, Reverted> {
        self.ask(self.registry, call)
    }

    /// A call of any view.
    pub(crate) fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, Reverted> {
        let request = CallRequest {
            to: Some(to),
            input: call.abi_encode().into(),
            ..CallRequest::default()
        };
        let outcome = self
            .chain
            .call(request, BlockId::latest(), &Overrides::default())
            .expect("a call");
        if !outcome.success {
            return Err(Reverted(outcome.output));
        }
        Ok(C::abi_decode_returns(&outcome.output).expect("an answer of that type"))
    }

    /// Every slot of an account that is not zero.
    pub(crate) fn slots_of(&self, account: Address) -> BTreeMap<B256, B256> {
        let state = self.chain.dump_state().expect("a dump");
        let state = serde_json::to_value(&state).expect("JSON");
        let mut accounts: BTreeMap<Address, Value> =
            serde_json::from_value(state["accounts"].clone()).expect("accounts");
        let slots = accounts
            .get_mut(&account)
            .map(|account| account["storage"].take())
            .filter(|slots| !slots.is_null());
        let slots: BTreeMap<U256, U256> = slots.map_or_else(BTreeMap::new, |slots| {
            serde_json::from_value(slots).expect("slots")
        });
        let words = slots.into_iter().filter(|(_, value)| !value.is_zero());
        words
            .map(|(slot, value)| (slot.into(), value.into()))
            .collect()
    }

    /// It can pay for what it sends.
    pub(crate) fn give_ether(&mut self, account: Address) {
        self.chain.set_balance(account, U256::from(10u64.pow(18)));
    }

    /// The time of the newest block, in Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        let block = self.chain.block(BlockId::latest());
        block.expect("a block").header.timestamp
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.chain.increase_time(seconds);
        self.chain.mine(1, None).expect("a block");
    }
}

/// Asserts that a call reverts with exactly that error.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Reverted>, error: impl SolError) {
    match result {
        Err(Reverted(data)) => assert_eq!(data, Bytes::from(error.abi_encode())),
        Ok(done) => panic!("not refused: {done:?}"),
    }
}
