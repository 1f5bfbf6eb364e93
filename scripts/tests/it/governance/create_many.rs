//! `create-proxy --count` and `--file`: many instances by one command, typed again after a kill, a failure or a success.

use crate::prelude::*;
use std::os::unix::process::ExitStatusExt;
use stylus_upgrades::kill_point::VARIABLE;

/// A creation without its number.
const CREATE: &str = "create-proxy A 1.0 --init initialize(uint256) 7";
/// A creation whose arguments are in a file.
const FROM_FILE: &str = "create-proxy A 1.0 --init initialize(address,uint256) --file";

/// The proxies of a report, and how many of them existed before.
fn reported(document: &Value) -> (Vec<Address>, usize) {
    let instances = list(document, "instances");
    let proxies = instances.iter().map(|instance| account(instance, "proxy"));
    let existed = instances
        .iter()
        .filter(|instance| instance["existed"] == true);
    (proxies.collect(), existed.count())
}

#[test]
fn as_many_instances_are_created_as_were_asked_for_and_then_as_many_again() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let before = sandbox.nonce();
    let words = format!("{CREATE} --count 30");
    let done = sandbox.done("Admin", &words);
    done.has(json!({"count": 30, "failed": []}));
    let (first, existed) = reported(&done);
    assert_eq!((first.len(), existed), (30, 0));
    assert_eq!(sandbox.proxies(), first);
    assert_eq!(list(&done, "transactions").len(), 30);
    assert_eq!(sandbox.nonce(), before + 30);
    let (second, existed) = reported(&sandbox.done("Admin", &words));
    assert_eq!((second.len(), existed), (30, 0));
    assert_eq!(sandbox.proxies(), [first, second].concat());
    // Another number is another run.
    sandbox.done("Admin", &format!("{CREATE} --count 2"));
    assert_eq!(sandbox.proxies().len(), 62);
}

#[test]
fn instances_with_given_salts_are_created_once() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let (first, _) = reported(&sandbox.done("Admin", &format!("{CREATE} --salt 3 --count 4")));
    let nonce = sandbox.nonce();
    let again = sandbox.run("Admin", &format!("{CREATE} --salt 3 --count 4"));
    again.warns(&["4 of 4 instances exist already: 0 to be created"]);
    assert_eq!(reported(again.ends(0)), (first.clone(), 4));
    assert_eq!(sandbox.nonce(), nonce);
    let more = sandbox.done("Admin", &format!("{CREATE} --salt 5 --count 4"));
    let (more, existed) = reported(&more);
    assert_eq!((more.len(), existed, &more[..2]), (4, 2, &first[2..]));
    let other = CREATE.replace(" 7", " 8");
    let other = sandbox.run("Admin", &format!("{other} --salt 6 --count 9"));
    other.is(1, "ProxyExists");
    let one = sandbox.run("Admin", &format!("{CREATE} --salt 8"));
    one.ends(0).has(json!({"executed": true}));
    assert_eq!(sandbox.proxies().len(), 6);
}

#[test]
fn a_run_that_was_killed_is_continued_and_creates_no_more_than_were_asked_for() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let words = format!("{CREATE} --count 30");
    for place in [
        "before-sending:1",
        "before-sending:30",
        "sent:1",
        "sent:26",
        "mined:1",
        "mined:30",
        "reported:1",
    ] {
        let snapshot = sandbox.chain(|chain| chain.snapshot());
        let mut killed = sandbox.command_of("Admin", &words);
        let killed = killed.env(VARIABLE, place).output().expect("it starts");
        assert_eq!(killed.status.signal(), Some(9), "{place}: {killed:?}");
        let there = sandbox.proxies().len();
        let (proxies, existed) = reported(&sandbox.done("Admin", &words));
        assert_eq!((proxies.len(), existed), (30, there), "{place}");
        assert_eq!(sandbox.proxies().len(), 30, "{place}");
        assert!(sandbox.chain(move |chain| chain.revert(snapshot)));
        let _ = std::fs::remove_dir_all(sandbox.path(".stylus-upgrades"));
    }
}

/// Tokens whose initializer takes an account and an amount, and refuses nobody's account.
fn tokens() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.transcript(
        "Admin 0 | define A --migrate Admin --policy Admin --create Admin
         Admin 0 | register A 1.0 erc20-v1",
    );
    sandbox
}

