//! Honest upgrades: the same contract with the next version of OpenZeppelin Contracts, contracts of five protocols in two or
//! three published versions, and an example of this project. What a plan says of them and a migration wants accepted is noise there, unless a person marked it as
//! useful: each line has a mark in `tests/honest/marks.json`.

use crate::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::fixture::Fixture;
use crate::command::Answer;
use stylus_upgrades_harness::{copy_program, home};
use stylus_upgrades_tests::peers::UUPS_5;

/// How often a command is run again with what it wants accepted.
const RUNS_MAX: usize = 12;
/// Lines that are not useful and that an honest upgrade may have.
const LINES_MAX: usize = 2;
/// What came of each command.
const SNAPSHOT: &str = "tests/snapshots/honest.json";
/// What a person says of each line.
const MARKS: &str = "tests/honest/marks.json";

const OPENZEPPELIN_4: &[&str] = &["4.5.2", "4.8.3", "4.9.6"];
const OPENZEPPELIN_5: &[&str] = &["5.0.2", "5.4.0"];
const NITRO: &[&str] = &["nitro-1.2.1", "nitro-2.1.0", "nitro-3.0.0"];
const AAVE: &[&str] = &["aave-1.13.1", "aave-1.19.3"];
const IDEN3: &[&str] = &["iden3-2.5.0", "iden3-3.4.0"];
const PENDLE: &[&str] = &["pendle-4.7.2", "pendle-6.11.0"];
/// The initializer of Aave's token, which wants the pool of the constructor.
const LEND_TOKEN: &str = "initialize(address,address,address,address,uint8,string,string,bytes) \
                          {argument} Admin Admin Admin 18 aToken aT 0x";
/// The initializer of a spoke of across.
const SPOKE_BRIDGE: &str =
    "initialize(uint32,address,address,address,address) 0 Admin Admin Admin {argument}";
/// Compilers beside the usual one, for sources that want these versions.
const COMPILERS: &[&str] = &["solc-0.8.10", "solc-0.8.27"];

alloy::sol! {
    interface IInitializable {
        function initialize(address account) external;
    }
}

/// A contract and the versions that it goes through.
#[derive(Clone)]
struct History {
    name: &'static str,
    /// The contract of the first file whose address the constructors take.
    argument: Option<&'static str>,
    /// The initializer and its arguments.
    init: InitCall,
    releases: Vec<Release>,
}

/// A version of a contract.
#[derive(Clone)]
struct Release {
    /// Its source in `tests/honest`.
    file: &'static str,
    /// The version of the library.
    library: &'static str,
    contract: &'static str,
    /// Flags of its migration.
    flags: &'static str,
}

