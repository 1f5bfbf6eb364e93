//! Two instances with data that an old binary wrote. One keeps that code, the other is upgraded.
//! Both receive the same calls and must return the same results.

use crate::prelude::*;
use alloy::primitives::{Log, b256};
use stylus_chain::Overrides;
use stylus_upgrades::build::evm;
use stylus_upgrades::registry::delegated;
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::complex::IComplexMigration::{
    endMigrationCall, migrateNextCall, progressCall,
};
use stylus_upgrades_interface::reasons::step;

use crate::registry::fixture::{Fixture, Reverted, account, complex, initial_step};

/// The binaries in `tests/fixtures/old`, with the hash of each as it is on chain.
const BINARIES: [(&str, B256); 4] = [
    (
        "counter-v1",
        b256!("12290f82d2279521397b5485885e8b04b4fd7fdf70b59dcb86f3b9fce796deaf"),
    ),
    (
        "points-v1",
        b256!("d51656134d7736322eba5f48088aef2a124dba80d3cd1f516f1334ddc1f2e685"),
    ),
    (
        "erc20-v1",
        b256!("7015fc05603949dbfcec728d127f2f90e5ccc710f45fa9db944ab599ef64517c"),
    ),
    (
        "erc721-basic",
        b256!("16255c889e081e8e29fc8f2897f197be4b55b991b5d0dabeca86db2e0e69c24e"),
    ),
];

const GAS: u64 = 30_000_000;
/// Who handles complex steps.
pub(super) const HANDLER: usize = 5;

/// All slots of an instance that are not zero.
pub(super) type Slots = BTreeMap<B256, B256>;

/// What a call answers, or reverts with, and the events that it emits, without their emitter.
type Answer = (Result<Bytes, Bytes>, Vec<(Vec<B256>, Bytes)>);

/// Two instances of the definition "A", created at 1.0.
pub(super) struct Twins {
    pub(super) fixture: Fixture,
    pub(super) old: Code,
    pub(super) stayed: Address,
    pub(super) moved: Address,
}

impl Twins {
    /// Both are created from the old binary with the same calldata.
    pub(super) fn new(binary: &str, initialize: &impl SolCall) -> Self {
        let mut fixture = Fixture::of_one();
        let old = deploy(&mut fixture, binary);
        let mut twins = Self {
            fixture,
            old: old.clone(),
            stayed: Address::ZERO,
            moved: Address::ZERO,
        };
        twins.add("1.0", &old, initial_step());
        twins.stayed = twins.created(1, initialize);
        twins.moved = twins.created(2, initialize);
        twins
    }

    fn created(&mut self, salt: u8, initialize: &impl SolCall) -> Address {
        let create = calls::create_proxy(
            "A",
            "1.0",
            proxy_kind::WASM,
            B256::with_last_byte(salt),
            initialize.abi_encode(),
        );
        let created = self.fixture.accepted(0, &create);
        created.returned.proxy
    }

    /// Adds a version.
    pub(super) fn add(&mut self, version: &str, code: &Code, step: Step) {
        self.fixture
            .accepted(0, &calls::add_version("A", version, code, step));
    }

    /// Makes a version current, which neither follows by that.
    pub(super) fn make_current(&mut self, version: &str, code: &Code, step: Step) {
        self.fixture
            .accepted(0, &calls::migrate("A", version, code, step));
    }

    /// A step with a script of today.
    pub(super) fn scripted(&mut self, package: &str, from: &str, data: Vec<u8>) -> Step {
        let script = self.fixture.deploy(package);
        let script = (script.implementation, script.codehash.into());
        delegated(from, step::SCRIPT, script, data.into())
    }

    /// A complex step.
    pub(super) fn complex(&mut self, package: &str, from: &str) -> Step {
        let program = self.fixture.deploy(package);
        complex(from, &program, account(HANDLER))
    }

    /// The one that moves goes to a version.
    pub(super) fn upgrade(&mut self, version: &str) {
        let version = version.into();
        self.alone(0, &Proxy::upgradeToCall { version })
            .expect("upgraded");
    }

