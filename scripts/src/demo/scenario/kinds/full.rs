//! Full: storage does not say which tokens there are, events do. Somebody gathers them, the
//! contract checks, and anybody can add what was left out.

use super::{Contract, code, version_code};
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::demo::abi::erc721_basic::{ICollection, IErc721, Transfer};
use crate::demo::abi::erc721_full;
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::{Addresses, is_refused};
use crate::registry;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolCall, SolEvent, SolValue};
use std::collections::BTreeMap;
use stylus_upgrades_interface::complex::IComplexMigration as program;
use stylus_upgrades_interface::full::IInclusion::{self, OwnerMismatch};

/// Token → owner.
type Tokens = BTreeMap<U256, Address>;

/// A collection that knows owners and balances becomes enumerable.
pub(super) async fn from_history(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("⑤  Full: a collection learns which tokens it has");
    let first = version_code(
        fixture,
        record,
        addresses.registry,
        &fixture.kinds.erc721_basic,
    )
    .await?;
    let initialize = ICollection::initializeCall {
        minter: fixture.operator.sender("demo")?,
    };
    let acorn = Contract::create(
        fixture,
        record,
        addresses.registry,
        "Acorn",
        first,
        &initialize,
    )
    .await?;
    let [ana, ben] = [0xa1, 0xb2].map(Address::repeat_byte);
    for (to, ids) in [(ana, vec![5, 3, 900]), (ben, vec![77])] {
        let mint = IErc721::mintCall {
            to,
            token_ids: ids.into_iter().map(U256::from).collect(),
        };
        send(&fixture.operator, record, &acorn, "mint", &mint).await?;
    }

    let second = version_code(
        fixture,
        record,
        addresses.registry,
        &fixture.kinds.erc721_full,
    )
    .await?;
    let checker = code(fixture, record, &fixture.kinds.erc721_enumerate).await?;
    let handler = fixture.operator.sender("demo")?;
    let program = (checker.implementation, checker.codehash.into());
    let step = registry::complex("1.0", program, handler);
    let tokens = gather(&fixture.operator, acorn.proxy).await?;
    acorn.upgrade(fixture, record, second, step).await?;
    let made_up = batch(&Tokens::from([(U256::from(4), ana)]));
    let refused = fixture.operator.call(acorn.proxy, &made_up).await;
    record.check(
        "full: a made-up token is refused (OwnerMismatch)",
        is_refused::<OwnerMismatch, _>(&refused),
    );
    let mut reported = tokens.clone();
    reported.retain(|_, owner| *owner == ana);
    send(
        &fixture.operator,
        record,
        &acorn,
        "the tokens of one holder",
        &batch(&reported),
    )
    .await?;
    let end = program::endMigrationCall {};
    send(&fixture.operator, record, &acorn, "end the migration", &end).await?;
    record.check(
        "full: supply and balance agree for the holder who was named",
        acorn.is_at(fixture, "2.0").await?
            && supply(fixture, &acorn).await? == reported.len()
            && is_complete(fixture, &acorn, ana).await?,
    );

    let left_out = tokens
        .keys()
        .filter(|id| !reported.contains_key(id))
        .copied();
    let include = IInclusion::includeCall {
        tokenIds: left_out.collect(),
    };
    send(
        &fixture.stranger,
        record,
        &acorn,
        "a stranger adds what was left out",
        &include,
    )
    .await?;
    record.check(
        "full: what was left out is found by anybody who reads the events",
        supply(fixture, &acorn).await? == tokens.len() && is_complete(fixture, &acorn, ben).await?,
    );
    Ok(())
}

/// Every token and its owner, as the collection's events say.
async fn gather(client: &Client, collection: Address) -> Result<Tokens, ChainError> {
    let filter = Filter::new()
        .address(collection)
        .event_signature(Transfer::SIGNATURE_HASH)
        .from_block(0);
    let logs = client.provider().get_logs(&filter).await;
    let logs = logs.map_err(|error| client.error("gather tokens", error))?;
    let mut tokens = Tokens::new();
    for moved in logs
        .iter()
        .filter_map(|log| log.log_decode::<Transfer>().ok())
    {
        tokens.insert(moved.inner.tokenId, moved.inner.to);
    }
    Ok(tokens)
}

fn batch(tokens: &Tokens) -> program::migrateBatchCall {
    let ids: Vec<_> = tokens.keys().copied().collect();
    let owners: Vec<_> = tokens.values().copied().collect();
    let items = Bytes::from((ids, owners).abi_encode_params());
    program::migrateBatchCall {
        data: (U256::ZERO, items).abi_encode_params().into(),
    }
}

async fn supply(fixture: &Fixture, acorn: &Contract) -> Result<usize, ChainError> {
    let supply = fixture
        .user
        .call(acorn.proxy, &erc721_full::ICollection::totalSupplyCall {});
    Ok(supply.await?.saturating_to())
}

async fn is_complete(
    fixture: &Fixture,
    acorn: &Contract,
    owner: Address,
) -> Result<bool, ChainError> {
    let call = IInclusion::isCompleteCall { owner };
    fixture.user.call(acorn.proxy, &call).await
}

async fn send<C: SolCall>(
    client: &Client,
    record: &mut Record,
    acorn: &Contract,
    what: &str,
    call: &C,
) -> Result<(), ChainError> {
    record.sent(&client.send(what, acorn.proxy, call, U256::ZERO).await?);
    Ok(())
}
