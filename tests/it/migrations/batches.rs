//! A complex migration whose handler supplies the items, and the items that are refused.

use crate::prelude::*;
use alloy::sol;
use stylus_upgrades_interface::complex::IComplexMigration::{
    BatchOutOfOrder, MigrationIncomplete, NotHandler, migrateBatchCall,
};
use stylus_upgrades_interface::registry::IRegistry::NotSupported;

use super::points::{BATCHES, CURSOR, Done, batch, ordered, register};

sol! {
    #[derive(Debug)]
    error AlreadyConverted(address member);
    #[derive(Debug)]
    error NotAMember(address account);
    #[derive(Debug)]
    error MalformedItems();
}

fn out_of_order(position: u64, done: u64) -> BatchOutOfOrder {
    BatchOutOfOrder {
        position: U256::from(position),
        done: U256::from(done),
    }
}

#[tokio::test]
async fn complex_batches_come_in_order_each_once() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, BATCHES, 7).await?;
    fixture.register.upgrade("2.0").await?;
    let members = ordered(7);

    assert_reverts(fixture.batch(1, &members[1..3]).await, out_of_order(1, 0));
    fixture.batch(0, &members[..3]).await?;
    assert_reverts(fixture.batch(0, &members[..3]).await, out_of_order(0, 3));
    assert_reverts(fixture.batch(4, &members[4..]).await, out_of_order(4, 3));
    let (done, total) = (U256::from(3), U256::from(7));
    assert_reverts(fixture.end().await, MigrationIncomplete { done, total });
    fixture.batch(3, &members[3..]).await?;
    assert_eq!(fixture.progress().await?, (7, 7));
    fixture.end().await?;
    fixture.assert_points(7, 10).await
}

#[tokio::test]
async fn complex_batches_are_checked() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, BATCHES, 4).await?;
    fixture.register.upgrade("2.0").await?;
    let members = ordered(4);

    let stranger = fixture.register.by(harness.account(8));
    let (caller, handler) = (harness.account(8), harness.account(5));
    let sent = stranger.send(&batch(0, &members)).await;
    assert_reverts(sent, NotHandler { caller, handler });

    let member = members[0];
    let twice = fixture.batch(0, &[member, member]).await;
    assert_reverts(twice, AlreadyConverted { member });
    let account = Address::repeat_byte(0xee);
    assert_reverts(fixture.batch(0, &[account]).await, NotAMember { account });
    assert_eq!(fixture.progress().await?, (0, 4), "none of it counts");
    fixture.batch(0, &[members[2], member]).await?; // in any order
    let again = fixture.batch(2, &[members[1], member]).await;
    assert_reverts(again, AlreadyConverted { member });
    Ok(())
}

#[tokio::test]
async fn complex_batches_that_do_not_decode_are_refused() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, BATCHES, 1).await?;
    fixture.register.upgrade("2.0").await?;
    let items = |items: &[u8]| migrateBatchCall {
        data: (U256::ZERO, alloy::primitives::Bytes::copy_from_slice(items))
            .abi_encode_params()
            .into(),
    };
    for bad in [&[][..], &[0; 31], &[0xff; 64], &[0; 65]] {
        assert_reverts(fixture.handler.read(&items(bad)).await, MalformedItems {});
    }
    let call = batch(0, &ordered(1)).abi_encode();
    for end in 4..call.len() {
        let request = alloy::rpc::types::TransactionRequest::default()
            .from(harness.account(5))
            .to(fixture.register.address())
            .input(call[..end].to_vec().into());
        let cut = harness.chain().call(request).await;
        assert!(matches!(cut, Err(HarnessError::Reverted(_))), "{end} bytes");
    }
    Ok(())
}

#[tokio::test]
async fn complex_form_that_a_program_lacks_is_refused_by_name() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, BATCHES, 1).await?;
    fixture.register.upgrade("2.0").await?;
    let what = String::from("migrateNext");
    assert_reverts(fixture.next(1_000_000).await, NotSupported { what });

    let harness = Harness::start().await?;
    let fixture = register(&harness, CURSOR, 1).await?;
    fixture.register.upgrade("2.0").await?;
    let what = String::from("migrateBatch");
    assert_reverts(fixture.batch(0, &ordered(1)).await, NotSupported { what });
    Ok(())
}

/// One cold word, changed.
const FLOOR: u64 = 5_000;

#[tokio::test]
async fn complex_batches_cost_little_more_than_their_stores() -> Done {
    let harness = Harness::start().await?;
    let fixture = register(&harness, BATCHES, 100).await?;
    fixture.register.upgrade("2.0").await?;
    let members = ordered(100);
    let few = fixture.batch(0, &members[..10]).await?.gas();
    let many = fixture.batch(10, &members[10..]).await?.gas();
    let each = (many - few) / 80;
    println!("complex, batches: {each} gas per item, floor {FLOOR}; {few} for 10, {many} for 90");
    assert!(each * 10 <= FLOOR * 12, "{each} gas per item");
    Ok(())
}