/// The call that initializes a contract.
#[derive(Clone)]
enum InitCall {
    /// `initialize(address)` with the owner.
    Owner,
    /// The same with an instance of another contract: its file and name.
    InstanceOf(&'static str, &'static str),
    /// Others, as they are typed; `{argument}` is what the constructor takes.
    Typed(&'static str),
}

/// What came of the commands for one version.
#[derive(Debug, Default, Serialize)]
struct Noise {
    /// Ids that the command wants accepted.
    accepts: BTreeSet<String>,
    /// Lines of findings in a plan; nothing of other commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<usize>,
    /// Those of them that a person marked as useful.
    #[serde(skip_serializing_if = "Option::is_none")]
    useful: Option<usize>,
}

/// What a person says of a line.
#[derive(Deserialize)]
struct Mark {
    line: String,
    useful: bool,
    /// One sentence.
    why: String,
}

impl History {
    /// A contract that goes through these versions of a library.
    fn new(
        file: &'static str,
        contract: &'static str,
        libraries: &[&'static str],
        init: InitCall,
    ) -> Self {
        let releases = libraries.iter().map(|library| Release {
            file,
            library,
            contract,
            flags: "",
        });
        Self {
            name: file.trim_end_matches(".sol"),
            argument: None,
            init,
            releases: releases.collect(),
        }
    }

    /// The same where the constructors take the address of a contract.
    fn over(self, argument: &'static str) -> Self {
        Self {
            argument: Some(argument),
            ..self
        }
    }

    fn all() -> Vec<Self> {
        [
            Self::of_openzeppelin_4(),
            Self::of_openzeppelin_5(),
            Self::of_nitro(),
            Self::of_aave_iden3_and_pendle(),
            Self::of_across(),
            Self::of_the_example(),
        ]
        .concat()
    }

    fn of_openzeppelin_4() -> Vec<Self> {
        use InitCall::{InstanceOf, Owner};
        let four = OPENZEPPELIN_4;
        // What is not in 4.5 yet, has another initializer there, or is none for this compiler.
        let late = &four[1..];
        vec![
            Self::new("Token4.sol", "Token", four, Owner),
            Self::new("Managed4.sol", "Managed", four, Owner),
            Self::new("Items4.sol", "Items", four, Owner),
            Self::new("Votes4.sol", "Votes", four, Owner),
            Self::new("Editions4.sol", "Editions", four, Owner),
            Self::new(
                "Council4.sol",
                "Council",
                late,
                InstanceOf("Votes4.sol", "Votes"),
            ),
            Self::new("Delay4.sol", "Delay", late, Owner),
            Self::new(
                "Shares4.sol",
                "Shares",
                late,
                InstanceOf("Token4.sol", "Token"),
            ),
        ]
    }

    fn of_openzeppelin_5() -> Vec<Self> {
        use InitCall::{InstanceOf, Owner};
        let five = OPENZEPPELIN_5;
        vec![
            Self::new("Token5.sol", "Token", five, Owner),
            Self::new("Managed5.sol", "Managed", five, Owner),
            Self::new("Items5.sol", "Items", five, Owner),
            Self::new("Votes5.sol", "Votes", five, Owner),
            Self::new("Editions5.sol", "Editions", five, Owner),
            Self::new(
                "Council5.sol",
                "Council",
                five,
                InstanceOf("Votes5.sol", "Votes"),
            ),
            Self::new("Delay5.sol", "Delay", five, Owner),
            Self::new(
                "Shares5.sol",
                "Shares",
                five,
                InstanceOf("Token5.sol", "Token"),
            ),
        ]
    }

    fn of_nitro() -> Vec<Self> {
        use InitCall::{InstanceOf, Owner};
        let bridge = InstanceOf("RollupBridge.sol", "RollupBridge");
        vec![
            Self::new("RollupBridge.sol", "RollupBridge", NITRO, Owner),
            Self::new("RollupOutbox.sol", "RollupOutbox", NITRO, bridge),
        ]
    }

    fn of_aave_iden3_and_pendle() -> Vec<Self> {
        use InitCall::Typed;
        let of_state = "initialize(address,bytes2,address,address) Admin 0x0212 Admin Admin";
        vec![
            Self::new("LendToken.sol", "LendToken", AAVE, Typed(LEND_TOKEN)).over("Market"),
            Self::new("IdentityState.sol", "IdentityState", IDEN3, Typed(of_state)),
            Self::new("Payouts.sol", "Payouts", PENDLE, Typed("initialize()")).over("Coin"),
        ]
    }

    fn of_across() -> Vec<Self> {
        let release = |file, library| Release {
            file,
            library,
            contract: "SpokeBridge",
            flags: "",
        };
        vec![Self {
            name: "SpokeBridge",
            argument: Some("Coin"),
            init: InitCall::Typed(SPOKE_BRIDGE),
            releases: vec![
                release("SpokeBridge2.sol", "across-2.4.6"),
                release("SpokeBridge3.sol", "across-2.5.9"),
            ],
        }]
    }

    fn of_the_example() -> Vec<Self> {
        let release = |contract, flags| Release {
            file: "Box.sol",
            library: "5.4.0",
            contract,
            flags,
        };
        vec![Self {
            name: "Box",
            argument: None,
            init: InitCall::Typed("initialize(uint256) 7"),
            releases: vec![
                release("Box", ""),
                release("BoxV2", "--foreign --call migrate(uint256) 5"),
            ],
        }]
    }

    /// The names of its commands in the snapshot.
    fn commands(&self) -> Vec<String> {
        let Self { name, releases, .. } = self;
        let mut libraries = releases.iter().map(|release| release.library);
        let mut before = libraries.next().expect("a first version");
        let mut all = vec![
            format!("{name} register {before}"),
            format!("{name} create-proxy {before}"),
        ];
        for library in libraries {
            all.push(format!("{name} migrate {before} {library}"));
            before = library;
        }
        all
    }
}

/// Packages with sources, and the folders of compilers.
struct Tools {
    npm: Npm,
    compilers: Vec<PathBuf>,
}

impl Tools {
    /// Installed once for all tests.
    fn installed() -> &'static Self {
        static TOOLS: OnceLock<Tools> = OnceLock::new();
        TOOLS.get_or_init(|| {
            let npm = Npm::install_honest(&Lines).expect("the packages");
            let example = home().join("tests/openzeppelin/contracts/Box.sol");
            std::fs::copy(example, npm.folder().join("Box.sol")).expect("the example");
            Self {
                compilers: compilers(&npm),
                npm,
            }
        })
    }

