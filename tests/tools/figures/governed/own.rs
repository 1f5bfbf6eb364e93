//! Every governed flow on our registry, once, in the order in which a definition lives.

use crate::calls;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rpc::types::TransactionReceipt;
use alloy::signers::SignerSync;
use alloy::sol_types::SolCall;
use stylus_upgrades::build::evm;
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades::registry::definition_id;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, Program, step};
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::{Code, IRegistry, Signature, Step};

use super::excluded::Excluded;
use super::inputs::{code, is, key, library, migration, two_of};
use super::peers::Peers;
use super::{Floor, Flow};
use crate::proxies::Maker;
use crate::tools::figures::calls::cache;

/// Account 0 decides alone.
const ALONE: &str = "Alone";
/// The same, for an upgrade through the proxy itself.
const DIRECT: &str = "Upgrade";
/// Two of three keys decide.
const TEAM: &str = "Team";
/// The same, signed offline.
const SIGNED: &str = "Signed";
/// The two once more, with a migration call.
const TEAM_CALL: &str = "TeamCall";
const SIGNED_CALL: &str = "SignedCall";
/// A proxy of OpenZeppelin.
const FOREIGN: &str = "Foreign";
/// All of them.
const DEFINITIONS: [&str; 7] = [ALONE, DIRECT, TEAM, TEAM_CALL, SIGNED, SIGNED_CALL, FOREIGN];

/// Runs every flow.
///
/// # Errors
/// Whatever the chain refuses.
pub(super) async fn flows(cached: bool) -> Result<Vec<Flow>, HarnessError> {
    let harness = Harness::on(Chain::embedded()?).await?;
    let v1 = harness.build_and_deploy("contracts/counter_v1").await?;
    let v2 = harness.build_and_deploy("contracts/counter_v2").await?;
    let back = harness
        .build_and_deploy("contracts/migrations/counter_back")
        .await?;
    let mut lifecycle = Lifecycle {
        harness: &harness,
        flows: Vec::new(),
        excluded: Excluded::of(harness.framework(), &DEFINITIONS),
        v1,
        v2,
    };
    if cached {
        lifecycle.cache_all(back.address).await?;
    }
    lifecycle.alone(&back).await?;
    lifecycle.upgrade().await?;
    lifecycle.team().await?;
    lifecycle.foreign().await?;
    Ok(lifecycle.flows)
}

struct Lifecycle<'h> {
    harness: &'h Harness,
    flows: Vec<Flow>,
    excluded: Excluded,
    v1: Program,
    v2: Program,
}

