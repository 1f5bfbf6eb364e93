//! A governed call that runs out of gas, because others moved the chain between its estimate and its
//! block: that is reported, and nothing is sent again.

use crate::governance::sandbox::Heard;
use crate::prelude::*;
use alloy::consensus::Transaction;
use std::time::Instant;
use stylus_chain::PooledTransaction;

/// An instance that Admin or Admin2 alone migrates, on a chain without blocks of its own; `Other` decides about policies.
fn sandbox() -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter("OR(Admin,Admin2)", 1);
    let role = "policy update A --role policy Other --accept excluded-sender";
    sandbox.done("Admin", role);
    sandbox.automine(false);
    let registry = sandbox.registry();
    (sandbox, registry)
}

/// Mines whatever the command sends before, and takes its `migrate` out of the pool.
fn held(sandbox: &Sandbox, registry: Address) -> PooledTransaction {
    let begun = Instant::now();
    loop {
        let found = sandbox.chain(move |chain| {
            let mut waiting = chain.pool().pending.into_iter().cloned();
            let migrate = |tx: &PooledTransaction| {
                let input = tx.input();
                tx.to() == Some(registry) && input.starts_with(&abi::migrateCall::SELECTOR)
            };
            let found = waiting.find(migrate);
            match &found {
                Some(found) => assert!(chain.drop_transaction(*found.tx_hash())),
                None if chain.pool().pending.is_empty() => {}
                None => chain.mine(1, None).expect("a block"),
            }
            found
        });
        if let Some(found) = found {
            return found;
        }
        assert!(begun.elapsed() < TIMEOUT, "it never sent its migration");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// `Other` adds approvers to the policy of the migration, so that reading it takes more gas.
fn more_approvers(sandbox: &Sandbox, registry: Address) {
    let [admin, admin2, _, other] = sandbox.node.addresses()[..4] else {
        panic!("four accounts");
    };
    let others = (1..=60).map(|n| Address::repeat_byte(0xee).create(n));
    let approvers: Vec<String> = [admin, admin2]
        .into_iter()
        .chain(others)
        .map(|one| format!("{one:#x}"))
        .collect();
    let call = abi::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("OR({})", approvers.join(",")),
    };
    let input = call.abi_encode().into();
    let receipt = sandbox.sent(other, registry, input, 20_000_000);
    assert!(receipt.success, "{receipt:?}");
}

/// Mines what was held back: it runs dry.
fn run_dry(sandbox: &Sandbox, held: PooledTransaction) {
    sandbox.chain(move |chain| {
        let hash = chain.submit_recovered(held).expect("taken");
        chain.mine(1, None).expect("a block");
        let receipt = chain.receipt(hash).expect("mined");
        assert!(!receipt.success, "it had gas enough: {receipt:?}");
    });
}

/// Waits for the command's end, in which it sends no other migration.
fn not_sent_again(sandbox: &Sandbox, registry: Address, mut command: Heard) -> Answer {
    let begun = Instant::now();
    while command.child.try_wait().expect("its state").is_none() {
        let again = sandbox.chain(move |chain| {
            let mut waiting = chain.pool().pending.into_iter().cloned();
            waiting.any(|tx| tx.to() == Some(registry))
        });
        if again || begun.elapsed() > TIMEOUT {
            command.child.kill().expect("it is ended");
            assert!(!again, "it was sent once more");
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    command.answer()
}

/// Admin's migrations: whether each went through.
fn sent(sandbox: &Sandbox, registry: Address) -> Vec<bool> {
    let admin = sandbox.node.addresses()[0];
    sandbox.chain(move |chain| {
        let blocks = (0..=chain.block_number()).filter_map(|n| chain.block(BlockId::number(n)));
        let all = blocks.flat_map(|block| {
            let receipts = block.receipts.iter().zip(&block.transactions);
            let own = receipts.filter(|(receipt, tx)| {
                let input = tx.envelope.input();
                let is_own = receipt.from == admin && receipt.to == Some(registry);
                is_own && input.starts_with(&abi::migrateCall::SELECTOR)
            });
            own.map(|(receipt, _)| receipt.success).collect::<Vec<_>>()
        });
        all.collect()
    })
}

#[test]
fn a_governed_call_that_runs_dry_is_reported_and_not_sent_again() {
    let (sandbox, registry) = sandbox();
    let command = sandbox.start_heard("Admin", MIGRATE);
    let first = held(&sandbox, registry);
    more_approvers(&sandbox, registry);
    run_dry(&sandbox, first);
    not_sent_again(&sandbox, registry, command).is(4, "OutOfGas");
    assert_eq!(sent(&sandbox, registry), [false]);
}
