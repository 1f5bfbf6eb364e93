//! A full migration: a collection becomes enumerable, with its tokens gathered from its events.

use crate::prelude::*;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use stylus_upgrades_harness::{Instance, Receipt};
use stylus_upgrades_interface::complex::IComplexMigration::{
    MigrationIncomplete, endMigrationCall, migrateBatchCall, progressCall,
};
use stylus_upgrades_interface::full::IInclusion::{
    AlreadyIncluded, MalformedItems, OwnerMismatch, TokensUnordered, includeCall, isCompleteCall,
};
use stylus_upgrades_tests::abi::ICollection;
use stylus_upgrades_tests::examples;

type Done = Result<(), HarnessError>;

/// Token → owner.
type Tokens = BTreeMap<U256, Address>;

struct Fixture<'h> {
    harness: &'h Harness,
    collection: Instance<'h>,
    handler: Instance<'h>,
}

fn ids(ids: &[u64]) -> Vec<U256> {
    ids.iter().copied().map(U256::from).collect()
}

/// A basic collection with some history, and its enumerable version.
async fn collection(harness: &Harness) -> Result<Fixture<'_>, HarnessError> {
    let collection = examples::collection(harness).await?.instance;
    let fixture = Fixture {
        harness,
        handler: collection.by(harness.account(5)),
        collection,
    };
    fixture.mint(1, &[5, 3, 900, 0]).await?;
    fixture.mint(2, &[77, 12]).await?;
    fixture.mint(3, &[1_000_000]).await?;
    fixture.mint(4, &[40]).await?;
    fixture.transfer(1, 2, 3).await?;
    fixture.transfer(2, 1, 77).await?;
    fixture.burn(4, 40).await?;
    Ok(fixture)
}

impl Fixture<'_> {
    fn holder(&self, n: usize) -> Address {
        self.harness.account(n)
    }

    async fn mint(&self, to: usize, tokens: &[u64]) -> Result<Receipt, HarnessError> {
        let (to, token_ids) = (self.holder(to), ids(tokens));
        let call = ICollection::mintCall { to, token_ids };
        self.collection.send(&call).await
    }

    async fn transfer(&self, from: usize, to: usize, token: u64) -> Result<Receipt, HarnessError> {
        let call = ICollection::transferFromCall {
            from: self.holder(from),
            to: self.holder(to),
            token_id: U256::from(token),
        };
        self.collection.by(self.holder(from)).send(&call).await
    }

    async fn burn(&self, owner: usize, token: u64) -> Result<Receipt, HarnessError> {
        let call = ICollection::burnCall {
            token_id: U256::from(token),
        };
        self.collection.by(self.holder(owner)).send(&call).await
    }

    /// What the events say, from the first block on.
    async fn gather(&self) -> Tokens {
        let filter = Filter::new()
            .address(self.collection.address())
            .event_signature(ICollection::Transfer::SIGNATURE_HASH)
            .from_block(0);
        let logs = self.harness.chain().provider().get_logs(&filter).await;
        let mut tokens = Tokens::new();
        for log in logs.expect("the chain answers") {
            let moved = log
                .log_decode::<ICollection::Transfer>()
                .expect("a transfer");
            let moved = moved.inner.data;
            if moved.to.is_zero() {
                tokens.remove(&moved.tokenId);
            } else {
                tokens.insert(moved.tokenId, moved.to);
            }
        }
        tokens
    }

    async fn batch(
        &self,
        position: u64,
        tokens: &[(U256, Address)],
    ) -> Result<Receipt, HarnessError> {
        self.handler.send(&batch(position, tokens)).await
    }

    /// Migrates exactly these tokens.
    async fn enumerate(&self, tokens: &Tokens) -> Done {
        self.collection.upgrade("2.0").await?;
        let tokens: Vec<_> = tokens.iter().map(|(id, owner)| (*id, *owner)).collect();
        let (first, second) = tokens.split_at(tokens.len() / 2);
        self.batch(0, first).await?;
        self.batch(first.len() as u64, second).await?;
        self.handler.send(&endMigrationCall {}).await?;
        Ok(())
    }

    /// What the lists say, each of them in order.
    async fn listed(&self, holders: usize) -> Result<Tokens, HarnessError> {
        let mut tokens = Tokens::new();
        for n in 0..holders {
            let owner = self.holder(n);
            let count = self.owned(owner).await?;
            for token in count {
                assert_eq!(tokens.insert(token, owner), None, "{token} twice");
            }
        }
        let supply = self
            .collection
            .read(&ICollection::totalSupplyCall {})
            .await?;
        let mut all = Vec::new();
        for n in 0..supply.to::<u64>() {
            let index = U256::from(n);
            let call = ICollection::tokenByIndexCall { index };
            all.push(self.collection.read(&call).await?);
        }
        all.sort();
        assert_eq!(
            all,
            tokens.keys().copied().collect::<Vec<_>>(),
            "both lists"
        );
        Ok(tokens)
    }

    /// The list of an owner, to its end.
    async fn owned(&self, owner: Address) -> Result<Vec<U256>, HarnessError> {
        let mut owned = Vec::new();
        loop {
            let index = U256::from(owned.len());
            let call = ICollection::tokenOfOwnerByIndexCall { owner, index };
            match self.collection.read(&call).await {
                Ok(token) => owned.push(token),
                Err(error) => {
                    let end = ICollection::ERC721OutOfBoundsIndex {
                        _0: owner,
                        _1: index,
                    };
                    assert_reverts(Err::<(), _>(error), end);
                    return Ok(owned);
                }
            }
        }
    }

    async fn balance(&self, holder: usize) -> Result<U256, HarnessError> {
        let owner = self.holder(holder);
        let balance = ICollection::balanceOfCall { owner };
        self.collection.read(&balance).await
    }

    async fn is_complete(&self, holder: usize) -> Result<bool, HarnessError> {
        let owner = self.holder(holder);
        self.collection.read(&isCompleteCall { owner }).await
    }
}

