//! Honest upgrades: the same contract with the next version of OpenZeppelin Contracts or of nitro-contracts, and an example
//! of this project. What a plan says of them and a migration wants accepted is noise there, unless a person marked it as
//! useful: each line has a mark in `tests/honest/marks.json`.

use crate::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::fixture::Fixture;
use crate::command::Answer;
use stylus_upgrades_harness::home;
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

alloy::sol! {
    interface IInitializable {
        function initialize(address account) external;
    }
}

/// A contract and the versions that it goes through.
struct History {
    /// Its source in `tests/honest`, or a path from there.
    file: &'static str,
    /// The initializer and its argument.
    init: InitCall,
    releases: Vec<Release>,
}

/// A version of a contract.
struct Release {
    /// The version of the library.
    library: &'static str,
    contract: &'static str,
    /// Flags of its migration.
    flags: &'static str,
}

/// The call that initializes a contract.
enum InitCall {
    /// `initialize(address)` with the owner.
    Owner,
    /// The same with an instance of another contract: its file and name.
    InstanceOf(&'static str, &'static str),
    /// Others, as they are typed.
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
            library,
            contract,
            flags: "",
        });
        Self {
            file,
            init,
            releases: releases.collect(),
        }
    }

    fn all() -> Vec<Self> {
        use InitCall::{InstanceOf, Owner, Typed};
        let [four, five] = [OPENZEPPELIN_4, OPENZEPPELIN_5];
        // What is not in 4.5 yet, has another initializer there, or is none for this compiler.
        let late = &four[1..];
        let bridge = InstanceOf("RollupBridge.sol", "RollupBridge");
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
            Self::new("RollupBridge.sol", "RollupBridge", NITRO, Owner),
            Self::new("RollupOutbox.sol", "RollupOutbox", NITRO, bridge),
            Self {
                file: "Box.sol",
                init: Typed("initialize(uint256) 7"),
                releases: vec![
                    Release {
                        library: "5.4.0",
                        contract: "Box",
                        flags: "",
                    },
                    Release {
                        library: "5.4.0",
                        contract: "BoxV2",
                        flags: "--foreign --call migrate(uint256) 5",
                    },
                ],
            },
        ]
    }
}

/// The bench: packages with compiled contracts, and what came of the commands.
struct Bench {
    npm: Npm,
    marks: Vec<Mark>,
    noise: BTreeMap<String, Noise>,
    /// Lines without a mark, with the upgrade that shows each first.
    unmarked: BTreeMap<String, String>,
    spent: Duration,
}

#[tokio::test]
#[ignore = "nightly: it fetches and compiles versions of OpenZeppelin Contracts for minutes"]
async fn honest_upgrades_are_quiet() {
    let marks = std::fs::read_to_string(home().join(MARKS)).expect("the marks");
    let mut bench = Bench {
        npm: Npm::install_honest(&Lines).expect("the packages"),
        marks: serde_json::from_str(&marks).expect("marks"),
        noise: BTreeMap::new(),
        unmarked: BTreeMap::new(),
        spent: Duration::ZERO,
    };
    let example = home().join("tests/openzeppelin/contracts/Box.sol");
    std::fs::copy(example, bench.npm.folder().join("Box.sol")).expect("the example");
    for history in History::all() {
        bench.go_through(&history).await;
    }
    bench.compare();
}

impl Bench {
    /// Takes one contract through its versions, on a chain of its own.
    async fn go_through(&mut self, history: &History) {
        let mut fixture = Fixture::new().await;
        fixture.decided_with(fixture.owner(1).address());
        fixture.done("policy update A Admin");
        let name = history.file.trim_end_matches(".sol");
        let mut before: Option<&str> = None;
        for (at, release) in history.releases.iter().enumerate() {
            let Release {
                library,
                contract,
                flags,
            } = release;
            let label = format!("{}.0", at + 1);
            let info = self.built(&fixture, history.file, library);
            let code = creation_code(&info, contract, history.file);
            fixture.reconnect().await;
            let code = fixture.create(contract, code).await;
            let layout = format!("--layout {}:{contract}", info_file(history.file, library));
            let Some(earlier) = before.replace(library) else {
                let register = format!("register A {label} {code} {layout}");
                let accepts = self.accepted(&fixture, &register);
                self.note(format!("{name} register {library}"), accepts);
                let init = self.init_words(&mut fixture, &history.init, library).await;
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
            .current_dir(self.npm.folder())
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
                let code = creation_code(&info, contract, file);
                fixture.reconnect().await;
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
        let answer = fixture.print_with_solc(plan, self.npm.folder());
        let lines = answer.printed.lines().chain(answer.stderr.lines());
        let lines = lines.skip(1).map(str::trim_start).filter(|line| {
            let marks = ["✗ ", "! ", "? ", "· ", "checked ", "warning: "];
            marks.iter().any(|mark| line.starts_with(mark))
        });
        let lines: Vec<String> = lines.map(nameless).collect();
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
            let answer = fixture.run_with_solc(&words, self.npm.folder());
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
        let file = home().join(SNAPSHOT);
        let mut found = serde_json::to_string_pretty(&self.noise).expect("JSON");
        found.push('\n');
        if stylus_upgrades_test_support::update() {
            std::fs::write(&file, &found).expect("written");
        }
        assert!(
            self.unmarked.is_empty(),
            "{MARKS} lacks {:#?}",
            self.unmarked
        );
        let reasons = self.marks.iter().all(|mark| !mark.why.is_empty());
        assert!(reasons, "{MARKS}: a mark has no reason");
        let recorded = std::fs::read_to_string(&file).expect("the snapshot");
        assert!(recorded == found, "{SNAPSHOT} differs:\n{found}");
        let loud = upgrades().filter(|(_, noise)| {
            let useful = noise.useful.unwrap_or_default();
            noise.lines.is_some_and(|lines| lines - useful > LINES_MAX)
        });
        let loud: Vec<_> = loud.map(|(upgrade, _)| upgrade).collect();
        assert!(loud.is_empty(), "not quiet: {loud:?}");
    }
}

/// The name of the build-info of a source with a version of the library.
fn info_file(file: &str, library: &str) -> String {
    format!("{file}-{library}.json")
}

fn creation_code(info: &Value, contract: &str, file: &str) -> Bytes {
    let contracts = &info["output"]["contracts"][file];
    let code = text(&contracts[contract]["evm"]["bytecode"], "object");
    hex::decode(code).expect("code").into()
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
