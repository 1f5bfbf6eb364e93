//! A definition with many instances: what is asked of the endpoint does not grow with them.

use crate::governance::creation::creation;
use crate::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

alloy::sol! {
    function initialize(uint256 value) external;
}

/// More instances than one page of them.
const MANY: u64 = 70;
/// Instances whose paths and whose code are looked at, at most, before the call and before the rollout, and those whose
/// storage is.
const LOOKED_AT: usize = 2 * (64 + 64) + 64;

#[test]
fn a_migration_that_is_typed_again_does_not_read_every_instance() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    for salt in 0..MANY {
        let value = U256::from(7);
        let mut call = creation("A", initializeCall { value }.abi_encode().into());
        call.salt = B256::from(U256::from(salt));
        sandbox.send(0, &call);
    }
    sandbox.run("Admin", MIGRATE);
    assert_eq!(sandbox.done("Admin", "upgrade A")["left"], 0);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let selector = hex::encode(abi::instanceOfCall::SELECTOR);
    let relay = Relay::interrupting(&sandbox.node.endpoint(), move |request| {
        if request["params"][0]
            .to_string()
            .contains(&format!("0x{selector}"))
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let again = format!("{MIGRATE} --rpc-url {}", relay.endpoint());
    let answer = sandbox.done("Admin", &again);
    answer.has(json!({"executed": true, "left": 0}));
    let asked = asked.load(Ordering::Relaxed);
    assert!(
        (1..=LOOKED_AT).contains(&asked),
        "{asked} instances were read"
    );
}
