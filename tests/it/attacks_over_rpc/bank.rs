//! A bank behind a proxy, who has money in it, and who wants that. Everybody here has JSON-RPC and nothing else.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::client::RpcClient;
use alloy::sol_types::{SolCall, SolError, SolEvent, SolValue};
use serde_json::{Value, json};
use stylus_upgrades::build::evm;
use stylus_upgrades_harness::{Harness, Lines, Npm, Solidity};
use stylus_upgrades_interface::chain::{CONSTRUCTOR_SELECTOR, IStylusDeployer, STYLUS_DEPLOYER};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::calls;

pub(super) type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

alloy::sol! {
    interface IBank {
        function initialize(bool refuses) external;
        function own(address first) external;
        function deposit() external payable;
        function withdraw() external;
        function balanceOf(address who) external view returns (uint256);
        function migrate() external;
        function drain(address to) external;
    }

    interface IRobber {
        function deposit(address bank) external payable;
        function rob(address to, bytes data) external;
        function outcome() external view returns (bytes);
    }

    interface IProxyAdmin4 {
        function transferOwnership(address to) external;
        function changeProxyAdmin(address proxy, address to) external;
    }

    interface ITimelock {
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
    }
}

/// Who governs.
pub(super) const TEAM: usize = 0;
/// Who created the proxies of OpenZeppelin.
pub(super) const OWNER: usize = 3;
/// Who attacks.
pub(super) const THIEF: usize = 5;
/// Who has nothing but the role `create`.
pub(super) const CREATOR: usize = 6;
/// Who has money in the bank.
pub(super) const ALICE: usize = 7;
/// Anybody.
pub(super) const STRANGER: usize = 8;
pub(super) const DAY: u64 = 86_400;

const V4: &str = "@openzeppelin/contracts-v4/build/contracts";
const V5: &str = "@openzeppelin/contracts/build/contracts";

pub(super) fn ether(n: u64) -> U256 {
    U256::from(n) * U256::from(10u64.pow(18))
}

/// An address as a policy.
pub(super) fn is(who: Address) -> String {
    format!("{who:?}")
}

/// Revert data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reverted(pub(super) Bytes);

impl std::fmt::Display for Reverted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "reverted with {}", self.0)
    }
}

impl std::error::Error for Reverted {}

/// The receipt of a transaction that succeeded.
#[derive(Debug)]
pub(super) struct Receipt(Value);

impl Receipt {
    /// The events of that type.
    pub(super) fn events<E: SolEvent>(&self) -> Vec<E> {
        let logs = self.0["logs"].as_array().cloned().unwrap_or_default();
        let logs = logs.into_iter().map(|log| {
            let log: alloy::rpc::types::Log = serde_json::from_value(log).expect("a log");
            log
        });
        logs.filter_map(|log| E::decode_log_data(log.data()).ok())
            .collect()
    }
}

#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(found: Result<T, Reverted>, error: &impl SolError) {
    match found {
        Err(Reverted(data)) => assert_eq!(data, Bytes::from(error.abi_encode())),
        Ok(done) => panic!("not refused: {done:?}"),
    }
}

/// A chain with the framework and a registry of the team's, which has the definition A.
pub(super) struct Town {
    rpc: RpcClient,
    pub(super) harness: Harness,
    pub(super) registry: Address,
}

impl Town {
    pub(super) async fn new() -> Done<Self> {
        let harness = Harness::start().await?;
        let town = Self {
            rpc: RpcClient::new_http(harness.chain().url().parse()?),
            registry: harness.registry(),
            harness,
        };
        town.define(town.registry, TEAM).await?;
        Ok(town)
    }

    pub(super) fn account(&self, n: usize) -> Address {
        self.harness.account(n)
    }

    /// That account as a policy.
    pub(super) fn policy(&self, n: usize) -> String {
        is(self.account(n))
    }

    // -- JSON-RPC

    pub(super) async fn rpc(&self, method: &'static str, params: Value) -> Done<Value> {
        Ok(self.rpc.request(method, params).await?)
    }