    fn compilers(&self) -> Vec<&Path> {
        self.compilers.iter().map(PathBuf::as_path).collect()
    }
}

/// The bench: packages with compiled contracts, and what came of the commands.
struct Bench {
    tools: &'static Tools,
    marks: Vec<Mark>,
    noise: BTreeMap<String, Noise>,
    /// Lines without a mark, with the upgrade that shows each first.
    unmarked: BTreeMap<String, String>,
    spent: Duration,
}

#[tokio::test]
#[ignore = "nightly: compiles versions of OpenZeppelin Contracts, about 320 s"]
async fn honest_upgrades_of_openzeppelin_4_are_quiet() {
    Bench::run(History::of_openzeppelin_4()).await;
}

#[tokio::test]
#[ignore = "nightly: compiles versions of OpenZeppelin Contracts, about 260 s"]
async fn honest_upgrades_of_openzeppelin_5_are_quiet() {
    Bench::run(History::of_openzeppelin_5()).await;
}

#[tokio::test]
#[ignore = "nightly: compiles versions of nitro-contracts, about 130 s"]
async fn honest_upgrades_of_nitro_are_quiet() {
    Bench::run(History::of_nitro()).await;
}

#[tokio::test]
#[ignore = "nightly: compiles packages of three protocols, about 240 s"]
async fn honest_upgrades_of_aave_iden3_and_pendle_are_quiet() {
    Bench::run(History::of_aave_iden3_and_pendle()).await;
}

#[tokio::test]
#[ignore = "nightly: compiles by the intermediate language, about 420 s"]
async fn honest_upgrades_of_across_are_quiet() {
    Bench::run(History::of_across()).await;
}

#[tokio::test]
#[ignore = "nightly: compiles OpenZeppelin Contracts, about 30 s"]
async fn honest_upgrades_of_the_example_are_quiet() {
    Bench::run(History::of_the_example()).await;
}

#[test]
fn thirty_honest_upgrades_are_recorded() {
    let recorded = recorded();
    let recorded: Vec<&str> = recorded.keys().map(String::as_str).collect();
    let mut all: Vec<String> = History::all().iter().flat_map(History::commands).collect();
    all.sort();
    assert_eq!(recorded, all);
    let is_upgrade = |command: &&String| command.contains(" migrate ");
    assert_eq!(all.iter().filter(is_upgrade).count(), 30);
}

impl Bench {
    /// Takes contracts through their versions, and compares what came with the snapshot.
    async fn run(histories: Vec<History>) {
        let marks = std::fs::read_to_string(home().join(MARKS)).expect("the marks");
        let mut bench = Self {
            tools: Tools::installed(),
            marks: serde_json::from_str(&marks).expect("marks"),
            noise: BTreeMap::new(),
            unmarked: BTreeMap::new(),
            spent: Duration::ZERO,
        };
        for history in &histories {
            bench.go_through(history).await;
        }
        bench.compare();
    }