/// Lines of a file for so many instances; nobody's account in some of them.
fn rows(count: usize, refused: &[usize]) -> String {
    let rows = (1..=count).map(|row| {
        let owner = if refused.contains(&row) {
            Address::ZERO.to_string()
        } else {
            "Admin".into()
        };
        format!("{owner},{row}\n")
    });
    "owner,amount\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn a_row_that_fails_is_said_by_its_number_and_the_others_are_created_once() {
    let sandbox = tokens();
    sandbox.write("rows.csv", rows(20, &[18]));
    let words = format!("{FROM_FILE} rows.csv");
    let answer = sandbox.run("Admin", &words);
    answer.is(5, "CreationsFailed");
    answer.warns(&["16 of 20 different rows are tried: 4 are not"]);
    answer.says("found", &["row 18: ", "ERC20InvalidReceiver"]);
    let failed = list(&answer.document, "failed");
    assert_eq!((failed.len(), &failed[0]["number"]), (1, &json!(18)));
    let (created, _) = reported(&answer.document);
    assert_eq!((created.len(), sandbox.proxies()), (19, created.clone()));
    // Typed again, it is tried first, and nothing is sent.
    let nonce = sandbox.nonce();
    let again = sandbox.run("Admin", &words);
    again.ends(1);
    assert!(again.said("message").starts_with("row 18: "), "{again:?}");
    assert_eq!(sandbox.nonce(), nonce);
    // Once the row is corrected, it alone is missing.
    sandbox.write("rows.csv", rows(20, &[]));
    let (all, existed) = reported(&sandbox.done("Admin", &words));
    assert_eq!((all.len(), existed), (20, 19));
    // The same rows in JSON, one of them twice and one with a salt.
    let rows = (1..=20).map(|row| json!(["Admin", row]));
    let mut rows: Vec<Value> = rows.collect();
    rows.push(json!(["Admin", "20"]));
    rows.push(json!({"arguments": ["Admin", 20], "salt": 5}));
    sandbox.write("rows.json", Value::from(rows).to_string());
    let words = format!("{FROM_FILE} rows.json");
    for existed in [20, 22] {
        let done = sandbox.done("Admin", &words);
        let (all, before) = reported(&done);
        assert_eq!((all.len(), before), (22, existed));
        assert_eq!(done["instances"][21]["salt"], "0x5");
    }
    assert_eq!(sandbox.proxies().len(), 22);
}

#[test]
fn a_row_that_is_tried_and_fails_is_refused_before_anything_is_sent() {
    let sandbox = tokens();
    sandbox.write("rows.csv", rows(3, &[2]));
    let nonce = sandbox.nonce();
    let refused = sandbox.run("Admin", &format!("{FROM_FILE} rows.csv"));
    refused.ends(1);
    assert!(
        refused.said("message").starts_with("row 2: "),
        "{refused:?}"
    );
    assert_eq!((sandbox.nonce(), sandbox.proxies()), (nonce, Vec::new()));
}

#[test]
fn bad_numbers_files_and_flags_are_refused_before_anything_is_sent() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let nonce = sandbox.nonce();
    sandbox.write("empty.csv", "");
    sandbox.write("lengths.json", "[[1],[1,2]]");
    sandbox.write("two.json", "[[1,2]]");
    sandbox.write("types.json", "[[1],[\"x\"]]");
    sandbox.write("good.json", "[[1]]");
    for wrong in ["--count 0", "--count 10001", "--count -1", "--count 1.5"] {
        sandbox.run("Admin", &format!("{CREATE} {wrong}")).ends(2);
    }
    let from_file = "create-proxy A 1.0 --init initialize(uint256) --file";
    for file in ["empty.csv", "lengths.json", "absent.csv"] {
        let refused = sandbox.run("Admin", &format!("{from_file} {file}"));
        refused.is(2, "ArgumentFileUnreadable");
    }
    for file in ["two.json", "types.json"] {
        let refused = sandbox.run("Admin", &format!("{from_file} {file}"));
        refused.ends(2);
        assert!(refused.said("message").starts_with("row "), "{refused:?}");
    }
    for words in [
        "create-proxy A 1.0 --file good.json".to_owned(),
        format!("{CREATE} --file good.json"),
        "create-proxy A 1.0 --init 0x00 --file good.json".into(),
        format!("{from_file} good.json --count 2"),
        format!("{from_file} good.json --salt 2"),
        format!("{CREATE} --count 2 --save many"),
        format!("{CREATE} --count 2 --as Admin --export call.json"),
    ] {
        sandbox.run("Admin", &words).ends(2);
    }
    assert_eq!((sandbox.nonce(), sandbox.proxies()), (nonce, Vec::new()));
}

#[test]
fn a_key_that_does_not_decide_alone_is_told_how_to_propose_each() {
    let sandbox = Sandbox::new();
    sandbox.transcript(&format!(
        "Admin 0 | define A --migrate Admin --policy Admin --create {BOTH}
         Admin 0 | register A 1.0 counter-v1"
    ));
    let nonce = sandbox.nonce();
    let refused = sandbox.run("Admin", &format!("{CREATE} --count 2"));
    refused.is(1, "CreationsNeedApprovals");
    refused.says("next", &["stylus-upgrades create-proxy A 1.0 --salt"]);
    assert_eq!(sandbox.nonce(), nonce);
}

#[test]
fn the_addresses_of_many_instances_are_bounded() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let words = format!("{CREATE} --salt 0 --count 60");
    let shown = sandbox.shown("Admin", &words, 0);
    contains(
        &shown,
        &["created 60 of 60 instances of A 1.0", "more lines: --full"],
    );
    assert!(shown.lines().count() <= 40, "{shown}");
    let full = sandbox.shown("Admin", &format!("{words} --full"), 0);
    contains(
        &full,
        &["created 0 of 60 instances of A 1.0; 60 existed before"],
    );
    for proxy in sandbox.proxies() {
        contains(&full, &[&format!("proxy  {proxy}")]);
    }
}
