//! Bids for the init cache, at Nitro's own cache manager from npm.

use std::fs;

use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::sol;
use serde_json::Value;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, Lines, Npm};

use super::fixture::{DAY, Done, Team};
use super::program::Ran;

/// Its compiled form in the package.
const COMPILED: &str = "node_modules/@arbitrum/nitro-contracts/build/contracts/src/chain/CacheManager.sol/CacheManager.json";
/// Bytes of the cache: room for everything.
const LARGE: u64 = 100 << 20;

sol! {
    interface IOwner {
        function addWasmCacheManager(address manager) external;
    }
    interface IManager {
        function initialize(uint64 initCacheSize, uint64 initDecay) external;
        function setCacheSize(uint64 newSize) external;
        function setDecayRate(uint64 newDecay) external;
        function placeBid(address program) external payable;
        function queueSize() external view returns (uint64);
        function evictAll() external;
    }
}

/// A cache manager in use. It serves through a proxy only, as on the live chains.
async fn manager(team: &Team<'_>) -> Result<Address, HarnessError> {
    let npm = Npm::install(&Lines)?;
    let compiled = fs::read_to_string(npm.folder().join(COMPILED)).expect("the package has it");
    let compiled: Value = serde_json::from_str(&compiled).expect("JSON");
    let bytecode = compiled["bytecode"].as_str().expect("bytes");
    let chain = team.harness.chain();
    let logic = chain.create(hex::decode(bytecode).expect("bytes")).await?;
    let before = hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
    let behind = hex!("5af43d82803e903d91602b57fd5bf3");
    let clone = [&before, logic.as_slice(), &behind].concat();
    let manager = chain.create(Bytes::from(clone)).await?;
    team.own().await?;
    let owner = chain.account(0);
    let initialize = IManager::initializeCall {
        initCacheSize: LARGE,
        initDecay: 0,
    };
    chain.execute(owner, manager, &initialize).await?;
    let add = IOwner::addWasmCacheManagerCall { manager };
    let arb_owner = Address::with_last_byte(0x70);
    chain.execute(owner, arb_owner, &add).await?;
    Ok(manager)
}

/// The programs that run and are not cached.
fn uncached(document: &Value) -> usize {
    let programs = document["programs"].as_array().expect("programs").iter();
    programs.filter(|one| one["cached"] == false).count()
}