impl Lifecycle<'_> {
    fn chain(&self) -> &Chain {
        self.harness.chain()
    }

    /// Puts every program into the chain's cache that one of the flows runs.
    async fn cache_all(&self, script: Address) -> Result<(), HarnessError> {
        // all WASM proxies share one code hash
        let definition = self.harness.define("Cached").await?;
        definition.add_first(&self.v1).await?;
        let call = calls::initialize_counter(7);
        let proxy = definition.create_proxy("1.0", &call).await?.address();
        let parts = self.harness.framework().shared().map(|part| part.address);
        let others = [
            self.harness.registry(),
            self.v1.address,
            self.v2.address,
            script,
            proxy,
        ];
        for program in parts.chain(others) {
            cache(self.chain(), program).await?;
        }
        Ok(())
    }

    /// Sends a call of the registry that is no flow.
    async fn prepare<C: SolCall>(
        &self,
        from: Address,
        call: &C,
    ) -> Result<TransactionReceipt, HarnessError> {
        let registry = self.harness.registry();
        self.chain().execute(from, registry, call).await
    }

    /// Sends one that is, and notes what it cost.
    async fn flow<C: SolCall>(&mut self, name: &'static str, call: &C) -> Result<(), HarnessError> {
        let from = self.harness.account(0);
        self.flow_of(name, from, self.harness.registry(), call)
            .await
    }

    async fn flow_of<C: SolCall>(
        &mut self,
        name: &'static str,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<(), HarnessError> {
        let receipt = self.chain().execute(from, to, call).await?;
        let floor = Floor::of(self.chain(), &receipt, &self.excluded).await?;
        self.flows.push(Flow {
            name,
            gas: receipt.gas_used,
            floor,
        });
        Ok(())
    }

    fn define(&self, name: &str, migrate: &str) -> IRegistry::createDefinitionCall {
        let alone = is(self.harness.account(0));
        calls::define(name, migrate, alone.clone(), alone)
    }

    fn first(&self, name: &str) -> IRegistry::addVersionCall {
        calls::add_version(name, "1.0", &code(&self.v1), step::initial())
    }

    fn second(&self, name: &str, step: Step) -> IRegistry::migrateCall {
        calls::migrate(name, "2.0", &code(&self.v2), step)
    }

    fn create(name: &str, kind: u8) -> IRegistry::createProxyCall {
        let init = calls::initialize_counter(7).abi_encode();
        calls::create_proxy(name, "1.0", kind, B256::ZERO, init)
    }

    async fn proxy(&self, name: &str, kind: u8) -> Result<Address, HarnessError> {
        let call = calls::proxy_address(name, kind, B256::ZERO);
        self.chain().read(self.harness.registry(), &call).await
    }

    async fn alone(&mut self, back: &Program) -> Result<(), HarnessError> {
        let alone = is(self.harness.account(0));
        self.flow("define", &self.define(ALONE, &alone)).await?;
        self.flow("register 1.0", &self.first(ALONE)).await?;
        self.flow("createProxy", &Self::create(ALONE, proxy_kind::WASM))
            .await?;
        let of_kind_1 = Self::create(ALONE, proxy_kind::EVM);
        self.flow("createProxy, an EVM proxy", &of_kind_1).await?;
        let proxy = self.proxy(ALONE, proxy_kind::WASM).await?;
        let rollout = calls::rollout(ALONE, [proxy]);
        let second = self.second(ALONE, migration());
        self.flow("migrate", &second).await?;
        self.flow("rollout, one instance, a migration call", &rollout)
            .await?;
        let pause = calls::pause_first(ALONE, [proxy]);
        self.flow("pause, one instance", &pause).await?;
        self.flow("resume", &calls::resume(ALONE, "2.0")).await?;
        self.flow("rollout, one instance resumes", &rollout).await?;
        let rollback = calls::migrate(
            ALONE,
            "1.1",
            &code(&self.v1),
            step::script("2.0", back, &calls::migrate_counter(0)),
        );
        self.flow("rollback", &rollback).await?;
        self.flow("rollout, one instance, a script", &rollout).await
    }

    async fn upgrade(&mut self) -> Result<(), HarnessError> {
        let admin = self.harness.account(0);
        self.prepare(admin, &self.define(DIRECT, &is(admin)))
            .await?;
        self.prepare(admin, &self.first(DIRECT)).await?;
        self.prepare(admin, &Self::create(DIRECT, proxy_kind::WASM))
            .await?;
        let add = calls::add_version(DIRECT, "2.0", &code(&self.v2), migration());
        self.flow("register 2.0 with a migration call", &add)
            .await?;
        let proxy = self.proxy(DIRECT, proxy_kind::WASM).await?;
        let upgrade = calls::upgrade_to("2.0");
        self.flow_of("upgrade, a migration call", admin, proxy, &upgrade)
            .await
    }

    async fn team(&mut self) -> Result<(), HarnessError> {
        let approvers = [1, 2].map(|n| self.harness.account(n));
        let nothing = step::nothing("1.0");
        let migrate = self.begin_team(TEAM, nothing).await?;
        let registry = self.harness.registry();
        let [first, second] = approvers;
        self.flow_of("approve, the first of two", first, registry, &migrate)
            .await?;
        let name = "approve, the second: migrate";
        self.flow_of(name, second, registry, &migrate).await?;
        let migrate = self.begin_team(TEAM_CALL, migration()).await?;
        self.prepare(first, &migrate).await?;
        let name = "approve, the second: migrate with a migration call";
        self.flow_of(name, second, registry, &migrate).await?;
        self.signed().await
    }

    /// A definition about which two of three accounts decide, and what they decide then.
    async fn begin_team(
        &self,
        name: &str,
        step: Step,
    ) -> Result<IRegistry::migrateCall, HarnessError> {
        let admin = self.harness.account(0);
        let approvers = [1, 2, 3].map(|n| self.harness.account(n));
        let policy = two_of(&approvers);
        self.prepare(admin, &self.define(name, &policy)).await?;
        for who in &approvers[..2] {
            self.prepare(*who, &self.first(name)).await?;
        }
        self.prepare(admin, &Self::create(name, proxy_kind::WASM))
            .await?;
        Ok(self.second(name, step))
    }

    /// Two of three who have signed offline, and anybody submits it.
    async fn signed(&mut self) -> Result<(), HarnessError> {
        let addresses = [1, 2, 3].map(|n| key(n).address());
        self.begin_signed(SIGNED).await?;
        let policy = calls::set_policy(SIGNED, "migrate", two_of(&addresses));
        self.flow(SET_POLICY, &policy).await?;
        let submit = self.submission(SIGNED, step::nothing("1.0")).await?;
        let (stranger, registry) = (self.harness.account(5), self.harness.registry());
        let name = "submitSigned, two of three: migrate";
        self.flow_of(name, stranger, registry, &submit).await?;
        let proxy = self.proxy(SIGNED, proxy_kind::WASM).await?;
        let rollout = calls::rollout(SIGNED, [proxy]);
        let name = "rollout, one instance, nothing to run";
        self.flow_of(name, stranger, registry, &rollout).await?;

        self.begin_signed(SIGNED_CALL).await?;
        let policy = calls::set_policy(SIGNED_CALL, "migrate", two_of(&addresses));
        self.prepare(self.harness.account(0), &policy).await?;
        let submit = self.submission(SIGNED_CALL, migration()).await?;
        let name = "submitSigned, two of three: migrate with a migration call";
        self.flow_of(name, stranger, registry, &submit).await
    }

    /// A definition with an instance, whose policies account 0 sets.
    async fn begin_signed(&self, name: &str) -> Result<(), HarnessError> {
        let admin = self.harness.account(0);
        let call = self.define(name, &is(admin));
        self.prepare(admin, &call).await?;
        self.prepare(admin, &self.first(name)).await?;
        self.prepare(admin, &Self::create(name, proxy_kind::WASM))
            .await?;
        Ok(())
    }

    /// `migrate` to 2.0 with that step, signed by the first two keys.
    async fn submission(
        &self,
        name: &str,
        step: Step,
    ) -> Result<IRegistry::submitSignedCall, HarnessError> {
        let keys = [1, 2].map(key);
        let migrate = self.second(name, step);
        let registry = self.harness.registry();
        let definition = IRegistry::definitionCall { name: name.into() };
        let approval = Approval {
            chain_id: self
                .chain()
                .request::<_, U256>("eth_chainId", ())
                .await?
                .to(),
            registry,
            call: migrate.abi_encode().into(),
            epoch: self.chain().read(registry, &definition).await?.sequence,
            round: 0,
            deadline: DEADLINE,
            approver: keys[0].address(),
        };
        let mut approvals = Vec::new();
        for key in &keys {
            let digests = approval.by(key.address()).digests();
            let digest = digests.map_err(|error| library(&error))?.eip712;
            let signed = key.sign_hash_sync(&digest).map_err(|e| library(&e))?;
            approvals.push(Signature {
                signer: key.address(),
                data: signed.as_bytes().into(),
            });
        }
        Ok(IRegistry::submitSignedCall {
            action: approval.call,
            deadline: DEADLINE,
            approvals,
        })
    }

    async fn foreign(&mut self) -> Result<(), HarnessError> {
        let admin = self.harness.account(0);
        let maker = Maker::new(self.chain())?;
        let peers = Peers::new(self.chain(), maker.solidity()).await?;
        self.prepare(admin, &self.define(FOREIGN, &is(admin)))
            .await?;
        let add = IRegistry::addVersionCall {
            code: Code {
                implementation: peers.first,
                codehash: keccak256(self.chain().code(peers.first).await?),
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
            },
            ..self.first(FOREIGN)
        };
        self.prepare(admin, &add).await?;
        let proxy = peers.transparent().await?;
        let registry = self.harness.registry();
        let account = evm::admin_address(registry, definition_id(FOREIGN));
        let give = IOwnable::transferOwnershipCall { newOwner: account };
        self.chain().execute(admin, proxy.create(1), &give).await?;
        let adopt = calls::adopt(FOREIGN, proxy, proxy_kind::TRANSPARENT_5, "1.0");
        self.flow("adopt, transparent 5.x, the first", &adopt)
            .await?;
        let to = self.harness.account(7);
        let details = calls::instance_details(proxy);
        let nonce = self.chain().read(registry, &details).await?.nonce;
        let leave = calls::transfer_proxy(FOREIGN, proxy, to, String::new(), nonce);
        self.flow("transferProxy, transparent 5.x", &leave).await
    }
}

/// What the change of a policy is called.
const SET_POLICY: &str = "setPolicy, one to two of three";
/// When signatures end, in Unix seconds.
const DEADLINE: u64 = u32::MAX as u64;
