//! `fuzz` finds each of the mistakes of upgrades that `tests/contracts/exchange` and its twin in Solidity can turn on,
//! and nothing where there is none.

use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, Bytes};
use serde_json::Value;

use crate::layouts::by_hand::build_info;
use crate::layouts::project::{Project, home, text};
use crate::run_migration::proxy::{Failure, Proxy};

/// The contract.
const EXCHANGE: &str = "tests/contracts/exchange";
/// The same in Solidity.
const IN_SOLIDITY: &str = "fuzzed/Exchange.sol";
/// A mistake, and what is found of it: in what, of what.
type Mistake = (&'static str, &'static str, &'static str);

/// All of them, by their numbers.
const MISTAKES: [Mistake; 20] = [
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
    ("self transfer", "variable", "balanceOf(address)"),
    ("lost wei", "balance", "the instance"),
    ("wrong return", "returns", "transfer(address,uint256)"),
    ("truncation", "returns", "quote(uint256)"),
    ("lost pause", "succeeds_now", "transfer(address,uint256)"),
    ("lost check", "succeeds_now", "transfer(address,uint256)"),
    ("wrong event", "emits", "withdraw(uint256)"),
];
/// Numbers that are no mistake: the version behind them does what the one before did.
const FAITHFUL: [usize; 2] = [0, 21];
/// The mistake behind a code that stands nowhere.
const HIDDEN: usize = 22;
/// Sequences that each is looked for in: most are found in few.
const RUNS: [&str; 2] = ["2000", "12000"];

/// A project with an instance of the exchange, and how its next version is named.
struct Exchange {
    project: Project,
    /// The source, and what is said about it.
    code: Vec<String>,
}

impl Exchange {
    /// A Stylus program.
    fn wasm() -> Self {
        let project = Project::new();
        let folder = home(EXCHANGE);
        let deployed = project.done(&["deploy", &folder]);
        let code = vec![text(&deployed, "address").to_owned()];
        Self::created(project, "wasm", &[folder], code, &[])
    }

    /// Code of the EVM, whose functions and layout a build-info tells.
    fn evm() -> Self {
        let project = Project::new();
        let outputs = ["abi", "evm.deployedBytecode", "metadata", "storageLayout"];
        let info = build_info(project.folder(), IN_SOLIDITY, &outputs).expect("it compiles");
        let contract = &info["output"]["contracts"]["Exchange.sol"]["Exchange"];
        let code = text(&contract["evm"]["deployedBytecode"], "object");
        let code: Bytes = code.parse().expect("code");
        let file = project.path("info.json");
        std::fs::write(&file, info.to_string()).expect("written");
        let [first, second] = [1, 2].map(|number| {
            let (at, code) = (Address::repeat_byte(0xe0 + number), code.clone());
            let set = project
                .node
                .with_chain(move |chain| chain.set_code(at, code));
            set.expect("the chain");
            let layout = format!("{}:Exchange", file.display());
            vec![at.to_string(), "--layout".to_owned(), layout]
        });
        let code = [second, vec!["--foreign".to_owned()]].concat();
        // Nobody knows which initializers such code has.
        Self::created(project, "evm", &first, code, &["--accept", "absent:steps"])
    }

    fn created(
        project: Project,
        kind: &str,
        first: &[String],
        code: Vec<String>,
        accepted: &[&str],
    ) -> Self {
        project.done(&["define", "Exchange", "--migrate", "Admin"]);
        let first = first.iter().map(String::as_str);
        let register: Vec<&str> = ["register", "Exchange", "1.0"]
            .into_iter()
            .chain(first)
            .collect();
        project.done(&register);
        let create = ["create-proxy", "Exchange", "1.0", "--kind", kind];
        let initialize = ["--init", "initialize(address,uint256,uint256)"];
        let arguments = ["Admin", "30", "1000000000000000000000"];
        project.done(&[&create[..], &initialize, &arguments, accepted].concat());
        Self { project, code }
    }

    /// The command that fuzzes the upgrade which turns on that mistake.
    fn words(&self, mistake: usize, options: &[&str]) -> Vec<String> {
        let number = mistake.to_string();
        let call = [
            "--call",
            "migrate(uint256)",
            &number,
            "--differs",
            "mistake differs",
        ];
        let begin = ["fuzz", "Exchange", "2.0"].map(str::to_owned).into_iter();
        let rest = call.iter().chain(options).map(|word| (*word).to_owned());
        begin.chain(self.code.iter().cloned()).chain(rest).collect()
    }

    /// The same, started.
    fn started(&self, mistake: usize, options: &[&str]) -> Child {
        let words = self.words(mistake, options);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.project.command(self.project.folder(), None, &words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    }

    /// Fuzzes the upgrade that turns on that mistake.
    fn fuzz(&self, mistake: usize, options: &[&str]) -> Value {
        let (number, differs) = (mistake.to_string(), ["--differs", "mistake differs"]);
        let code: Vec<&str> = self.code.iter().map(String::as_str).collect();
        let call = ["--call", "migrate(uint256)", &number];
        let fuzz = [
            &["fuzz", "Exchange", "2.0"],
            &code[..],
            &call,
            &differs,
            options,
        ]
        .concat();
        let answer = self.project.run(&fuzz);
        let findings = answer.document["findings"].as_array();
        let is_found = findings.is_some_and(|all| !all.is_empty());
        assert_eq!(answer.exit, Some(i32::from(is_found)), "{answer:?}");
        answer.document
    }

    fn is_found(&self, number: usize, (name, kind, subject): Mistake, runs: &str) -> bool {
        let document = self.fuzz(number, &["--runs", runs]);
        let findings = document["findings"].as_array().expect("findings");
        let is_it = |one: &&Value| (text(one, "kind"), text(one, "subject")) == (kind, subject);
        let time = document["milliseconds"].as_u64().expect("a time");
        println!(
            "{name}: {time} ms, {} calls/s",
            document["calls_per_second"]
        );
        let Some(found) = findings.iter().find(is_it) else {
            println!("{findings:#?}");
            return false;
        };
        let calls = found["calls"].as_array().expect("calls");
        assert!(
            calls.len() <= 4 && time < 60_000,
            "{name}: {time} ms, {found:#}"
        );
        true
    }

    fn every_mistake_is_found(&self) {
        for (number, mistake) in (1..).zip(MISTAKES) {
            let is_found = RUNS.iter().any(|runs| self.is_found(number, mistake, runs));
            assert!(is_found, "{mistake:?}");
        }
        for number in FAITHFUL {
            let document = self.fuzz(number, &["--runs", RUNS[0]]);
            assert_eq!(document["findings"], Value::Array(Vec::new()), "{number}");
        }
    }

    /// A code that is computed, and compared byte by byte.
    fn hidden_code_is_found_where_blocks_guide(&self) {
        let blind = self.fuzz(HIDDEN, &["--runs", "60000", "--blind"]);
        assert_eq!(blind["findings"], Value::Array(Vec::new()), "{blind:#}");
        let guided = self.fuzz(HIDDEN, &["--runs", "60000"]);
        let found = &guided["findings"][0];
        println!(
            "sequence {}: {}",
            found["sequence"], found["calls"][0]["call"]
        );
        assert_eq!(text(found, "subject"), "open(bytes4)", "{guided:#}");
    }
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it with each mistake, about 90 s"]
fn every_mistake_of_the_table_is_found_and_a_faithful_upgrade_raises_no_alarm() {
    Exchange::wasm().every_mistake_is_found();
}

#[test]
#[ignore = "nightly: packages of npm; fuzzes a contract of Solidity with each mistake, about 60 s"]
fn every_mistake_of_the_table_is_found_in_code_of_the_evm() {
    Exchange::evm().every_mistake_is_found();
}

#[test]
#[ignore = "nightly: fuzzes 120,000 sequences, about 200 s"]
fn a_code_that_stands_nowhere_is_found_byte_by_byte_and_never_blindly() {
    Exchange::wasm().hidden_code_is_found_where_blocks_guide();
}

#[test]
#[ignore = "nightly: packages of npm; fuzzes 120,000 sequences, about 100 s"]
fn a_code_that_stands_nowhere_is_found_byte_by_byte_in_code_of_the_evm() {
    Exchange::evm().hidden_code_is_found_where_blocks_guide();
}

/// The same but for how long it took.
fn timeless(mut document: Value) -> Value {
    for measured in ["milliseconds", "calls_per_second"] {
        document[measured].take();
    }
    document
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it four times, about 40 s"]
fn a_seed_says_what_is_found_and_what_was_killed_goes_on() {
    let exchange = Exchange::wasm();
    let [one, same, other] =
        ["1", "1", "2"].map(|seed| timeless(exchange.fuzz(1, &["--runs", "300", "--seed", seed])));
    assert_eq!(one, same);
    assert_ne!(one["calls"], other["calls"]);

    let folder = exchange.project.path("corpus");
    let corpus = ["--corpus", folder.to_str().expect("a path")];
    let mut running = exchange.started(0, &[&corpus[..], &["--time", "10m"]].concat());
    let files = || match std::fs::read_dir(&folder) {
        Ok(entries) => entries.count(),
        Err(_) => 0,
    };
    while files() < 20 {
        assert!(running.try_wait().expect("a process").is_none());
        std::thread::sleep(Duration::from_millis(50));
    }
    running.kill().expect("killed");
    running.wait().expect("ended");
    let runs = (files() + 10).to_string();
    let of = |options: &[&str]| {
        let document = exchange.fuzz(0, &[&["--runs", &runs], options].concat());
        document["behaviours"].as_u64().expect("a number")
    };
    let (resumed, anew) = (of(&corpus), of(&[]));
    assert!(resumed > anew, "{resumed} with the corpus, {anew} without");
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it three times, about 30 s"]
fn what_must_hold_and_what_may_differ_stands_in_the_manifest() {
    let exchange = Exchange::wasm();
    let path = exchange.project.path("stylus-upgrades.toml");
    let manifest = std::fs::read_to_string(&path).expect("a manifest");
    let declare = |words: &str| {
        let text = format!("{manifest}\n[fuzz.Exchange]\n{words}\n");
        std::fs::write(&path, text).expect("written");
    };
    declare("holds = [\"solvent()\"]");
    // A total that stays as it was is more than there is.
    let broken = exchange.fuzz(13, &["--runs", "6000", "--differs", "total()"]);
    let broken = &broken["findings"][0];
    let found = (text(broken, "kind"), text(broken, "subject"));
    assert_eq!(found, ("broken", "solvent()"), "{broken:#}");
    declare("differs = [\"transfer(address,uint256)\"]\nholds = [\"solvent()\"]");
    let meant = exchange.fuzz(16, &["--runs", "1000"]);
    assert_eq!(meant["findings"], Value::Array(Vec::new()));
    declare("holds = [\"limit\"]");
    exchange.project.refused(
        "NoInvariant",
        &["fuzz", "Exchange", "2.0", &exchange.code[0]],
    );
}

#[test]
#[ignore = "nightly: compiles a contract and checks a change of it, about 40 s"]
fn a_check_tells_what_running_found_at_its_line() {
    let Exchange { project, .. } = Exchange::wasm();
    let folder = home(EXCHANGE);
    let check = |mistake: &str| {
        let check = [
            "check", "Exchange", &folder, "--label", "2.0", "--fuzz", "10s",
        ];
        project.run(&[&check[..], &["--call", "migrate(uint256)", mistake]].concat())
    };
    let manifest = project.path("stylus-upgrades.toml");
    let declared = std::fs::read_to_string(&manifest).expect("a manifest");
    let declared = format!("{declared}\n[fuzz.Exchange]\ndiffers = [\"mistake\"]\n");
    std::fs::write(&manifest, declared).expect("written");
    let refused = check("16");
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    let findings = refused.document["findings"].as_array().expect("findings");
    let found = findings.iter().find(|one| text(one, "id") == "FuzzDiffers");
    let found = found.expect("it is told");
    assert!(text(found, "message").starts_with("transfer(address,uint256) returns other data"));
    assert!(found["place"]["line"].as_u64() > Some(100), "{found:#}");
    let details = found["details"][0].as_str().expect("a detail");
    assert!(details.contains("seed 1"), "{details}");
    let faithful = check("0");
    assert_eq!(faithful.exit, Some(0), "{faithful:?}");
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it for 20 s, about 30 s"]
fn the_endpoint_of_a_fork_is_left_alone_once_enough_was_read() {
    let exchange = Exchange::wasm();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let times = asked.clone();
    let proxy = Proxy::start(&exchange.project.node.endpoint(), move |_, _| {
        times.lock().expect("it").push(Instant::now());
        Failure::None
    });
    let found = exchange.fuzz(0, &["--time", "20s", "--rpc-url", &proxy.url()]);
    let ended = Instant::now();
    assert_eq!(found["findings"], Value::Array(Vec::new()));
    assert!(found["unread"].as_u64() > Some(0), "{found:#}");
    let asked = asked.lock().expect("it");
    let late = asked
        .iter()
        .filter(|at| ended.duration_since(**at) < Duration::from_secs(10));
    assert_eq!((late.count(), asked.len() > 10), (0, true));
    println!(
        "{} requests, {} calls/s",
        asked.len(),
        found["calls_per_second"]
    );
}

/// An upgrade of a contract of the workspace that changes nothing that users see: its package, its initializer, the
/// next one, its migration.
type Refactoring = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

/// Version 2 of the counter counts in steps: in steps of one it does what version 1 did.
const REFACTORINGS: [Refactoring; 6] = [
    (
        "counter-v1",
        &["initialize(uint256)", "7"],
        "counter-v2",
        &["--call", "migrate(uint256)", "1"],
    ),
    (
        "erc20-v1",
        &["initialize(address,uint256)", "Admin", "1000"],
        "erc20-v2",
        &["--call", "migrate()"],
    ),
    (
        "counter-v1",
        &["initialize(uint256)", "7"],
        "counter-v1",
        &[],
    ),
    (
        "erc20-v1",
        &["initialize(address,uint256)", "Admin", "1000"],
        "erc20-v1",
        &[],
    ),
    (
        "erc721-basic",
        &["initialize(address)", "Admin"],
        "erc721-basic",
        &[],
    ),
    (
        "points-v1",
        &["initialize(address)", "Admin"],
        "points-v1",
        &[],
    ),
];

#[test]
#[ignore = "nightly: packages of npm; fuzzes ten upgrades for a minute each, about 660 s"]
fn ten_faithful_upgrades_raise_no_alarm_in_ten_minutes() {
    let minute = ["--time", "60s"];
    let said = |name: &str, document: &Value| {
        println!("{name}: {} calls/s", document["calls_per_second"]);
        assert_eq!(document["findings"], Value::Array(Vec::new()), "{name}");
    };
    for exchange in [Exchange::wasm(), Exchange::evm()] {
        for number in FAITHFUL {
            said("the exchange", &exchange.fuzz(number, &minute));
        }
    }
    for (before, init, after, call) in REFACTORINGS {
        let project = Project::new();
        project.done(&["define", "It", "--migrate", "Admin"]);
        project.done(&["register", "It", "1.0", before]);
        let create = ["create-proxy", "It", "1.0", "--kind", "wasm", "--init"];
        project.done(&[&create[..], init].concat());
        let document = project.done(&[&["fuzz", "It", "2.0", after], call, &minute].concat());
        said(&format!("{before} to {after}"), &document);
    }
}
