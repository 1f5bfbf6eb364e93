//! The cache manager of the local chain: every answer is compared with that of Nitro's own, compiled,
//! from npm, on a chain beside; cargo-stylus asks it and bids.

mod life;

use crate::prelude::*;
use std::fmt::Write;

use alloy::eips::BlockId;
use alloy::primitives::hex;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol;
use stylus_upgrades::build::Artifact;
use stylus_upgrades_harness::{home, logs_of};

use life::{Step, life};

/// Its compiled form in the package.
const COMPILED: &str = "node_modules/@arbitrum/nitro-contracts/build/contracts/src/chain/CacheManager.sol/CacheManager.json";
/// What the live chains' one was set up with.
const CACHE_SIZE: u64 = 512 << 20;
const DECAY: u64 = 10_322_197_911;
/// The genesis's, where a nitro devnode has one that does nothing.
const MANAGER: Address = alloy::primitives::address!("a6e41ffd769491a42a6e5ce453259b93983a22ef");
/// When both chains begin, and when the first step is.
const GENESIS: u64 = 2_000_000_000;
const BEGIN: u64 = GENESIS + 10_000;

sol! {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Entry {
        bytes32 code;
        uint64 size;
        uint192 bid;
    }
    interface IManager {
        function initialize(uint64 initCacheSize, uint64 initDecay) external;
        function cacheSize() external view returns (uint64);
        function queueSize() external view returns (uint64);
        function decay() external view returns (uint64);
        function isPaused() external view returns (bool);
        function getEntries() external view returns (Entry[] memory);
        function getSmallestEntries(uint256 k) external view returns (Entry[] memory);
        function getMinBid(uint64 size) external view returns (uint192);
        function getMinBid(bytes32 codehash) external view returns (uint192);
        function getMinBid(address program) external view returns (uint192);
        function setCacheSize(uint64 newSize) external;
        function setDecayRate(uint64 newDecay) external;
        function paused() external;
        function unpause() external;
        function evictAll() external;
        function evictPrograms(uint256 count) external;
        function makeSpace(uint64 size) external payable returns (uint64 space);
        function placeBid(address program) external payable;
        function sweepFunds() external;
    }
    interface IArbOs {
        function becomeChainOwner() external;
        function addWasmCacheManager(address manager) external;
        function allCacheManagers() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
    }
}

