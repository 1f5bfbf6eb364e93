//! A governed call that runs out of gas, because others moved the chain between its estimate and its
//! block: that is reported, and nothing is sent again.

use crate::prelude::*;
use alloy::consensus::Transaction;
use std::process::{Child, Stdio};
use std::time::Instant;
use stylus_chain::{Chain, PooledTransaction, Receipt};
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// How long a command may take until it sends what it is waited for.
const TIMEOUT: Duration = Duration::from_secs(300);

alloy::sol! {
    function initialize(uint256 value) external;
}

/// Instances that Admin or Admin2 alone migrates, on a chain without blocks of its own; `Other`
/// creates more of them.
fn sandbox(instances: usize) -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter("OR(Admin,Admin2)", instances);
    let role = ["policy", "update", "A", "--role", "create", "Other"];
    sandbox.done(
        "Admin",
        &[&role[..], &["--accept", "excluded-sender"]].concat(),
    );
    let registry = sandbox.saved("registry").parse().expect("an address");
    on_chain(&sandbox, |chain| chain.set_automine(false));
    (sandbox, registry)
}

fn on_chain<T: Send + 'static>(
    sandbox: &Sandbox,
    work: impl FnOnce(&mut Chain) -> T + Send + 'static,
) -> T {
    sandbox.chain(work)
}

fn start(sandbox: &Sandbox) -> Child {
    let words = [&MIGRATE[..], &["--json", "--private-key-path", "Admin"]].concat();
    let mut command = sandbox.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Mines whatever the command sends before, and takes its `migrate` out of the pool.
fn held(sandbox: &Sandbox, registry: Address) -> PooledTransaction {
    let begun = Instant::now();
    loop {
        let found = on_chain(sandbox, move |chain| {
            let waiting = chain.pool().pending.into_iter();
            let migrate = |tx: &PooledTransaction| {
                let input = tx.input();
                tx.to() == Some(registry) && input.starts_with(&abi::migrateCall::SELECTOR)
            };
            let found = waiting.into_iter().find(migrate);
            match &found {
                Some(found) => drop(chain.drop_transaction(*found.tx_hash())),
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

/// Somebody's transaction, in a block of its own.
fn mined(chain: &mut Chain, from: Address, to: Address, input: Bytes, gas: u64) -> Receipt {
    chain.impersonate(from);
    let request = CallRequest {
        to: Some(to),
        input,
        gas: Some(gas),
        ..CallRequest::default()
    };
    let hash = chain.submit_unsigned(from, request).expect("taken");
    chain.mine(1, None).expect("a block");
    chain.stop_impersonating(from);
    chain.receipt(hash).expect("mined")
}

/// `Other` creates instances, which the migration is to upgrade as well.
fn create(sandbox: &Sandbox, registry: Address, salts: std::ops::Range<u64>) {
    let other = sandbox.node.addresses()[3];
    on_chain(sandbox, move |chain| {
        for salt in salts {
            let call = abi::createProxyCall {
                name: "A".into(),
                version: "1.0".into(),
                kind: proxy_kind::WASM,
                salt: B256::from(U256::from(salt)),
                initData: initializeCall {
                    value: U256::from(7),
                }
                .abi_encode()
                .into(),
            };
            let input = call.abi_encode().into();
            let receipt = mined(chain, other, registry, input, 10_000_000);
            assert!(receipt.success, "{receipt:?}");
        }
    });
}

/// Mines what was held back: it runs dry.
fn run_dry(sandbox: &Sandbox, held: PooledTransaction) -> Receipt {
    on_chain(sandbox, move |chain| {
        let hash = chain.submit_recovered(held).expect("taken");
        chain.mine(1, None).expect("a block");
        let receipt = chain.receipt(hash).expect("mined");
        assert!(!receipt.success, "it had gas enough: {receipt:?}");
        receipt
    })
}

fn ended(command: Child) -> (Option<i32>, Value) {
    let output = command.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let document = serde_json::from_slice(&output.stdout);
    let document = document.unwrap_or_else(|_| panic!("one document, not {output:?} {stderr}"));
    (output.status.code(), document)
}

/// Waits for the command's end, in which it sends no other migration.
fn not_sent_again(sandbox: &Sandbox, registry: Address, mut command: Child) -> Child {
    let begun = Instant::now();
    while command.try_wait().expect("its state").is_none() {
        let again = on_chain(sandbox, move |chain| {
            chain
                .pool()
                .pending
                .iter()
                .any(|tx| tx.to() == Some(registry))
        });
        if again || begun.elapsed() > TIMEOUT {
            command.kill().expect("it is ended");
            assert!(!again, "it was sent once more");
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    command
}

/// Admin's migrations: whether each went through, and its gas limit.
fn sent(sandbox: &Sandbox, registry: Address) -> Vec<(bool, u64)> {
    let admin = sandbox.node.addresses()[0];
    on_chain(sandbox, move |chain| {
        let blocks = (0..=chain.block_number()).filter_map(|n| chain.block(BlockId::number(n)));
        let all = blocks.flat_map(|block| {
            let receipts = block.receipts.iter().zip(&block.transactions);
            let own = receipts.filter(|(receipt, tx)| {
                let input = tx.envelope.input();
                receipt.from == admin
                    && receipt.to == Some(registry)
                    && input.starts_with(&abi::migrateCall::SELECTOR)
            });
            own.map(|(receipt, tx)| (receipt.success, tx.envelope.gas_limit()))
                .collect::<Vec<_>>()
        });
        all.collect()
    })
}

#[test]
fn a_governed_call_that_runs_dry_is_reported_and_not_sent_again() {
    let (sandbox, registry) = sandbox(1);
    let command = start(&sandbox);
    let first = held(&sandbox, registry);
    create(&sandbox, registry, 1..4);
    run_dry(&sandbox, first);
    let (exit, document) = ended(not_sent_again(&sandbox, registry, command));
    assert_eq!(exit, Some(4), "{document}");
    assert_eq!(text(&document["error"], "name"), "OutOfGas", "{document}");
    let sent = sent(&sandbox, registry);
    assert!(matches!(sent[..], [(false, _)]), "{sent:?}");
}