    /// The registry turns back the one that moves.
    pub(super) fn abort(&mut self) {
        let abort = calls::abort_migration("A", self.moved, self.fixture.nonce(self.moved));
        self.fixture.accepted(0, &abort);
    }

    /// The complex step of the one that moves continues within a budget.
    pub(super) fn next(&mut self, gas: u64) {
        let next = migrateNextCall { gasBudget: gas };
        self.alone(HANDLER, &next).expect("some items");
    }

    /// It ends.
    pub(super) fn end(&mut self) {
        self.alone(HANDLER, &endMigrationCall {}).expect("ended");
    }

    /// How far it is.
    pub(super) fn progress(&self) -> (u64, u64) {
        let progress = self.fixture.ask(self.moved, &progressCall {}).expect("it");
        (progress.done.to(), progress.total.to())
    }

    /// Sends a call to the upgraded instance only.
    pub(super) fn alone(&mut self, from: usize, call: &impl SolCall) -> Result<Bytes, Bytes> {
        self.send(self.moved, account(from), call.abi_encode().into())
            .0
    }

    /// An account sends the same call to both; the results must be equal.
    pub(super) fn send_both(&mut self, from: usize, call: &impl SolCall) -> Result<Bytes, Bytes> {
        let data = Bytes::from(call.abi_encode());
        let old = self.send(self.stayed, account(from), data.clone());
        let new = self.send(self.moved, account(from), data.clone());
        assert_eq!(new, old, "{from} says {data}");
        old.0
    }

    /// Both are asked something, and answer the same.
    pub(super) fn ask<C: SolCall>(&self, call: &C) -> Result<C::Return, Bytes> {
        let data = Bytes::from(call.abi_encode());
        let old = self.view(self.stayed, data.clone());
        let new = self.view(self.moved, data.clone());
        assert_eq!(new, old, "{data}");
        old.map(|answer| C::abi_decode_returns(&answer).expect("an answer of that type"))
    }

    fn view(&self, to: Address, input: Bytes) -> Result<Bytes, Bytes> {
        let request = CallRequest {
            to: Some(to),
            input,
            ..CallRequest::default()
        };
        let (latest, overrides) = (BlockId::latest(), Overrides::default());
        let outcome = self.fixture.chain.call(request, latest, &overrides);
        let outcome = outcome.expect("a call");
        if outcome.success {
            Ok(outcome.output)
        } else {
            Err(outcome.output)
        }
    }

    fn send(&mut self, to: Address, from: Address, data: Bytes) -> Answer {
        match self.fixture.raw(from, to, data, U256::ZERO, GAS) {
            Ok(done) => {
                let content = |log: &Log| (log.topics().to_vec(), log.data.data.clone());
                let own = done.logs.iter().filter(|log| log.address == to);
                (Ok(done.returned), own.map(content).collect())
            }
            Err(Reverted(data)) => (Err(data), Vec::new()),
        }
    }

    /// Everything in the storage of the one that moves.
    pub(super) fn slots(&self) -> Slots {
        self.fixture.slots_of(self.moved)
    }

    /// The contract's own data of both: without the framework's slots, whatever versions there
    /// were.
    pub(super) fn data(&self, labels: &[&str]) -> [Slots; 2] {
        [self.stayed, self.moved].map(|proxy| {
            let mut slots = self.fixture.slots_of(proxy);
            for slot in [
                slots::IMPLEMENTATION,
                slots::ADMIN,
                slots::INITIALIZED,
                slots::CONSTRUCTED,
            ]
            .into_iter()
            .chain(labels.iter().map(|label| slots::migrated(label)))
            {
                slots.remove(&slot);
            }
            slots
        })
    }
}

/// Deploys and activates an old binary.
fn deploy(fixture: &mut Fixture, name: &str) -> Code {
    let path = home()
        .join("tests/fixtures/old")
        .join(format!("{name}.code"));
    let code = std::fs::read(&path).expect("the binary");
    let code = fixture.deploy_code(&evm::creation_code(&code));
    let known = BINARIES.iter().find(|(binary, _)| *binary == name);
    assert_eq!(Some(&code.codehash), known.map(|(_, hash)| hash), "{name}");
    fixture.activate(code.implementation);
    code
}
