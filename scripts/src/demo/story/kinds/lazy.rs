//! Lazy: an entry is read in its new form at once, and converted when it is first written.

use super::{Contract, version_code};
use crate::client::ChainError;
use crate::demo::record::Record;
use crate::demo::stage::{ILedger, Stage};
use crate::demo::story::Cast;
use crate::error::Error;
use crate::registry;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::lazy::ILazy;

/// The map that is migrated.
const ACCOUNTS: &str = "accounts";
/// What each account has at 1.0, in cents.
const CENTS: u64 = 250;

/// A ledger of cents becomes one of hundredths of a cent.
pub(super) async fn when_first_written(
    stage: &Stage,
    record: &mut Record,
    cast: &Cast,
) -> Result<(), Error> {
    record.chapter("③  Lazy: a ledger of cents counts hundredths of a cent");
    let first = version_code(stage, record, cast.registry, &stage.kinds.ledger_v1).await?;
    let initialize = ILedger::initializeCall { fee: 3 };
    let ledger = Contract::born(stage, record, cast.registry, "Ledger", first, &initialize).await?;
    let holders: [Address; 3] = [0xa1, 0xa2, 0xa3].map(Address::repeat_byte);
    let [written, swept, left] = holders;
    let write = ILedger::write_0Call {
        accounts: holders.into(),
        cents: CENTS,
    };
    let sent = stage
        .user
        .send("write 3 accounts", ledger.proxy, &write, U256::ZERO);
    record.sent(&sent.await?);

    let second = version_code(stage, record, cast.registry, &stage.kinds.ledger_v2).await?;
    let accounts = holders.len() as u64;
    let migrate = ILedger::migrateCall { accounts };
    let step = registry::call("1.0", migrate.abi_encode().into());
    ledger.upgrade(stage, record, second, step).await?;
    let read = account(stage, &ledger, left).await? == 100 * u128::from(CENTS);
    record.check(
        "lazy: an account reads in the new form, and nothing was written",
        read && !is_converted(stage, &ledger, left).await? && remaining(stage, &ledger).await? == 3,
    );
    let write = ILedger::write_1Call {
        account: written,
        hundredths: 7,
    };
    let sent = stage
        .user
        .send("write one account", ledger.proxy, &write, U256::ZERO);
    record.sent(&sent.await?);
    record.check(
        "lazy: a write converts what it touches",
        is_converted(stage, &ledger, written).await? && remaining(stage, &ledger).await? == 2,
    );
    let sweep = ILazy::sweepCall {
        map: ACCOUNTS.into(),
        keys: vec![swept.into_word()],
    };
    let sent = stage
        .stranger
        .send("sweep one account", ledger.proxy, &sweep, U256::ZERO);
    record.sent(&sent.await?);
    let kept = account(stage, &ledger, swept).await? == 100 * u128::from(CENTS);
    record.check(
        "lazy: anybody may pay to convert more, and no value changes",
        kept && is_converted(stage, &ledger, swept).await? && remaining(stage, &ledger).await? == 1,
    );
    Ok(())
}

async fn account(stage: &Stage, ledger: &Contract, account: Address) -> Result<u128, ChainError> {
    let call = ILedger::accountCall { account };
    Ok(stage.user.call(ledger.proxy, &call).await?.hundredths)
}

async fn is_converted(
    stage: &Stage,
    ledger: &Contract,
    account: Address,
) -> Result<bool, ChainError> {
    let call = ILedger::isConvertedCall { account };
    stage.user.call(ledger.proxy, &call).await
}

async fn remaining(stage: &Stage, ledger: &Contract) -> Result<u64, ChainError> {
    let call = ILazy::remainingCall {
        map: ACCOUNTS.into(),
    };
    let left = stage.user.call(ledger.proxy, &call).await?;
    Ok(left.saturating_to())
}
