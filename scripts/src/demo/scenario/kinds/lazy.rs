//! Lazy: an entry is read in its new form at once, and converted when it is first written.

use super::{Contract, version_code};
use crate::app_error::Error;
use crate::client::ChainError;
use crate::demo::abi::{ledger_v1, ledger_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::demo::scenario::Addresses;
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
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
) -> Result<(), Error> {
    record.chapter("③  Lazy: a ledger of cents counts hundredths of a cent");
    let first = version_code(
        fixture,
        record,
        addresses.registry,
        &fixture.kinds.ledger_v1,
    )
    .await?;
    let initialize = ledger_v1::ILedger::initializeCall { fee: 3 };
    let ledger = Contract::create(
        fixture,
        record,
        addresses.registry,
        "Ledger",
        first,
        &initialize,
    )
    .await?;
    let holders: [Address; 3] = [0xa1, 0xa2, 0xa3].map(Address::repeat_byte);
    let [written, swept, left] = holders;
    let write = ledger_v1::ILedger::writeCall {
        accounts: holders.into(),
        cents: CENTS,
    };
    let sent = fixture
        .user
        .send("write 3 accounts", ledger.proxy, &write, U256::ZERO);
    record.sent(&sent.await?);

    let second = version_code(
        fixture,
        record,
        addresses.registry,
        &fixture.kinds.ledger_v2,
    )
    .await?;
    let accounts = holders.len() as u64;
    let migrate = ledger_v2::ILedger::migrateCall { accounts };
    let step = registry::call("1.0", migrate.abi_encode().into());
    ledger.upgrade(fixture, record, second, step).await?;
    let read = account(fixture, &ledger, left).await? == 100 * u128::from(CENTS);
    record.check(
        "lazy: an account reads in the new form, and nothing was written",
        read && !is_converted(fixture, &ledger, left).await?
            && remaining(fixture, &ledger).await? == 3,
    );
    let write = ledger_v2::ILedger::writeCall {
        account: written,
        hundredths: 7,
    };
    let sent = fixture
        .user
        .send("write one account", ledger.proxy, &write, U256::ZERO);
    record.sent(&sent.await?);
    record.check(
        "lazy: a write converts what it touches",
        is_converted(fixture, &ledger, written).await? && remaining(fixture, &ledger).await? == 2,
    );
    let sweep = ILazy::sweepCall {
        map: ACCOUNTS.into(),
        keys: vec![swept.into_word()],
    };
    let sent = fixture
        .stranger
        .send("sweep one account", ledger.proxy, &sweep, U256::ZERO);
    record.sent(&sent.await?);
    let kept = account(fixture, &ledger, swept).await? == 100 * u128::from(CENTS);
    record.check(
        "lazy: anybody may pay to convert more, and no value changes",
        kept && is_converted(fixture, &ledger, swept).await?
            && remaining(fixture, &ledger).await? == 1,
    );
    Ok(())
}

async fn account(
    fixture: &Fixture,
    ledger: &Contract,
    account: Address,
) -> Result<u128, ChainError> {
    let call = ledger_v2::ILedger::accountCall { account };
    Ok(fixture.user.call(ledger.proxy, &call).await?._0)
}

async fn is_converted(
    fixture: &Fixture,
    ledger: &Contract,
    account: Address,
) -> Result<bool, ChainError> {
    let call = ledger_v2::ILedger::isConvertedCall { account };
    fixture.user.call(ledger.proxy, &call).await
}

async fn remaining(fixture: &Fixture, ledger: &Contract) -> Result<u64, ChainError> {
    let call = ILazy::remainingCall {
        map: ACCOUNTS.into(),
    };
    let left = fixture.user.call(ledger.proxy, &call).await?;
    Ok(left.saturating_to())
}
