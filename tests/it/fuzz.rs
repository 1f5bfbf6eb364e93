//! `fuzz` finds each of the mistakes of upgrades that `tests/contracts/exchange` and its twin in Solidity can turn on,
//! and nothing where there is none.

use crate::prelude::*;

use alloy::sol;
use stylus_upgrades_tests::snapshot;
use stylus_upgrades_tests::snapshot::Figures;
use stylus_upgrades_tests::tools::figures;
use stylus_upgrades_tests::tools::scale::Ended;

use crate::console::process::Console;
use crate::layouts::build_infos::build_info;
use crate::layouts::project::{Project, home};

sol! {
    function deposit();
    function withdraw(uint256 amount);
}

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
/// Numbers that are no mistake: the version after them does what the one before did.
const FAITHFUL: [usize; 2] = [0, 21];
/// The mistake that needs a code which is stored nowhere.
const HIDDEN: usize = 22;
/// Sequences that each is looked for in: most are found in few.
const RUNS: [&str; 2] = ["2000", "12000"];
/// Milliseconds that a mistake may take, and calls, of which a release does 2,000 a second: `bench fuzz` measures it.
const MINUTE: u64 = 60_000;
const CALLS: u64 = 120_000;

/// A project with an instance of the exchange, and how its next version is named.
struct Exchange {
    project: Project,
    /// The source, and what is said about it.
    code: String,
}

impl Exchange {
    /// A Stylus program.
    fn wasm() -> Self {
        let project = Project::new();
        let folder = home(EXCHANGE);
        let deployed = project.done(&format!("deploy {folder}"));
        let code = text(&deployed, "address").to_owned();
        Self::created(project, "wasm", &folder, code, "")
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
            format!("{at} --layout {}:Exchange", file.display())
        });
        let code = format!("{second} --foreign");
        // Nobody knows which initializers such code has.
        Self::created(project, "evm", &first, code, "--accept absent:steps")
    }

    fn created(project: Project, kind: &str, first: &str, code: String, accepted: &str) -> Self {
        project.done("define Exchange --migrate Admin");
        project.done(&format!("register Exchange 1.0 {first}"));
        let create = format!("create-proxy Exchange 1.0 --kind {kind} {accepted}");
        let init = "--init initialize(address,uint256,uint256) Admin 30 1000000000000000000000";
        project.done(&format!("{create} {init}"));
        Self { project, code }
    }

    /// The command that fuzzes the upgrade which turns on that mistake.
    fn words(&self, mistake: usize, options: &[&str]) -> Vec<String> {
        let call = format!("--call migrate(uint256) {mistake} --differs");
        let begin = format!("fuzz Exchange 2.0 {} {call}", self.code);
        let rest = ["mistake differs"].iter().chain(options).copied();
        let all = begin.split_whitespace().chain(rest);
        all.map(str::to_owned).collect()
    }

    fn command(&self, mistake: usize, options: &[&str]) -> Command {
        let words = self.words(mistake, options);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.project.command(self.project.folder(), None, &words)
    }

    /// Fuzzes the upgrade that turns on that mistake.
    fn fuzz(&self, mistake: usize, options: &[&str]) -> Value {
        self.measured(mistake, options).document
    }

    fn measured(&self, mistake: usize, options: &[&str]) -> Ended {
        let ended = watched(self.command(mistake, options));
        let findings = ended.document["findings"].as_array();
        let is_none = findings.is_some_and(Vec::is_empty);
        assert_eq!(ended.is_good, is_none, "{ended:?}");
        ended
    }

    /// Whether a mistake is found in so many sequences. That it takes less than a minute is told by what does not
    /// depend on the load of the machine: how many calls it took, and how long a processor worked.
    fn is_found(
        &self,
        number: usize,
        (name, kind, subject): Mistake,
        runs: &str,
        figures: &mut Figures,
    ) -> bool {
        let ended = self.measured(number, &["--runs", runs]);
        let findings = ended.document["findings"].as_array().expect("findings");
        let is_it = |one: &&Value| (text(one, "kind"), text(one, "subject")) == (kind, subject);
        let Some(found) = findings.iter().find(is_it) else {
            println!("{name}, {runs} sequences: {findings:#?}");
            return false;
        };
        let until = found["calls_until"].as_u64().expect("a number");
        let all = [
            ("calls until it is found", until),
            ("milliseconds of processor", ended.processor_milliseconds),
        ];
        for (what, figure) in all {
            println!("{name}: {figure} {what}");
            figures.insert(format!("{name} ({runs} sequences): {what}"), figure);
        }
        let calls = found["calls"].as_array().expect("calls");
        assert!(
            calls.len() <= 4 && until <= CALLS && ended.processor_milliseconds < MINUTE,
            "{name}: {found:#}"
        );
        true
    }

    fn every_mistake_is_found(&self, part: &str) {
        let mut figures = Figures::new();
        for (number, mistake) in (1..).zip(MISTAKES) {
            let is_found = |runs: &&str| self.is_found(number, mistake, runs, &mut figures);
            assert!(RUNS.iter().any(is_found), "{mistake:?}");
        }
        for number in FAITHFUL {
            let document = self.fuzz(number, &["--runs", RUNS[0]]);
            assert_eq!(document["findings"], Value::Array(Vec::new()), "{number}");
        }
        record(&format!("mistakes, {part}"), &figures);
    }

    /// A code that is computed, and compared byte by byte: blindly it is not found in twice as many sequences.
    fn hidden_code_is_found_where_blocks_guide(&self, part: &str) {
        let guided = self.measured(HIDDEN, &["--runs", "30000"]);
        let found = &guided.document["findings"][0];
        assert_eq!(found["subject"], "open(bytes4)", "{:#}", guided.document);
        let number = |name: &str| found[name].as_u64().expect("a number");
        let sequences = number("sequence");
        let figures = Figures::from([
            ("sequences until it is found".into(), sequences),
            ("calls until it is found".into(), number("calls_until")),
            (
                "milliseconds of processor for 30,000 sequences".into(),
                guided.processor_milliseconds,
            ),
            (
                "sequences that do not find it blindly".into(),
                2 * sequences,
            ),
        ]);
        println!("{figures:#?}");
        let twice = (2 * sequences).to_string();
        let blind = self.fuzz(HIDDEN, &["--runs", &twice, "--blind"]);
        assert_eq!(blind["findings"], Value::Array(Vec::new()), "{blind:#}");
        record(&format!("a code that stands nowhere, {part}"), &figures);
    }
}