/// A program with so many additions.
fn program(additions: usize) -> Artifact {
    let body = "(drop (i32.add (i32.const 1) (i32.const 2)))".repeat(additions);
    let text = format!(
        "(module (memory (export \"memory\") 1 1)
           (func (export \"user_entrypoint\") (param i32) (result i32) {body} (i32.const 0)))"
    );
    let module = wat::parse_str(text).expect("a module");
    Artifact::from_wasm("padded", &module).expect("a program")
}

/// A chain with programs and a manager whose owner is account 0.
struct Side {
    chain: Chain,
    manager: Address,
    programs: Vec<Address>,
    now: u64,
}

impl Side {
    async fn new() -> Result<Self, HarnessError> {
        let mut config = NodeConfig::default();
        config.chain.timestamp = Some(GENESIS);
        let chain = Chain::embedded_with(config)?;
        let mut programs = Vec::new();
        for additions in [1, 2, 300, 900, 1_800, 3_000] {
            programs.push(chain.deploy(&program(additions)).await?);
        }
        let (owner, debug) = (chain.account(0), Address::with_last_byte(0xff));
        chain
            .execute(owner, debug, &IArbOs::becomeChainOwnerCall {})
            .await?;
        Ok(Self {
            chain,
            manager: MANAGER,
            programs,
            now: BEGIN,
        })
    }

    /// With Nitro's own manager, which serves through a proxy only, as on the live chains.
    async fn nitro() -> Result<Self, HarnessError> {
        let mut side = Self::new().await?;
        let npm = Npm::install(&Lines)?;
        let compiled = std::fs::read_to_string(npm.folder().join(COMPILED)).expect("it is there");
        let compiled: Value = serde_json::from_str(&compiled).expect("JSON");
        let bytecode = compiled["bytecode"].as_str().expect("bytes");
        let chain = &side.chain;
        let logic = chain.create(hex::decode(bytecode).expect("bytes")).await?;
        let before = hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
        let end = hex!("5af43d82803e903d91602b57fd5bf3");
        let clone = [&before, logic.as_slice(), &end].concat();
        let manager = chain.create(Bytes::from(clone)).await?;
        let initialize = IManager::initializeCall {
            initCacheSize: CACHE_SIZE,
            initDecay: DECAY,
        };
        chain
            .execute(chain.account(0), manager, &initialize)
            .await?;
        let add = IArbOs::addWasmCacheManagerCall { manager };
        let arb_owner = Address::with_last_byte(0x70);
        chain.execute(chain.account(0), arb_owner, &add).await?;
        side.manager = manager;
        Ok(side)
    }

    fn request(&self, from: usize, data: Vec<u8>, wei: u64) -> TransactionRequest {
        TransactionRequest::default()
            .from(self.chain.account(from))
            .to(self.manager)
            .value(U256::from(wei))
            .gas_limit(20_000_000)
            .input(data.into())
    }

    /// The answer, or the revert data.
    async fn answer(&self, request: TransactionRequest) -> Result<Bytes, Bytes> {
        let answer = self
            .chain
            .provider()
            .call(request)
            .block(BlockId::latest())
            .await;
        answer.map_err(|error| {
            let data = error
                .as_error_resp()
                .and_then(|error| error.as_revert_data());
            data.unwrap_or_else(|| panic!("no revert: {error}"))
        })
    }

    /// Does something at the next second but `wait`; what it answered, and what the manager logged.
    async fn step(&mut self, step: &Step) -> Result<Seen, HarnessError> {
        self.now += 1 + step.wait;
        let time = json!([self.now]);
        self.chain
            .request::<_, Value>("evm_setNextBlockTimestamp", time)
            .await?;
        let request = self.request(step.from, step.data(self), step.wei);
        // In a block of that time, so that a refusal is of it, too.
        let receipt = self.chain.send_anyway(request.clone()).await?;
        let mut logs = Vec::new();
        for log in logs_of(&receipt, self.manager) {
            logs.push((log.topics().to_vec(), log.data().data.clone()));
        }
        let answer = match receipt.status() {
            true => Ok(()),
            false => Err(self.answer(request).await.expect_err("it was refused")),
        };
        Ok(Seen { answer, logs })
    }

    /// Every view.
    async fn views(&self) -> Result<String, HarnessError> {
        let mut calls = vec![
            IManager::cacheSizeCall {}.abi_encode(),
            IManager::queueSizeCall {}.abi_encode(),
            IManager::decayCall {}.abi_encode(),
            IManager::isPausedCall {}.abi_encode(),
        ];
        for k in [0, 1, 2, 100] {
            calls.push(IManager::getSmallestEntriesCall { k: U256::from(k) }.abi_encode());
        }
        for size in [0, 1, 24_000, 500_000, 1_000_000, 1_500_000, u64::MAX] {
            calls.push(IManager::getMinBid_0Call { size }.abi_encode());
        }
        let unknown = [Address::ZERO, self.chain.account(0)];
        for program in self.programs.iter().chain(&unknown) {
            calls.push(IManager::getMinBid_2Call { program: *program }.abi_encode());
        }
        let codehash = B256::repeat_byte(7);
        calls.push(IManager::getMinBid_1Call { codehash }.abi_encode());
        let mut text = String::new();
        for call in calls {
            let answer = self.answer(self.request(1, call.clone(), 0)).await;
            writeln!(text, "{}: {answer:?}", hex::encode(&call)).expect("a text");
        }
        // In any order.
        let entries = self.request(1, IManager::getEntriesCall {}.abi_encode(), 0);
        let entries = self.answer(entries).await.expect("entries");
        let mut entries = <Vec<Entry>>::abi_decode(&entries).expect("entries");
        // Nitro's keeps the places of those that it evicted, all zero.
        entries.retain(|entry| entry.size != 0);
        entries.sort();
        writeln!(text, "{entries:?}").expect("a text");
        Ok(text)
    }
}

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    answer: Result<(), Bytes>,
    logs: Vec<(Vec<B256>, Bytes)>,
}

#[tokio::test]
#[ignore = "nightly: clients of others against a chain, about 17 s"]
async fn the_cache_manager_answers_every_call_as_nitros_own() -> Result<(), HarnessError> {
    let (mut own, mut nitros) = (Side::new().await?, Side::nitro().await?);
    assert_eq!(own.programs, nitros.programs);
    let last = own
        .chain
        .read(
            Address::with_last_byte(0x72),
            &IArbOs::allCacheManagersCall {},
        )
        .await?;
    let found = last.last();
    assert_eq!(found, Some(&MANAGER), "the one that cargo-stylus asks");
    let steps = life();
    let (mut done, mut refused, mut differences) = (0, 0, String::new());
    for (at, step) in steps.iter().enumerate() {
        let (here, there) = (own.step(step).await?, nitros.step(step).await?);
        match here.answer {
            Ok(()) => done += 1,
            Err(_) => refused += 1,
        }
        let mut compared = vec![(format!("{here:?}"), format!("{there:?}"))];
        let (views, others) = (own.views().await?, nitros.views().await?);
        let pairs = views.lines().zip(others.lines());
        compared.extend(pairs.map(|(here, there)| (here.to_owned(), there.to_owned())));
        let here = own.chain.balance(own.manager).await?;
        let there = nitros.chain.balance(nitros.manager).await?;
        compared.push((here.to_string(), there.to_string()));
        for (here, there) in compared.iter().filter(|(here, there)| here != there) {
            let text = format!("step {at}, {step:?}:\n  here  {here}\n  there {there}\n");
            differences.push_str(&text);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    println!("cache manager: {done} calls done, {refused} refused, all as Nitro's own");
    assert!(done > 20 && refused > 10);
    Ok(())
}

#[test]
fn the_committed_code_of_the_cache_manager_is_what_solc_makes_of_its_source()
-> Result<(), HarnessError> {
    let npm = Npm::install(&Lines)?;
    let script = home().join("tests/solidity/compile-cache-manager.js");
    let mut node = Command::new("node");
    let output = node.arg(script).arg(npm.folder()).output().expect("node");
    assert!(output.status.success(), "{output:?}");
    let path = home().join("node/chain/genesis/CacheManager.hex");
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, &output.stdout).expect("written");
    }
    let committed = std::fs::read(&path).expect("committed");
    assert!(
        committed == output.stdout,
        "run with STYLUS_UPGRADES_UPDATE=1"
    );
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: installs cargo-stylus, about 300 s"]
async fn cargo_stylus_asks_and_bids_at_the_cache_manager() -> Result<(), HarnessError> {
    let tools = crate::verifiable::tool();
    let chain = Chain::start().await?;
    // Another one for each run: on a given chain it is cached afterwards.
    let block = chain.provider().get_block_number().await.expect("a number");
    let additions = 300 + usize::try_from(block % 1_000).expect("small");
    let program = chain.deploy(&program(additions)).await?.to_string();
    let cargo_stylus = |words: &[&str]| {
        let mut command = Command::new(tools.join("cargo-stylus"));
        command.args(["stylus", "cache"]).args(words);
        let output = command.args(["--endpoint", chain.url()]).output();
        let output = output.expect("cargo-stylus runs");
        let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        let said = said.concat();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    };
    let before = cargo_stylus(&["status", "--address", &program]);
    assert!(
        before.contains("active") && before.contains("not yet cached"),
        "{before}"
    );
    // 512 MiB, as it writes them.
    assert!(before.contains("536.9 MB"), "{before}");
    let suggested = cargo_stylus(&["suggest-bid", &program]);
    assert!(suggested.contains("wei"), "{suggested}");
    let key = chain.signer().to_bytes().to_string();
    cargo_stylus(&["bid", &program, "0", "--private-key", &key]);
    let after = cargo_stylus(&["status", "--address", &program]);
    assert!(after.contains("is cached"), "{after}");
    Ok(())
}