fn batch(position: u64, tokens: &[(U256, Address)]) -> migrateBatchCall {
    let (ids, owners): (Vec<U256>, Vec<Address>) = tokens.iter().copied().unzip();
    let items: Bytes = (ids, owners).abi_encode_params().into();
    migrateBatchCall {
        data: (U256::from(position), items).abi_encode_params().into(),
    }
}

#[tokio::test]
async fn full_migration_lists_every_token_and_changes_no_owner() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness).await?;
    let gathered = fixture.gather().await;
    let mut balances = Vec::new();
    for n in 0..10 {
        balances.push(fixture.balance(n).await?);
    }
    fixture.enumerate(&gathered).await?;

    assert_eq!(fixture.collection.version().await?, "2.0");
    assert_eq!(fixture.listed(10).await?, gathered);
    for (n, before) in balances.into_iter().enumerate() {
        assert_eq!(fixture.balance(n).await?, before, "account {n}");
        assert!(fixture.is_complete(n).await?);
    }
    for (token, owner) in &gathered {
        let call = ICollection::ownerOfCall { token_id: *token };
        assert_eq!(fixture.collection.read(&call).await?, *owner);
    }
    for interface in [
        [0x01, 0xff, 0xc9, 0xa7],
        [0x80, 0xac, 0x58, 0xcd],
        [0x78, 0x0e, 0x9d, 0x63],
    ] {
        let call = ICollection::supportsInterfaceCall {
            interface_id: interface.into(),
        };
        assert!(fixture.collection.read(&call).await?);
    }
    Ok(())
}

