//! Migrations that take so much gas that fewer of them than usual fit into one transaction.

use crate::governance::creation::{creation, sandbox};
use crate::governance::effects::migration;
use crate::prelude::*;

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
        (0..2).for_each(|who| sandbox.send(who, &call));
    }
    sandbox.send(0, &migration(&sandbox, Bytes::from_static(DEAR)));
    let planned = sandbox.done("Other", &format!("plan Pay 2.0 {ABSENT}"));
    planned.has(json!({"verdict": "whole"}));
    assert_eq!(list(&planned, "instances").len(), 8);
    let sent = texts(list(&planned, "transactions"), "name");
    assert_eq!(sent, ["rollout of 4", "rollout of 4"], "{planned:#}");

    let done = sandbox.done("Other", &format!("upgrade Pay {ABSENT}"));
    done.has(json!({"upgraded": 8, "left": 0, "skipped": []}));
}