    /// Takes one contract through its versions, on a chain of its own.
    async fn go_through(&mut self, history: &History) {
        let mut fixture = Fixture::new().await;
        fixture.decided_with(fixture.owner(1).address());
        fixture.done("policy update A Admin");
        let name = history.name;
        let argument = self.argument(&mut fixture, history).await;
        let arguments = argument
            .map(|account| account.abi_encode())
            .unwrap_or_default();
        let mut before: Option<&str> = None;
        for (at, release) in history.releases.iter().enumerate() {
            let Release {
                file,
                library,
                contract,
                flags,
            } = release;
            let label = format!("{}.0", at + 1);
            let info = self.built(&fixture, file, library);
            fixture.reconnect().await;
            let code = linked(&fixture, &info, file, contract).await;
            let code = [&code[..], &arguments].concat();
            let code = fixture.create(contract, code.into()).await;
            let layout = format!("--layout {}:{contract}", info_file(file, library));
            let Some(earlier) = before.replace(library) else {
                let register = format!("register A {label} {code} {layout}");
                let accepts = self.accepted(&fixture, &register);
                self.note(format!("{name} register {library}"), accepts);
                let init = self.init_words(&mut fixture, &history.init, library).await;
                let argument = argument.unwrap_or_default().to_string();
                let init = init.replace("{argument}", &argument);
                let create = format!("create-proxy A {label} --kind evm {layout} --init {init}");
                let accepts = self.accepted(&fixture, &create);
                self.note(format!("{name} create-proxy {library}"), accepts);
                continue;
            };
            let begun = Instant::now();
            let words = format!("A {label} {code} {layout} {flags}");
            let upgrade = format!("{name} migrate {earlier} {library}");
            let planned = self.lines(&fixture, &upgrade, &format!("plan {words}"));
            let accepts = self.accepted(&fixture, &format!("migrate {words}"));
            self.spent += begun.elapsed();
            let noise = Noise { accepts, ..planned };
            println!("{upgrade}: {noise:?}");
            self.noise.insert(upgrade, noise);
        }
    }

    /// The contract whose address the constructors take.
    async fn argument(&self, fixture: &mut Fixture, history: &History) -> Option<Address> {
        let (contract, first) = history.argument.zip(history.releases.first())?;
        let info = self.built(fixture, first.file, first.library);
        fixture.reconnect().await;
        let code = linked(fixture, &info, first.file, contract).await;
        Some(fixture.create(contract, code).await)
    }

    fn note(&mut self, command: String, accepts: BTreeSet<String>) {
        println!("{command}: {accepts:?}");
        let noise = Noise {
            accepts,
            ..Noise::default()
        };
        self.noise.insert(command, noise);
    }

    /// The build-info of a contract with a version of the library, beside the manifest.
    fn built(&self, fixture: &Fixture, file: &str, library: &str) -> Value {
        let out = fixture.path(&info_file(file, library));
        let output = Command::new("node")
            .args(["build.js", library, file])
            .arg(&out)
            .current_dir(self.tools.npm.folder())
            .output()
            .expect("node runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{file} {library}: {said}");
        serde_json::from_slice(&std::fs::read(&out).expect("a build-info")).expect("JSON")
    }

    /// The initializer with its argument, as they are typed.
    async fn init_words(&self, fixture: &mut Fixture, init: &InitCall, library: &str) -> String {
        let owner = fixture.owner(0).address();
        let argument = match init {
            InitCall::Typed(words) => return (*words).to_owned(),
            InitCall::Owner => owner,
            InitCall::InstanceOf(file, contract) => {
                let info = self.built(fixture, file, library);
                fixture.reconnect().await;
                let code = linked(fixture, &info, file, contract).await;
                let code = fixture.create(contract, code).await;
                let init = IInitializable::initializeCall { account: owner };
                let arguments = (code, Bytes::from(init.abi_encode())).abi_encode_params();
                fixture.deploy(UUPS_5, &arguments).await
            }
        };
        format!("initialize(address) {argument}")
    }