/// Runs a command of the fuzzer to its end.
fn watched(command: Command) -> Ended {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ended = runtime.block_on(Ended::of(command));
    ended.expect("it starts")
}

/// Writes what was measured beside what the other tests of this file measured.
fn record(part: &str, figures: &Figures) {
    if stylus_upgrades_test_support::update() {
        let tools = tools().expect("their versions");
        snapshot::record_part("fuzz", part, &tools, figures).expect("recorded");
    }
}

/// The compiler of the contracts and of the fuzzer, and the machine.
fn tools() -> Result<BTreeMap<String, String>, HarnessError> {
    let mut tools = figures::tools()?;
    tools.extend(figures::machine());
    Ok(tools)
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it with each mistake, about 90 s"]
fn every_mistake_of_the_table_is_found_and_a_faithful_upgrade_raises_no_alarm() {
    Exchange::wasm().every_mistake_is_found("WASM");
}

#[test]
#[ignore = "nightly: packages of npm; fuzzes a contract of Solidity with each mistake, about 60 s"]
fn every_mistake_of_the_table_is_found_in_code_of_the_evm() {
    Exchange::evm().every_mistake_is_found("EVM");
}

#[test]
#[ignore = "nightly: fuzzes up to 90,000 sequences, about 150 s"]
fn a_code_that_stands_nowhere_is_found_byte_by_byte_and_never_blindly() {
    Exchange::wasm().hidden_code_is_found_where_blocks_guide("WASM");
}

#[test]
#[ignore = "nightly: packages of npm; fuzzes up to 90,000 sequences, about 80 s"]
fn a_code_that_stands_nowhere_is_found_byte_by_byte_in_code_of_the_evm() {
    Exchange::evm().hidden_code_is_found_where_blocks_guide("EVM");
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes it twice, about 20 s"]
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
    let owner = exchange.project.node.accounts().mnemonic()[0].address();
    let amount = U256::from(500);
    let sequence = json!([
        { "from": owner, "call": "", "calldata": Bytes::from(depositCall {}.abi_encode()), "value": "0x3e8" },
        { "from": owner, "call": "", "calldata": Bytes::from(withdrawCall { amount }.abi_encode()), "seconds": 90_000 },
    ]);
    let corpus = exchange.project.path("corpus");
    std::fs::create_dir(&corpus).expect("a folder");
    std::fs::write(corpus.join("withdraw.json"), sequence.to_string()).expect("written");
    let corpus = corpus.to_str().expect("a path");
    let options = ["--runs", "100", "--differs", "total()", "--corpus", corpus];
    let broken = exchange.fuzz(13, &options);
    let broken = &broken["findings"][0];
    let found = (&broken["kind"], &broken["subject"]);
    assert_eq!(found, (&json!("broken"), &json!("solvent()")), "{broken:#}");
    declare("differs = [\"transfer(address,uint256)\"]\nholds = [\"solvent()\"]");
    let meant = exchange.fuzz(16, &["--runs", "1000"]);
    assert_eq!(meant["findings"], Value::Array(Vec::new()));
    // The states are apart after a call that succeeds with one version alone: what follows from it is no finding.
    declare("differs = [\"transfer(address,uint256)\"]");
    let apart = exchange.fuzz(19, &["--runs", "1000"]);
    assert_eq!(apart["findings"], Value::Array(Vec::new()));
    declare("holds = [\"limit\"]");
    let words = exchange.words(0, &[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = exchange.project.run(&words);
    let name = refused.error("name");
    assert_eq!((refused.exit, name), (Some(2), "NothingCompared"));
    declare("differs = [\"tranfer\"]");
    let misspelt = exchange.project.run(&words);
    let name = misspelt.error("name");
    assert_eq!((misspelt.exit, name), (Some(2), "NothingCompared"));
}

#[test]
#[ignore = "nightly: compiles a contract and checks a change of it, about 40 s"]
fn a_check_tells_what_running_found_at_its_line() {
    let Exchange { project, .. } = Exchange::wasm();
    let folder = home(EXCHANGE);
    let check = |mistake: &str| {
        let check = format!("check Exchange {folder} --label 2.0 --fuzz 10s");
        project.run(&format!("{check} --call migrate(uint256) {mistake}"))
    };
    let manifest = project.path("stylus-upgrades.toml");
    let declared = std::fs::read_to_string(&manifest).expect("a manifest");
    let declared = format!("{declared}\n[fuzz.Exchange]\ndiffers = [\"mistake\"]\n");
    std::fs::write(&manifest, declared).expect("written");
    let refused = check("16");
    refused.ends_with(1);
    let findings = refused.document["findings"].as_array().expect("findings");
    let found = findings.iter().find(|one| text(one, "id") == "FuzzDiffers");
    let found = found.expect("it is told");
    assert!(text(found, "message").starts_with("transfer(address,uint256) returns other data"));
    assert!(found["place"]["line"].as_u64() > Some(100), "{found:#}");
    let details = found["details"][0].as_str().expect("a detail");
    assert!(details.contains("seed 1"), "{details}");
    let faithful = check("0");
    faithful.ends_with(0);
}

#[test]
#[ignore = "nightly: compiles a contract and fuzzes a proposal of it, about 40 s"]
fn who_looks_at_a_proposal_sees_whether_this_machine_fuzzed_it() {
    let Exchange { project, code } = Exchange::wasm();
    project.done(&format!("policy update Exchange {}", project.together()));
    let migrate = format!("migrate Exchange 2.0 {code}");
    let proposed = project.run(&format!("{migrate} --call migrate(uint256) 16"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let pending = || project.done(&format!("pending {action}"))["fuzzed"].clone();
    let console = Console::start(project.folder(), &[]);
    let page = || console.get(&format!("/action?id={action}"));
    assert_eq!(pending(), Value::Null);
    page().shows(&["remembers no run of the fuzzer"]);

    let options = "--runs 300 --seed 7 --differs mistake";
    let fuzz = format!("fuzz Exchange 2.0 --action {action} {options}");
    let fuzzed = project.run(&fuzz);
    fuzzed.ends_with(1);
    let seen = pending();
    for name in [
        "seed",
        "calls",
        "sequences",
        "block",
        "milliseconds",
        "declared",
    ] {
        assert_eq!(seen[name], fuzzed.document[name], "{name}");
    }
    let found = "transfer(address,uint256) returns other data";
    let findings = seen["findings"].as_array().expect("findings");
    assert!(findings.contains(&json!(found)), "{seen:#}");
    let review = project.done(&format!("pending {action}"));
    let registry: Address = text(&review, "registry").parse().expect("an address");
    let command = format!(
        "stylus-upgrades fuzz Exchange 2.0 --action {action} --registry {registry} --seed 7"
    );
    page().shows(&["with seed 7", found, "remembered on this machine", &command]);
}

/// An upgrade of a contract of the workspace that changes nothing that users see: its package, its initializer, the
/// next one, its migration.
type Refactoring = (&'static str, &'static str, &'static str, &'static str);

/// Version 2 of the counter counts in steps: in steps of one it does what version 1 did.
const REFACTORINGS: [Refactoring; 6] = [
    (
        "counter-v1",
        "initialize(uint256) 7",
        "counter-v2",
        "--call migrate(uint256) 1",
    ),
    (
        "erc20-v1",
        "initialize(address,uint256) Admin 1000",
        "erc20-v2",
        "--call migrate()",
    ),
    ("counter-v1", "initialize(uint256) 7", "counter-v1", ""),
    (
        "erc20-v1",
        "initialize(address,uint256) Admin 1000",
        "erc20-v1",
        "",
    ),
    (
        "erc721-basic",
        "initialize(address) Admin",
        "erc721-basic",
        "",
    ),
    ("points-v1", "initialize(address) Admin", "points-v1", ""),
];

#[test]
#[ignore = "nightly: packages of npm; fuzzes ten upgrades for a minute each, about 660 s"]
fn ten_faithful_upgrades_raise_no_alarm_in_ten_minutes() {
    let mut figures = Figures::new();
    let mut said = |name: &str, ended: &Ended| {
        let calls = ended.document["calls"].as_u64().expect("a number");
        println!("{name}: {calls} calls");
        let found = &ended.document["findings"];
        assert_eq!(*found, Value::Array(Vec::new()), "{name}");
        let took = ended.document["milliseconds"].as_u64().expect("a time");
        assert!(took >= MINUTE, "{name}: {took}");
        for (what, figure) in [
            ("calls", calls),
            ("milliseconds", took),
            ("milliseconds of processor", ended.processor_milliseconds),
        ] {
            figures.insert(format!("{name}: {what}"), figure);
        }
    };
    for (part, exchange) in [("WASM", Exchange::wasm()), ("EVM", Exchange::evm())] {
        for number in FAITHFUL {
            let name = format!("the exchange, {part}, no mistake {number}");
            said(&name, &exchange.measured(number, &["--time", "60s"]));
        }
    }
    for (before, init, after, call) in REFACTORINGS {
        let project = Project::new();
        project.done("define It --migrate Admin");
        project.done(&format!("register It 1.0 {before}"));
        project.done(&format!("create-proxy It 1.0 --kind wasm --init {init}"));
        let words = format!("fuzz It 2.0 {after} {call} --time 60s");
        let command = project.command(project.folder(), None, &words);
        said(&format!("{before} to {after}"), &watched(command));
    }
    record("faithful upgrades", &figures);
}