/// Somebody else bids so many wei for each program.
async fn bid(team: &Team<'_>, manager: Address, programs: &[Address], wei: u64) -> Done {
    let chain = team.harness.chain();
    for program in programs {
        let call = IManager::placeBidCall { program: *program };
        let request = alloy::rpc::types::TransactionRequest::default()
            .from(chain.account(0))
            .to(manager)
            .value(U256::from(wei))
            .input(alloy::sol_types::SolCall::abi_encode(&call).into());
        chain.send(request).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: a year of a chain, many commands, about 79 s"]
async fn a_bid_is_followed_while_it_decays_until_anybody_evicts_it() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let manager = manager(&team).await?;
    let chain = harness.chain();
    let owner = chain.account(0);
    let decay = IManager::setDecayRateCall { newDecay: 1 };
    chain.execute(owner, manager, &decay).await?;
    let running = team.doctor(&[]).await;
    let accounts = running.list("programs").iter();
    let accounts: Vec<Address> = accounts
        .filter(|one| one["cached"] == false)
        .filter_map(|one| one["accounts"][0]["address"].as_str()?.parse().ok())
        .collect();
    assert!(running.list("cache_bids").is_empty());
    let days = 20;
    bid(&team, manager, &accounts, days * DAY).await?;
    let ahead = |ran: &Ran| ran.findings().contains(&"EvictionAhead");
    let roomy = team.doctor(&[]).await;
    assert_eq!(roomy.list("cache_bids").len(), accounts.len());
    let used = chain.read(manager, &IManager::queueSizeCall {}).await?;
    let resize = IManager::setCacheSizeCall { newSize: used };
    chain.execute(owner, manager, &resize).await?;
    let full = team.doctor(&[]).await;
    full.ends_with(0);
    assert!(!ahead(&roomy) && !ahead(&full), "{:#}", full.document);
    for one in full.list("cache_bids") {
        let left = one["seconds_left"].as_u64().expect("seconds");
        assert!(left > (days - 1) * DAY && left <= days * DAY, "{one}");
        assert_eq!(one["is_full"], true);
    }
    team.wait(days - 3).await?;
    let ending = team.doctor(&[]).await;
    ending.ends_with(0);
    assert!(ahead(&ending), "{:#}", ending.document);
    let left = ending.list("cache_bids").iter();
    let left: Vec<_> = left.map(|one| one["seconds_left"].as_u64()).collect();
    assert_eq!(left.len(), accounts.len());
    assert!(
        left.iter()
            .all(|one| one.is_some_and(|left| (1..=3 * DAY).contains(&left))),
        "{left:?}"
    );
    // What it said then is what the manager asks of the next one.
    team.wait(3).await?;
    let nothing = team.doctor(&[]).await;
    let worthless = nothing.list("cache_bids").iter();
    assert!(worthless.clone().all(|one| one["margin"] == "0x0"));
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: a year of a chain, many commands, about 74 s"]
async fn a_cache_with_room_costs_nothing_and_only_what_is_missing_is_bid_for() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    manager(&team).await?;
    let without = team.fix(&[]).await;
    without.ends_with(0);
    assert!(uncached(&without.document) >= 8 && without.document["bids"].is_null());

    let placed = team.fix(&["--max-bid", "0"]).await;
    placed.ends_with(0);
    assert_eq!(uncached(&placed.document), 0, "{:#}", placed.document);
    let bids = placed.list("bids").iter();
    assert!(
        bids.clone()
            .all(|bid| bid["wei"] == "0x0" && bid["tx"].is_string())
    );
    assert!(
        placed.errors.contains("nobody gets them back"),
        "{}",
        placed.errors
    );
    let nonce = team.nonce().await;
    let again = team.fix(&["--max-bid", "1000"]).await;
    again.ends_with(0);
    assert!(again.list("bids").is_empty());
    assert_eq!(team.nonce().await, nonce);
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: a year of a chain, many commands, about 61 s"]
async fn no_more_than_the_bound_is_spent_on_bids() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let manager = manager(&team).await?;
    let chain = harness.chain();
    let owner = chain.account(0);
    team.fix(&["--max-bid", "0"]).await.ends_with(0);
    // Every place is taken by others' bids of 1,000 wei.
    chain
        .execute(owner, manager, &IManager::evictAllCall {})
        .await?;
    let emptied = team.doctor(&[]).await;
    let accounts = emptied.list("programs").iter();
    let accounts: Vec<Address> = accounts
        .filter(|one| one["cached"] == false)
        .filter_map(|one| one["accounts"][0]["address"].as_str()?.parse().ok())
        .collect();
    bid(&team, manager, &accounts[1..], 1_000).await?;
    let full = chain.read(manager, &IManager::queueSizeCall {}).await?;
    let resize = IManager::setCacheSizeCall { newSize: full };
    chain.execute(owner, manager, &resize).await?;

    let before = chain.balance(manager).await?;
    let poor = team.fix(&["--max-bid", "999"]).await;
    poor.ends_with(5);
    let [only] = poor.list("bids").as_slice() else {
        panic!("{:#}", poor.document);
    };
    assert_eq!(
        (&only["wei"], &only["within_bound"]),
        (&Value::from("0x3e8"), &Value::from(false))
    );
    assert_eq!(chain.balance(manager).await?, before, "nothing is spent");
    let rich = team.fix(&["--max-bid", "1000"]).await;
    assert!(
        rich.list("bids")[0]["tx"].is_string(),
        "{:#}",
        rich.document
    );
    assert_eq!(chain.balance(manager).await? - before, U256::from(1_000));
    Ok(())
}
