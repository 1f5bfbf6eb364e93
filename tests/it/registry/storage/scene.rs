//! A registry that is filled through its ABI.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::upgradeToCall;

use super::stored::Storage;
use crate::registry::fixture::{Fixture, account, framework, is, new_proxy};

/// Who alone may do everything.
pub(super) const BOSS: usize = 0;

/// A registry with something in every record.
pub(super) struct Scene {
    pub(super) fixture: Fixture,
    /// keccak256 of every governed call that was executed or cancelled.
    pub(super) finished: Vec<B256>,
    pub(super) code: Code,
    pub(super) program: Code,
    pub(super) script: Code,
    pub(super) lambda: Address,
}

impl Scene {
    pub(super) fn new() -> Self {
        let mut fixture = Fixture::new(&is(account(BOSS)));
        let answers_true = [0x60, 1, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
        let lambda = fixture.deploy_code(&evm::creation_code(&answers_true));
        let code = Code {
            layoutHash: B256::repeat_byte(0x1a),
            sourceHash: B256::repeat_byte(0x50),
            ..fixture.deploy("points-v1")
        };
        Self {
            finished: Vec::new(),
            program: fixture.deploy("points-cursor"),
            script: fixture.deploy("counter-back"),
            lambda: lambda.implementation,
            code,
            fixture,
        }
    }

    /// The boss alone does it.
    pub(super) fn boss<C: SolCall>(&mut self, call: &C) -> C::Return {
        self.finished.push(keccak256(call.abi_encode()));
        let done = self.fixture.send(account(BOSS), call);
        done.expect("the boss may").returned
    }

    pub(super) fn define(&mut self, name: &str, migrate: String) {
        let boss = is(account(BOSS));
        self.boss(&calls::define(name, migrate, boss.clone(), boss));
    }

    pub(super) fn add(&mut self, version: &str, step: Step) {
        let call = self.version(version, step);
        self.boss(&call);
    }

    pub(super) fn version(&self, version: &str, step: Step) -> IRegistry::addVersionCall {
        calls::add_version("A", version, &self.code, step)
    }

    pub(super) fn create(&mut self, n: u8) -> Address {
        let create = new_proxy(0, n, Bytes::new());
        self.boss(&create).proxy
    }

    /// A WASM proxy without an owner, which is expected from that account at 1.0.
    pub(super) fn expect_from(&mut self, registry: Address) -> Address {
        let creation_code = &framework().proxy_creation_code;
        let proxy = self.fixture.deploy_code(creation_code).implementation;
        self.boss(&calls::accept_transfer("A", proxy, "1.0", registry, 9));
        proxy
    }

    pub(super) fn upgrade(&mut self, proxy: Address, version: &str) {
        let version = version.into();
        let upgrade = upgradeToCall { version };
        let done = self.fixture.send_to(account(BOSS), proxy, &upgrade);
        done.expect("the boss may");
    }

    /// Proposes or approves, and does not execute.
    pub(super) fn approve(&mut self, who: usize, call: &IRegistry::addVersionCall) -> B256 {
        let done = self.fixture.accepted(who, call);
        assert!(!done.returned.executed);
        done.returned.action
    }

    pub(super) fn now(&self) -> u64 {
        let block = self.fixture.chain.block(BlockId::latest());
        block.expect("the latest block").header.timestamp
    }

    pub(super) fn storage(&self) -> Storage {
        Storage::new(self.fixture.slots_of(self.fixture.registry))
    }
}