    /// The lines of findings that a plan prints, and which of them are useful.
    fn lines(&mut self, fixture: &Fixture, upgrade: &str, plan: &str) -> Noise {
        let answer = fixture.print_with_solc(plan, &self.tools.compilers());
        let lines = answer.printed.lines().chain(answer.stderr.lines());
        let lines = lines.skip(1).map(str::trim_start).filter(|line| {
            let marks = ["✗ ", "! ", "? ", "· ", "checked ", "warning: "];
            marks.iter().any(|mark| line.starts_with(mark))
        });
        let lines = lines.map(without_place);
        let lines: Vec<String> = lines.map(|line| nameless(&line)).collect();
        let mut useful = 0;
        for line in &lines {
            println!("  {line}");
            match self.marks.iter().find(|mark| mark.line == *line) {
                Some(mark) => useful += usize::from(mark.useful),
                None => {
                    let first = upgrade.to_owned();
                    self.unmarked.entry(line.clone()).or_insert(first);
                }
            }
        }
        Noise {
            lines: Some(lines.len()),
            useful: Some(useful),
            ..Noise::default()
        }
    }

    /// Runs a command until nothing is in its way. Gives what it wants accepted.
    fn accepted(&self, fixture: &Fixture, words: &str) -> BTreeSet<String> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for _ in 0..RUNS_MAX {
            let accept = match ids.len() {
                0 => String::new(),
                _ => format!(" --accept {}", Vec::from_iter(ids.clone()).join(",")),
            };
            let words = format!("{words}{accept}");
            let answer = fixture.run_with_solc(&words, &self.tools.compilers());
            if answer.exit == Some(0) {
                return ids.iter().map(|id| nameless(id)).collect();
            }
            let before = ids.len();
            ids.extend(wanted(&answer));
            assert!(ids.len() > before, "{words}: {answer:?}");
        }
        panic!("{words}: still refused with {ids:?}");
    }

    /// Compares what came with the snapshot, and with what honest upgrades may say.
    fn compare(&self) {
        let upgrades = || {
            let all = self.noise.iter();
            all.filter(|(_, noise)| noise.lines.is_some())
        };
        let sum = |count: fn(&Noise) -> usize| upgrades().map(|(_, noise)| count(noise)).sum();
        let [lines, useful, accepts]: [usize; 3] = [
            sum(|noise| noise.lines.unwrap_or_default()),
            sum(|noise| noise.useful.unwrap_or_default()),
            sum(|noise| noise.accepts.len()),
        ];
        println!(
            "{} upgrades: {lines} lines, {useful} of them useful, {accepts} accepted, {} s",
            upgrades().count(),
            self.spent.as_secs()
        );
        let found = serde_json::to_value(&self.noise).expect("JSON");
        if stylus_upgrades_test_support::update() {
            record(&found);
        }
        assert!(
            self.unmarked.is_empty(),
            "{MARKS} lacks {:#?}",
            self.unmarked
        );
        let reasons = self.marks.iter().all(|mark| !mark.why.is_empty());
        assert!(reasons, "{MARKS}: a mark has no reason");
        let mut recorded = recorded();
        recorded.retain(|command, _| self.noise.contains_key(command));
        assert_eq!(Value::from(recorded), found, "{SNAPSHOT} differs");
        let loud = upgrades().filter(|(_, noise)| {
            let useful = noise.useful.unwrap_or_default();
            noise.lines.is_some_and(|lines| lines - useful > LINES_MAX)
        });
        let loud: Vec<_> = loud.map(|(upgrade, _)| upgrade).collect();
        assert!(loud.is_empty(), "not quiet: {loud:?}");
    }
}

/// What the snapshot has.
fn recorded() -> Map<String, Value> {
    let text = std::fs::read_to_string(home().join(SNAPSHOT)).expect("the snapshot");
    serde_json::from_str(&text).expect("JSON")
}

