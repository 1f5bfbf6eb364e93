//! A collection becomes enumerable, with its tokens gathered from its events.

use crate::prelude::*;
use std::sync::{Arc, Mutex};

use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades_harness::Instance;
use stylus_upgrades_interface::full::IInclusion::isCompleteCall;
use stylus_upgrades_tests::abi::ICollection;
use stylus_upgrades_tests::examples;

use super::fixture::{Done, command};
use super::proxy::{Failure, Proxy};
use crate::command::finished;

const GATHER: [&str; 2] = ["--gather", "erc721"];

struct Fixture<'h> {
    harness: &'h Harness,
    collection: Instance<'h>,
    /// Token → owner, as it should be.
    tokens: BTreeMap<u64, Address>,
    folder: tempfile::TempDir,
}

/// A basic collection with `rounds` times ten tokens minted, one of each ten burnt and one moved.
async fn collection(harness: &Harness, rounds: u64) -> Result<Fixture<'_>, HarnessError> {
    let mut fixture = Fixture {
        harness,
        collection: examples::collection(harness).await?.instance,
        tokens: BTreeMap::new(),
        folder: tempfile::tempdir().expect("a folder"),
    };
    for round in 0..rounds {
        // Ids that neither rise nor follow each other.
        let ids: Vec<_> = (0..10)
            .map(|n| (round * 10 + n) * 7_919 % 100_003)
            .collect();
        fixture.mint(1 + round as usize % 3, &ids).await?;
        fixture.transfer(ids[3], 4).await?;
        fixture.burn(ids[6]).await?;
    }
    Ok(fixture)
}

impl Fixture<'_> {
    async fn mint(&mut self, to: usize, ids: &[u64]) -> Done {
        let to = self.harness.account(to);
        let token_ids = ids.iter().copied().map(U256::from).collect();
        self.tokens.extend(ids.iter().map(|id| (*id, to)));
        let call = ICollection::mintCall { to, token_ids };
        self.collection.send(&call).await.map(drop)
    }

    async fn transfer(&mut self, id: u64, to: usize) -> Done {
        let to = self.harness.account(to);
        let from = self.tokens.insert(id, to).expect("a token");
        let call = ICollection::transferFromCall {
            from,
            to,
            token_id: U256::from(id),
        };
        self.collection.by(from).send(&call).await.map(drop)
    }

    async fn burn(&mut self, id: u64) -> Done {
        let from = self.tokens.remove(&id).expect("a token");
        let call = ICollection::burnCall {
            token_id: U256::from(id),
        };
        self.collection.by(from).send(&call).await.map(drop)
    }

    /// Runs the command line to its end.
    async fn run(&self, url: &str, words: &(impl Words + ?Sized), kill: Option<&str>) -> Answer {
        let proxy = self.collection.address().to_string();
        let mut command = command(url, self.folder.path(), &proxy, words);
        if let Some(kill) = kill {
            command.env(VARIABLE, kill);
        }
        finished(command).await
    }

    /// Asserts that exactly the tokens that there are are enumerated, in the order of their ids.
    async fn assert_enumerated(&self) -> Done {
        let supply = self
            .collection
            .read(&ICollection::totalSupplyCall {})
            .await?;
        assert_eq!(supply, U256::from(self.tokens.len()));
        for (index, (id, owner)) in self.tokens.iter().enumerate() {
            let index = U256::from(index);
            let call = ICollection::tokenByIndexCall { index };
            assert_eq!(self.collection.read(&call).await?, U256::from(*id));
            let call = ICollection::ownerOfCall {
                token_id: U256::from(*id),
            };
            assert_eq!(self.collection.read(&call).await?, *owner, "token {id}");
        }
        for holder in 1..=4 {
            let owner = self.harness.account(holder);
            assert!(self.collection.read(&isCompleteCall { owner }).await?);
        }
        Ok(())
    }
}

#[tokio::test]
async fn run_migration_gathers_a_collection_and_enumerates_it() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness, 3).await?;
    fixture.collection.upgrade("2.0").await?;
    let url = harness.chain().url();
    let ran = fixture
        .run(url, &[&GATHER[..], &["--gas", "800000"]].concat(), None)
        .await;
    ran.ends_with(0);
    assert_eq!(ran.document["items"], 27);
    assert_eq!(ran.document["total"], 27);
    assert!(!fixture.folder.path().join(".stylus-upgrades").exists());
    fixture.assert_enumerated().await
}

/// First and last block of a request for the logs of an account. (The first contact with a registry reads that one's.)
fn range(request: &str, of: Address) -> Option<(u64, u64)> {
    if !request.contains("eth_getLogs") || !request.contains(&format!("{of:#x}")) {
        return None;
    }
    let number = |name: &str| {
        let text = request.split(name).nth(1)?.split("0x").nth(1)?;
        let digits: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
        u64::from_str_radix(&digits, 16).ok()
    };
    Some((number("\"fromBlock\"")?, number("\"toBlock\"")?))
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 23 s"]
async fn run_migration_gathers_page_by_page_within_limits_and_continues_after_kills() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness, 4).await?;
    fixture.collection.upgrade("2.0").await?;
    let queries = Arc::new(Mutex::new(Vec::new()));
    let seen = queries.clone();
    let of = fixture.collection.address();
    // An endpoint that gives the logs of three blocks at most.
    let proxy = Proxy::start(harness.chain().url(), move |_, request| {
        match range(request, of) {
            Some((from, to)) if to - from >= 3 => {
                Failure::Refused("query returned more than 10000 results")
            }
            Some(range) => {
                seen.lock().expect("the list").push(range);
                Failure::None
            }
            None => Failure::None,
        }
    });
    for kill in ["gathered:2", "gathered:1", "gathered:3"] {
        let ran = fixture.run(&proxy.url(), &GATHER, Some(kill)).await;
        assert_eq!(ran.exit, None, "killed: {}", ran.stderr);
    }
    fixture.run(&proxy.url(), &GATHER, None).await.ends_with(0);
    let queries = queries.lock().expect("the list").clone();
    println!("{} refusals; {queries:?}", proxy.failures());
    assert!(proxy.failures() > 0);
    for pair in queries.windows(2) {
        let found = pair[1].0;
        assert_eq!(found, pair[0].1 + 1, "no block is read twice, or left out");
    }
    fixture.assert_enumerated().await
}
