//! Migrations that take so much gas that fewer of them than usual fit into one transaction.

use crate::governance::creation::{creation, sandbox, send};
use crate::governance::effects::migration;
use crate::governance::sandbox::ABSENT;
use crate::prelude::*;
use alloy::primitives::hex;

/// EVM code that takes 6,500,000 units of gas and stores 5.
const DEAR: &[u8] = &hex!("6203d0905b6001900380600457600560015500");

const INSTANCES: u64 = 8;

#[test]
#[ignore = "nightly: eight instances, each by a dear migration, about 15 s"]
fn fewer_instances_than_usual_are_rolled_out_where_their_migrations_are_dear() {
    let sandbox = sandbox(&[("Pay", hex!("00").into())]);
    for salt in 0..INSTANCES {
        let mut call = creation("Pay", Bytes::new());
        call.salt = B256::from(U256::from(salt));
        for who in 0..2 {
            send(&sandbox, who, &call);
        }
    }
    let migrate = migration(&sandbox, Bytes::from_static(DEAR));
    send(&sandbox, 0, &migrate);
    let planned = sandbox.done("Other", &format!("plan Pay 2.0 {ABSENT}"));
    assert_eq!(planned["verdict"], "whole", "{planned:#}");
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(8));
    let sent = planned["transactions"].as_array().expect("transactions");
    let names: Vec<&str> = sent.iter().map(|one| text(one, "name")).collect();
    assert_eq!(names, ["rollout of 4", "rollout of 4"], "{planned:#}");

    let done = sandbox.done("Other", &format!("upgrade Pay {ABSENT}"));
    assert_eq!((&done["upgraded"], &done["left"]), (&json!(8), &json!(0)));
    assert_eq!(done["skipped"], Value::Array(vec![]), "{done:#}");
}
