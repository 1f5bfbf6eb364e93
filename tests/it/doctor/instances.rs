//! The instances, each of another kind and with data.

use crate::prelude::*;
use stylus_upgrades_harness::{Definition, Instance, step};
use stylus_upgrades_tests::examples;

use super::fixture::{
    BUDGET, CENTS, HANDLER, ICollection, ILedger2, MEMBERS, POINTS, TOKENS, batch, holder, member,
    numbers,
};

pub(super) async fn counters(
    harness: &Harness,
) -> Result<(Definition<'_>, Instance<'_>, Instance<'_>), HarnessError> {
    let it = examples::counter(harness).await?;
    let initialize = calls::initialize_counter(7);
    let called = it.definition.create_proxy("1.0", &initialize).await?;
    let migrate = calls::migrate_counter(5);
    it.add_second(step::call("1.0", &migrate)).await?;
    called.upgrade("2.0").await?;
    Ok((it.definition, it.instance, called))
}

pub(super) async fn points(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let it = examples::points(harness).await?;
    let register = &it.instance;
    let members: Vec<_> = (0..MEMBERS).map(member).collect();
    register.send(&calls::award(members, POINTS)).await?;
    it.add_complex("contracts/migrations/points_cursor").await?;
    register.upgrade("2.0").await?;
    let next = calls::migrate_next(BUDGET);
    register.by(harness.account(HANDLER)).send(&next).await?;
    Ok(it.instance)
}

pub(super) async fn ledger(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let accounts = (0..3).map(holder).collect();
    let ledger = examples::ledger(harness, accounts, CENTS).await?.instance;
    ledger.upgrade("2.0").await?;
    let write = ILedger2::writeCall {
        account: holder(1),
        hundredths: 77,
    };
    ledger.send(&write).await?;
    Ok(ledger)
}

pub(super) async fn collection(harness: &Harness) -> Result<Instance<'_>, HarnessError> {
    let collection = examples::collection(harness).await?.instance;
    let (to, token_ids) = (harness.account(1), numbers(&TOKENS));
    let mint = ICollection::mintCall { to, token_ids };
    collection.send(&mint).await?;
    collection.upgrade("2.0").await?;
    let first = batch(0, &TOKENS[..2], to);
    collection.by(harness.account(HANDLER)).send(&first).await?;
    Ok(collection)
}