    /// A transaction with calldata; what it reverts with is what the same call reverts with.
    async fn transact(&self, request: Value) -> Result<Receipt, Reverted> {
        let hash = self.rpc("eth_sendTransaction", json!([request])).await;
        let hash = hash.expect("a transaction that the node takes");
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash])).await;
        let receipt = receipt.expect("a receipt");
        if receipt["status"] == "0x1" {
            return Ok(Receipt(receipt));
        }
        match self.call(request).await {
            Err(reverted) => Err(reverted),
            Ok(answer) => panic!("{receipt} failed, and the same call answers {answer}"),
        }
    }

    async fn call(&self, request: Value) -> Result<Bytes, Reverted> {
        let answer = self.rpc.request("eth_call", json!([request, "latest"]));
        answer
            .await
            .map_err(|error: alloy::transports::TransportError| {
                let response = error
                    .as_error_resp()
                    .unwrap_or_else(|| panic!("no answer: {error}"));
                Reverted(response.as_revert_data().unwrap_or_default())
            })
    }

    pub(super) async fn pay<C: SolCall>(
        &self,
        from: usize,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<Receipt, Reverted> {
        let input = Bytes::from(call.abi_encode());
        let from = self.account(from);
        self.transact(
            json!({"from": from, "to": to, "input": input, "value": value, "gas": "0x1c9c380"}),
        )
        .await
    }

    pub(super) async fn send<C: SolCall>(
        &self,
        from: usize,
        to: Address,
        call: &C,
    ) -> Result<Receipt, Reverted> {
        self.pay(from, to, call, U256::ZERO).await
    }

    /// A governed call of the team's.
    pub(super) async fn govern<C: SolCall>(&self, call: &C) -> Result<Receipt, Reverted> {
        self.send(TEAM, self.registry, call).await
    }

    pub(super) async fn view<C: SolCall>(
        &self,
        to: Address,
        call: &C,
    ) -> Result<C::Return, Reverted> {
        let input = Bytes::from(call.abi_encode());
        let answer = self.call(json!({"to": to, "input": input})).await?;
        Ok(C::abi_decode_returns(&answer).expect("an answer of that type"))
    }

    pub(super) async fn balance(&self, of: Address) -> Done<U256> {
        let answer = self.rpc("eth_getBalance", json!([of, "latest"])).await?;
        Ok(serde_json::from_value(answer)?)
    }

    pub(super) async fn slot(&self, of: Address, slot: B256) -> Done<B256> {
        let params = json!([of, slot, "latest"]);
        Ok(serde_json::from_value(
            self.rpc("eth_getStorageAt", params).await?,
        )?)
    }

    pub(super) async fn wait(&self, seconds: u64) -> Done {
        self.rpc("evm_increaseTime", json!([seconds])).await?;
        self.rpc("evm_mine", json!([])).await?;
        Ok(())
    }

    pub(super) async fn create(&self, from: usize, code: impl Into<Bytes>) -> Done<Address> {
        let from = self.account(from);
        let request = json!({"from": from, "input": code.into(), "gas": "0x1c9c380"});
        let Receipt(receipt) = self.transact(request).await?;
        Ok(serde_json::from_value(receipt["contractAddress"].clone())?)
    }

    // -- contracts

    /// A contract of Solidity.
    pub(super) async fn deploy(&self, name: &str, arguments: &[u8]) -> Done<Code> {
        let solidity = Solidity::compile(&Lines)?;
        let creation = &solidity.contract(name)?.creation;
        let code = [creation, arguments].concat();
        let implementation = self.create(STRANGER, code).await?;
        let code = self
            .rpc("eth_getCode", json!([implementation, "latest"]))
            .await?;
        let code: Bytes = serde_json::from_value(code)?;
        Ok(Code {
            implementation,
            codehash: keccak256(code),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
        })
    }

    async fn deploy_npm(&self, from: usize, path: &str, arguments: &[u8]) -> Done<Address> {
        let code = Npm::install(&Lines)?.creation_code(path, arguments)?;
        self.create(from, code).await
    }

    /// OpenZeppelin's TimelockController: the team proposes, and anybody executes what is a day old.
    pub(super) async fn timelock(&self) -> Done<Address> {
        let proposers = vec![self.account(TEAM)];
        let executors = vec![Address::ZERO];
        let arguments = (U256::from(DAY), proposers, executors, Address::ZERO).abi_encode_params();
        let path = format!("{V5}/TimelockController.json");
        self.deploy_npm(TEAM, &path, &arguments).await
    }

    /// The team schedules a call of the registry, and a day passes; what executes it.
    pub(super) async fn matured(
        &self,
        timelock: Address,
        call: &impl SolCall,
    ) -> Done<ITimelock::executeCall> {
        let data = Bytes::from(call.abi_encode());
        let execute = ITimelock::executeCall {
            target: self.registry,
            value: U256::ZERO,
            payload: data.clone(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        let schedule = ITimelock::scheduleCall {
            target: self.registry,
            value: U256::ZERO,
            data,
            predecessor: B256::ZERO,
            salt: B256::ZERO,
            delay: U256::from(DAY),
        };
        self.send(TEAM, timelock, &schedule).await?;
        self.wait(DAY + 1).await?;
        Ok(execute)
    }

    // -- registries

    /// Another registry, whose definition A belongs to that account.
    pub(super) async fn another_registry(&self, owner: usize) -> Done<Address> {
        let registry = self.empty_registry(owner).await?;
        self.define(registry, owner).await?;
        Ok(registry)
    }

    /// Another registry, without any definition.
    pub(super) async fn empty_registry(&self, owner: usize) -> Done<Address> {
        let policy = (self.policy(owner),).abi_encode_params();
        let deploy = IStylusDeployer::deployCall {
            bytecode: self.harness.framework().registry.creation_code(),
            initData: [&CONSTRUCTOR_SELECTOR[..], &policy].concat().into(),
            initValue: U256::ZERO,
            salt: B256::with_last_byte(u8::try_from(owner)? + 1),
        };
        let fee = ether(1);
        let receipt = self.pay(owner, STYLUS_DEPLOYER, &deploy, fee).await?;
        let created = receipt.events::<IStylusDeployer::ContractDeployed>();
        Ok(created
            .first()
            .ok_or("nothing was deployed")?
            .deployedContract)
    }

    async fn define(&self, registry: Address, owner: usize) -> Done {
        let policy = self.policy(owner);
        let define = calls::create_definition("A", policy);
        self.send(owner, registry, &define).await?;
        Ok(())
    }

    pub(super) async fn set_policy(&self, role: &str, expression: &str) -> Result<(), Reverted> {
        let set = calls::set_policy("A", role, expression);
        self.govern(&set).await.map(drop)
    }

    /// To the admin of A proxies of OpenZeppelin are given.
    pub(super) fn admin(registry: Address) -> Address {
        evm::admin_address(registry, stylus_upgrades::registry::definition_id("A"))
    }

    /// What the registry answers about an instance: its version and its state.
    pub(super) async fn instance(&self, proxy: Address) -> Result<(String, u8), Reverted> {
        let query = IRegistry::instanceOfCall { proxy };
        let found = self.view(self.registry, &query).await?;
        Ok((found.version, found.state))
    }

    pub(super) async fn version(&self, proxy: Address) -> Result<String, Reverted> {
        Ok(self.instance(proxy).await?.0)
    }

    pub(super) async fn current(&self) -> Result<String, Reverted> {
        let query = IRegistry::definitionCall { name: "A".into() };
        Ok(self.view(self.registry, &query).await?.current)
    }

    /// The code that a proxy runs, by ERC-1967.
    pub(super) async fn runs(&self, proxy: Address) -> Done<Address> {
        Ok(Address::from_word(
            self.slot(proxy, slots::IMPLEMENTATION).await?,
        ))
    }

    // -- banks

    /// A proxy of ours at 1.0.
    pub(super) async fn bank(&self, kind: u8, salt: u8) -> Result<Address, Reverted> {
        let (from, registry) = (TEAM, self.registry);
        self.bank_of(from, registry, kind, salt, "1.0", false).await
    }

    /// The same by whoever may create.
    pub(super) async fn bank_of(
        &self,
        from: usize,
        registry: Address,
        kind: u8,
        salt: u8,
        version: &str,
        refuses: bool,
    ) -> Result<Address, Reverted> {
        let create = calls::create_proxy(
            "A",
            version,
            kind,
            B256::repeat_byte(salt),
            IBank::initializeCall { refuses }.abi_encode(),
        );
        let created = self.send(from, registry, &create).await?;
        Ok(created.events::<IRegistry::ProxyCreated>()[0].proxy)
    }

    /// A proxy of OpenZeppelin over that code, which `OWNER` has given to the definition's admin.
    pub(super) async fn given(&self, kind: u8, code: &Code, to: Address) -> Done<Address> {
        let owner = self.account(OWNER);
        let implementation = code.implementation;
        if kind == proxy_kind::UUPS {
            let init = IBank::ownCall { first: to }.abi_encode();
            let arguments = (implementation, Bytes::from(init)).abi_encode_params();
            let path = format!("{V5}/ERC1967Proxy.json");
            return self.deploy_npm(OWNER, &path, &arguments).await;
        }
        let (path, admin) = if kind == proxy_kind::TRANSPARENT_4 {
            let path = format!("{V4}/ProxyAdmin.json");
            (V4, self.deploy_npm(OWNER, &path, &[]).await?)
        } else {
            (V5, owner)
        };
        let init = Bytes::from(IBank::initializeCall { refuses: false }.abi_encode());
        let arguments = (implementation, admin, init).abi_encode_params();
        let path = format!("{path}/TransparentUpgradeableProxy.json");
        let proxy = self.deploy_npm(OWNER, &path, &arguments).await?;
        let admin = Address::from_word(self.slot(proxy, slots::ADMIN).await?);
        if kind == proxy_kind::TRANSPARENT_4 {
            let give = IProxyAdmin4::changeProxyAdminCall { proxy, to };
            self.send(OWNER, admin, &give).await?;
        } else {
            let give = IProxyAdmin4::transferOwnershipCall { to };
            self.send(OWNER, admin, &give).await?;
        }
        Ok(proxy)
    }

    /// The same as an instance at 1.0.
    pub(super) async fn adopted(&self, kind: u8, code: &Code) -> Done<Address> {
        let proxy = self.given(kind, code, Self::admin(self.registry)).await?;
        self.govern(&adopt(proxy, kind)).await?;
        Ok(proxy)
    }

    /// Alice has 10 ether there.
    pub(super) async fn alice_deposits(&self, bank: Address) -> Done {
        self.pay(ALICE, bank, &IBank::depositCall {}, ether(10))
            .await?;
        assert_eq!(self.balance(bank).await?, ether(10));
        Ok(())
    }

    /// Alice takes out what she has there, and finds all of it.
    pub(super) async fn alice_withdraws(&self, bank: Address) -> Done {
        let holds = IBank::balanceOfCall {
            who: self.account(ALICE),
        };
        assert_eq!(self.view(bank, &holds).await?, ether(10));
        self.send(ALICE, bank, &IBank::withdrawCall {}).await?;
        assert_eq!(self.balance(bank).await?, U256::ZERO);
        Ok(())
    }

    /// The thief's contract, which has 1 ether there.
    pub(super) async fn robber(&self, bank: Address) -> Done<Address> {
        let robber = self.deploy("Robber", &[]).await?.implementation;
        let deposit = IRobber::depositCall { bank };
        self.pay(THIEF, robber, &deposit, ether(1)).await?;
        Ok(robber)
    }

    /// The thief withdraws, and has that sent in the middle of it.
    pub(super) async fn rob(
        &self,
        robber: Address,
        to: Address,
        call: &impl SolCall,
    ) -> Result<Receipt, Reverted> {
        let data = call.abi_encode().into();
        self.send(THIEF, robber, &IRobber::robCall { to, data })
            .await
    }
}

/// The first version of A.
pub(super) fn first(code: &Code) -> IRegistry::addVersionCall {
    add("1.0", code, step("", 0, Bytes::new()))
}

pub(super) fn add(version: &str, code: &Code, step: Step) -> IRegistry::addVersionCall {
    calls::add_version("A", version, code, step)
}

/// From 1.0 to 2.0.
pub(super) fn migrate(code: &Code, kind: u8, data: Bytes) -> IRegistry::migrateCall {
    calls::migrate("A", "2.0", code, step("1.0", kind, data))
}

pub(super) fn step(from: &str, kind: u8, data: Bytes) -> Step {
    Step {
        from: from.into(),
        kind,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data,
    }
}

pub(super) fn adopt(proxy: Address, kind: u8) -> IRegistry::adoptCall {
    calls::adopt("A", proxy, kind, "1.0")
}

pub(super) fn pause() -> IRegistry::pauseCall {
    IRegistry::pauseCall { name: "A".into() }
}

pub(super) fn resume() -> IRegistry::resumeCall {
    IRegistry::resumeCall { name: "A".into() }
}

pub(super) fn rollout() -> IRegistry::rolloutCall {
    calls::rollout("A", 4)
}