/// Writes what came of some commands into the snapshot. Tests of other contracts may do so at the same time.
fn record(found: &Value) {
    static FILE: Mutex<()> = Mutex::new(());
    let _file = FILE.lock().expect("no test panics while it writes");
    let all: BTreeMap<String, Value> = recorded()
        .into_iter()
        .chain(found.as_object().cloned().unwrap_or_default())
        .collect();
    let mut text = serde_json::to_string_pretty(&all).expect("JSON");
    text.push('\n');
    std::fs::write(home().join(SNAPSHOT), text).expect("written");
}

/// The name of the build-info of a source with a version of the library.
fn info_file(file: &str, library: &str) -> String {
    format!("{file}-{library}.json")
}

/// The code that creates a contract, linked to libraries of the same build-info that are created here.
async fn linked(fixture: &Fixture, info: &Value, file: &str, contract: &str) -> Bytes {
    let code = &info["output"]["contracts"][file][contract]["evm"]["bytecode"];
    let mut digits = text(code, "object").to_owned();
    let files = code["linkReferences"].as_object().expect("references");
    for (library_file, libraries) in files {
        for (library, places) in libraries.as_object().expect("libraries") {
            let code = Box::pin(linked(fixture, info, library_file, library)).await;
            let address = fixture.create("a library", code).await;
            for place in places.as_array().expect("places") {
                let start = place["start"].as_u64().expect("a place") as usize * 2;
                digits.replace_range(start..start + 40, &hex::encode(address));
            }
        }
    }
    hex::decode(digits).expect("code").into()
}

/// The folders of the usual compiler and of [`COMPILERS`].
fn compilers(npm: &Npm) -> Vec<PathBuf> {
    let usual = npm.folder().to_owned();
    let others = COMPILERS.iter().map(|compiler| {
        let folder = npm.folder().join(compiler);
        std::fs::create_dir_all(&folder).expect("a folder");
        copy_program(&usual.join("solcjs"), &folder.join("solcjs")).expect("the script");
        folder
    });
    [usual.clone()].into_iter().chain(others).collect()
}

/// The ids that a refusal names.
fn wanted(answer: &Answer) -> Vec<String> {
    let next = answer.error("next");
    let flags = next.split("--accept ").skip(1);
    let ids = flags.filter_map(|flag| {
        let flag = flag.split_whitespace().next()?;
        Some(flag.trim_matches(['\'', '"', ';']).to_owned())
    });
    ids.flat_map(|list| split(&list)).collect()
}

/// Ids between commas that stand in no parentheses.
fn split(list: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let ids = list.split(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    ids.map(str::to_owned).collect()
}

/// The line of a finding without the place of its field, which moves with each version of a source.
fn without_place(line: &str) -> String {
    let parts = line.split_once("  ").and_then(|(id, rest)| {
        let rest = match rest.split_once(" (before: ") {
            Some((place, before)) => format!("{place}{}", before.split_once(')')?.1),
            None => rest.to_owned(),
        };
        let (place, says) = rest.split_once(": ")?;
        let is_place = place.ends_with(|last: char| last.is_ascii_digit()) && place.contains(':');
        (is_place && !id.contains(": ")).then(|| format!("{id}: {says}"))
    });
    parts.unwrap_or_else(|| line.to_owned())
}

/// A text with `0x…` in the place of addresses and hashes.
fn nameless(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit());
        bare += &format!("0x…{rest}");
    }
    bare
}

#[test]
fn a_line_without_its_place_keeps_all_else() {
    for (line, expected) in [
        (
            "✗ rename:x  a/B.sol:17: x: uint256 @ slot 1",
            "✗ rename:x: x: uint256 @ slot 1",
        ),
        (
            "✗ shift:x  a/B.sol:17 (before: a/B.sol:9): x moved",
            "✗ shift:x: x moved",
        ),
        (
            "! trial: it calls  others: two",
            "! trial: it calls  others: two",
        ),
    ] {
        assert_eq!(without_place(line), expected);
    }
}
