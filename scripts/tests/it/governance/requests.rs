//! How often commands ask the endpoint, and how long they take where each question takes a tenth of a second.

use crate::prelude::*;
use std::collections::BTreeMap;
use std::time::Instant;
use stylus_upgrades_test_support::page;

/// The counts as they are.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/requests.txt");
/// What one question takes.
const FAR: Duration = Duration::from_millis(100);

/// What is asked, and the exit code: a definition that one approver migrates, and one that waits for another.
const COMMANDS: [(&str, i32); 12] = [
    ("call counter value()", 0),
    ("send counter increment()", 0),
    ("status A", 0),
    ("status counter", 0),
    ("pending B", 0),
    ("history A", 0),
    ("doctor", 0),
    ("policy explain A", 0),
    (PLAN, 0),
    (MIGRATE, 0),
    ("upgrade A", 0),
    ("pause A", 0),
];

fn prepared() -> Sandbox {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    let define = format!("define B --migrate {BOTH} --policy Admin --create Admin");
    sandbox.done("Admin", &define);
    sandbox.proposed("Admin", "register B 1.0 counter-v1");
    sandbox
}

/// What was read more than once of the state after one block.
fn repeated(requests: &[Value]) -> Vec<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    for one in requests {
        let parameters = one["params"].as_array().cloned().unwrap_or_default();
        let mut blocks = parameters.iter().skip(1).filter_map(Value::as_str);
        let is_state = one["method"] != "eth_getBlockByNumber";
        if is_state
            && blocks
                .next_back()
                .is_some_and(|block| block.starts_with("0x"))
        {
            *counts
                .entry(format!("{} {}", one["method"], one["params"]))
                .or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1);
    counts.into_keys().collect()
}

#[test]
fn each_command_asks_for_a_fact_once() {
    let sandbox = prepared();
    let mut counts = String::from("requests  command\n");
    for (words, exit) in COMMANDS {
        let relay = Relay::to(&sandbox.node.endpoint(), |_| None);
        sandbox.run_at(&relay, "Admin", words).ends(exit);
        let requests = relay.requests();
        let repeated = repeated(&requests);
        assert!(repeated.is_empty(), "{words}: {repeated:#?}");
        counts.push_str(&format!("{:>8}  {words}\n", requests.len()));
    }
    page::compare(Path::new(FILE), &counts);
}

#[test]
#[ignore = "it waits for a slow endpoint, about 60 s"]
fn commands_are_quick_at_a_slow_endpoint() {
    let bars = [
        ("call counter value()", 0.6),
        ("pending B", 0.6),
        ("status A", 1.5),
        ("history A", 2.0),
        ("doctor", 4.0),
        (PLAN, 6.0),
    ];
    let sandbox = prepared();
    // What an earlier run has remembered of the registry is there, and what is built is built.
    sandbox.done("Admin", PLAN);
    let mut slow = Vec::new();
    let is_array = |one: &Value| one.is_array();
    for (words, bar) in bars {
        // The same near and far: what this machine takes is no part of it.
        let [near, far] = [Duration::ZERO, FAR].map(|pause| {
            let relay =
                Relay::interrupting(&sandbox.node.endpoint(), move |_| std::thread::sleep(pause));
            let begun = Instant::now();
            sandbox.run_at(&relay, "Admin", words).ends(0);
            (begun.elapsed(), relay.requests().len())
        });
        let took = far.0.saturating_sub(near.0).as_secs_f64();
        println!(
            "{words}: {took:.2} s of {bar} s, {} requests, {} near",
            far.1, near.1
        );
        if took > bar {
            slow.push(format!("{words}: {took:.2} s, at most {bar} s"));
        }
    }
    let relay = Relay::interrupting(&sandbox.node.endpoint(), |_| std::thread::sleep(FAR));
    sandbox.run_at(&relay, "Admin", MIGRATE).ends(0);
    let (requests, most) = (relay.requests(), 90);
    println!("{MIGRATE}: {} requests of {most}", requests.len());
    assert!(requests.iter().any(is_array), "some are asked together");
    if requests.len() > most {
        slow.push(format!(
            "{MIGRATE}: {} requests, at most {most}",
            requests.len()
        ));
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
