//! `fuzz` finds each of the mistakes of upgrades that `tests/contracts/exchange` can turn on, and nothing where there is
//! none.

use crate::layouts::project::{Project, home, text};
use serde_json::Value;

/// The contract.
const EXCHANGE: &str = "tests/contracts/exchange";
/// What is found of each mistake, by its number: in what, of what.
const MISTAKES: [(&str, &str, &str); 20] = [
    ("swapped arguments", "emits", "transfer(address,uint256)"),
    ("off by one", "succeeds_now", "setFee(uint256)"),
    ("rounding", "returns", "quote(uint256)"),
    ("lost event", "emits", "deposit()"),
    ("dirty field", "variable", "limit"),
    ("missing reinitialization", "variable", "owner"),
    ("wrong constant", "returns", "quote(uint256)"),
    ("broken access", "succeeds_now", "setFee(uint256)"),
    (
        "changed revert",
        "other_reason",
        "transfer(address,uint256)",
    ),
    ("storage collision", "variable", "limit"),
    ("magic value", "returns", "claim(bytes4)"),
    ("time", "other_reason", "withdraw(uint256)"),
    ("stale total", "variable", "total"),
    // Whoever has sent something to himself can send more than he has.
    ("self transfer", "other_reason", "transfer(address,uint256)"),
    ("lost wei", "balance", "the instance"),
    ("wrong return", "returns", "transfer(address,uint256)"),
    ("truncation", "returns", "quote(uint256)"),
    ("lost pause", "succeeds_now", "transfer(address,uint256)"),
    ("lost check", "succeeds_now", "transfer(address,uint256)"),
    ("wrong event", "emits", "withdraw(uint256)"),
];
/// Numbers that are no mistake: the version behind them does what the one before did.
const FAITHFUL: [usize; 2] = [0, 21];
/// Sequences that each is looked for in.
const RUNS: &str = "3000";

/// A project with an instance of the exchange, and the account of its code.
fn project() -> (Project, String) {
    let project = Project::new();
    let folder = home(EXCHANGE);
    project.done(&["define", "Exchange", "--migrate", "Admin"]);
    project.done(&["register", "Exchange", "1.0", &folder]);
    let initialize = "initialize(address,uint256,uint256)";
    let create = [
        "create-proxy",
        "Exchange",
        "1.0",
        "--kind",
        "wasm",
        "--init",
        initialize,
    ];
    let arguments = ["Admin", "30", "1000000000000000000000"];
    project.done(&[&create[..], &arguments].concat());
    let deployed = project.done(&["deploy", &folder]);
    let code = text(&deployed, "address").to_owned();
    (project, code)
}

/// Fuzzes the upgrade that turns on that mistake.
fn fuzz(project: &Project, code: &str, mistake: usize) -> Value {
    let number = mistake.to_string();
    let upgrade = [
        "fuzz",
        "Exchange",
        "2.0",
        code,
        "--call",
        "migrate(uint256)",
        &number,
    ];
    let options = ["--runs", RUNS, "--differs", "mistake differs"];
    let answer = project.run(&[&upgrade[..], &options].concat());
    let findings = answer.document["findings"].as_array();
    let is_found = findings.is_some_and(|all| !all.is_empty());
    assert_eq!(answer.exit, Some(i32::from(is_found)), "{answer:?}");
    answer.document
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it with each mistake, about 90 s"]
fn every_mistake_of_the_table_is_found_and_a_faithful_upgrade_raises_no_alarm() {
    let (project, code) = project();
    for (number, (name, kind, subject)) in (1..).zip(MISTAKES) {
        let document = fuzz(&project, &code, number);
        let findings = document["findings"].as_array().expect("findings");
        let is_it = |one: &&Value| (text(one, "kind"), text(one, "subject")) == (kind, subject);
        let found = findings.iter().find(is_it);
        let found = found.unwrap_or_else(|| panic!("{name}: {findings:#?}"));
        let calls = found["calls"].as_array().expect("calls");
        assert!(calls.len() <= 4, "{name}: {found:#}");
    }
    for number in FAITHFUL {
        let document = fuzz(&project, &code, number);
        assert_eq!(document["findings"], Value::Array(Vec::new()), "{number}");
    }
}