#[tokio::test]
async fn full_migration_refuses_false_batches() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness).await?;
    let tokens: Vec<_> = fixture.gather().await.into_iter().collect();
    fixture.collection.upgrade("2.0").await?;

    let (token, owner) = tokens[0];
    let (made_up, nobody) = (U256::from(123_456), Address::ZERO);
    for (token, claimed, owner) in [
        (token, fixture.holder(9), owner),
        (made_up, owner, nobody),
        (made_up, nobody, nobody),
    ] {
        let wrong = OwnerMismatch {
            tokenId: token,
            claimed,
            owner,
        };
        assert_reverts(fixture.batch(0, &[(token, claimed)]).await, wrong);
    }
    let twice = fixture.batch(0, &[tokens[0], tokens[0]]).await;
    assert_reverts(twice, AlreadyIncluded { tokenId: token });
    let unordered = TokensUnordered {
        previous: tokens[1].0,
        tokenId: tokens[0].0,
    };
    assert_reverts(fixture.batch(0, &[tokens[1], tokens[0]]).await, unordered);
    fixture.batch(0, &tokens[1..3]).await?;
    let unordered = TokensUnordered {
        previous: tokens[2].0,
        tokenId: tokens[0].0,
    };
    assert_reverts(fixture.batch(2, &tokens[..1]).await, unordered);
    let again = AlreadyIncluded {
        tokenId: tokens[2].0,
    };
    assert_reverts(fixture.batch(2, &tokens[2..]).await, again);
    let items: Bytes = (ids(&[1, 2]), vec![owner]).abi_encode_params().into();
    let uneven = migrateBatchCall {
        data: (U256::from(2), items).abi_encode_params().into(),
    };
    assert_reverts(fixture.handler.send(&uneven).await, MalformedItems {});
    Ok(())
}

#[tokio::test]
async fn full_migration_does_not_end_while_an_owner_it_knows_misses_a_token() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness).await?;
    let tokens: Vec<_> = fixture.gather().await.into_iter().collect();
    let owner = fixture.holder(1);
    let (his, others): (Vec<_>, Vec<_>) = tokens.into_iter().partition(|token| token.1 == owner);
    fixture.collection.upgrade("2.0").await?;
    fixture.batch(0, &his[..2]).await?;
    let progress = fixture.collection.read(&progressCall {}).await?;
    let (done, total) = (U256::from(2), U256::from(his.len()));
    assert_eq!((progress.done, progress.total), (done, total));
    let ended = fixture.handler.send(&endMigrationCall {}).await;
    assert_reverts(ended, MigrationIncomplete { done, total });
    assert!(!others.is_empty());
    Ok(())
}

/// Everything but the tokens of account 2 is migrated.
async fn without_account_2(fixture: &Fixture<'_>) -> Result<Tokens, HarnessError> {
    let gathered = fixture.gather().await;
    let mut known = gathered.clone();
    known.retain(|_, owner| *owner != fixture.holder(2));
    assert_eq!(gathered.len() - known.len(), 2);
    fixture.enumerate(&known).await?;
    Ok(gathered)
}

#[tokio::test]
async fn full_migration_include_passes_over_what_a_stranger_has_included_already() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness).await?;
    let gathered = without_account_2(&fixture).await?;
    let left_out: Vec<_> = gathered
        .iter()
        .filter(|(_, owner)| **owner == fixture.holder(2))
        .map(|(token, _)| *token)
        .collect();
    let first = includeCall {
        tokenIds: left_out[..1].to_vec(),
    };
    fixture
        .collection
        .by(fixture.holder(8))
        .send(&first)
        .await?;
    let all = includeCall { tokenIds: left_out };
    fixture.collection.send(&all).await?;
    assert!(fixture.is_complete(2).await?);
    assert_eq!(fixture.listed(10).await?, gathered);
    Ok(())
}

/// The token in both lists, and its word and its owner's word changed.
const FLOOR: u64 = 22_100 + 22_100 + 5_000;

#[tokio::test]
async fn full_migration_costs_little_more_than_its_stores() -> Done {
    let harness = Harness::start().await?;
    let fixture = collection(&harness).await?;
    for n in 0..4 {
        fixture
            .mint(6, &(2_000 + 20 * n..2_020 + 20 * n).collect::<Vec<_>>())
            .await?;
    }
    let mut tokens: Vec<_> = fixture.gather().await.into_iter().collect();
    tokens.retain(|token| token.1 == fixture.holder(6));
    fixture.collection.upgrade("2.0").await?;
    fixture.batch(0, &tokens[..5]).await?;
    let few = fixture.batch(5, &tokens[5..15]).await?.gas();
    let many = fixture.batch(15, &tokens[15..75]).await?.gas();
    let each = (many - few) / 50;
    println!("full: {each} gas per token, floor {FLOOR}; {few} for 10, {many} for 60");
    assert!(each * 10 <= FLOOR * 12, "{each} gas per token");
    Ok(())
}
