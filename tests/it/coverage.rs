//! Which lines of a contract ran.

mod evm;
mod native;

use crate::prelude::*;
use alloy::sol;

use crate::layouts::project::{Project, home};

sol! {
    function choose(uint256 number) external returns (uint256);
    function sum(uint256[] numbers) external returns (uint256);
    function refuse(uint256 number) external;
}

/// Lines by file name, with how often each ran.
type Lines = BTreeMap<(String, u64), u64>;

const SOURCE: &str = "tests/contracts/dead_branches";

/// The lines of a source file that end in that word.
fn marked(file: &str, word: &str) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(Path::new(&home(SOURCE)).join("src").join(file));
    let text = text.expect("the source");
    let lines = text.lines().zip(1..);
    let marked = lines.filter(|(line, _)| line.ends_with(&format!("// {word}")));
    marked
        .map(|(_, number)| (file.to_owned(), number))
        .collect()
}

fn lines(document: &Value) -> Lines {
    let files = document["files"].as_array().expect("files");
    let of = |file: &Value| {
        let name = Path::new(text(file, "file")).file_name().expect("a name");
        let name = name.to_string_lossy().into_owned();
        let lines = file["lines"].as_array().expect("lines").clone();
        lines.into_iter().map(move |one| {
            let number = |at: usize| one[at].as_u64().expect("a number");
            ((name.clone(), number(0)), number(1))
        })
    };
    files.iter().flat_map(of).collect()
}

/// The same from a tracefile of lcov.
fn traced(text: &str) -> Lines {
    let mut file = String::new();
    let mut lines = Lines::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let name = Path::new(path).file_name().expect("a name");
            file = name.to_string_lossy().into_owned();
        }
        if let Some(line) = line.strip_prefix("DA:") {
            let (number, runs) = line.split_once(',').expect("two numbers");
            let parsed = |text: &str| text.parse().expect("a number");
            lines.insert((file.clone(), parsed(number)), parsed(runs));
        }
    }
    lines
}

/// How often each branch was taken, by line: of a document, and of a tracefile of lcov, which has the sums of both.
type Branches = BTreeMap<(String, u64), Vec<Vec<u64>>>;

fn branches(document: &Value) -> Branches {
    let mut all = Branches::new();
    for file in document["files"].as_array().expect("files") {
        let name = Path::new(text(file, "file")).file_name().expect("a name");
        for jump in file["jumps"].as_array().expect("jumps") {
            let line = jump[0].as_u64().expect("a line");
            let taken = jump[1].as_array().expect("branches").iter();
            let taken = taken.map(|one| one.as_u64().expect("a number"));
            let key = (name.to_string_lossy().into_owned(), line);
            all.entry(key).or_default().push(taken.collect());
        }
    }
    all
}

fn traced_branches(text: &str) -> Branches {
    let mut all = Branches::new();
    let (mut file, mut block) = (String::new(), None);
    let (mut found, mut taken) = (0, 0);
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let name = Path::new(path).file_name().expect("a name");
            (file, block) = (name.to_string_lossy().into_owned(), None);
            (found, taken) = (0, 0);
        }
        if let Some(fields) = line.strip_prefix("BRDA:") {
            let fields: Vec<&str> = fields.split(',').collect();
            let [line, of, _, runs] = fields[..] else {
                panic!("{line}")
            };
            let jumps = all
                .entry((file.clone(), line.parse().expect("a line")))
                .or_default();
            if block.replace(of.to_owned()).as_deref() != Some(of) {
                jumps.push(Vec::new());
            }
            let runs = runs.parse().unwrap_or(0);
            jumps.last_mut().expect("one").push(runs);
            found += 1;
            taken += u64::from(runs > 0);
        }
        let sum = |name: &str| line.strip_prefix(name).map(|sum| sum.parse::<u64>());
        assert!(sum("BRF:").is_none_or(|sum| sum == Ok(found)), "{line}");
        assert!(sum("BRH:").is_none_or(|sum| sum == Ok(taken)), "{line}");
    }
    all
}

/// Sends a call, which may revert: its hash, and whether it succeeded.
fn send(project: &Project, to: Address, call: &impl SolCall) -> (B256, bool) {
    let from = project.node.addresses()[1];
    let input = call.abi_encode().into();
    let sent = project.node.with_chain(move |chain| {
        chain.impersonate(from);
        let request = CallRequest {
            to: Some(to),
            input,
            gas: Some(10_000_000),
            ..CallRequest::default()
        };
        let hash = chain.submit_unsigned(from, request).expect("it is taken");
        (hash, chain.receipt(hash).expect("it is mined").success)
    });
    sent.expect("the chain")
}

#[test]
fn an_example_has_lines_in_a_clone_and_is_refused_with_where_elsewhere() {
    let project = Project::new();
    // As for somebody who has the program alone.
    let words = "coverage 1..1 --source example:counter-v1";
    let mut command = project.command(project.folder(), None, words);
    command.env_remove("STYLUS_UPGRADES_HOME");
    let refused = Answer::of(command);
    assert_eq!(refused.error("name"), "Missing", "{refused:?}");
    assert_snapshot!(refused.refusal(), @"
    message: example:counter-v1 is code without sources
    expected: the sources of counter-v1
    found: example:counter-v1 is code without sources
    next: run it in a clone of this project, which has the crate, or name the crate's folder: --source DIR
    ");
    let unknown = project.run("coverage 1..1 --source example:other");
    assert_eq!(unknown.error("name"), "Missing", "{unknown:?}");
    assert!(
        unknown.error("expected").contains("counter-v1"),
        "{unknown:?}"
    );

    let deployed = project.done("deploy example:counter-v1");
    let program: Address = text(&deployed, "address").parse().expect("an address");
    let call = refuseCall { number: U256::ZERO };
    let (hash, _) = send(&project, program, &call);
    let words = format!("coverage {hash} --source example:counter-v1");
    let covered = project.run(&words);
    covered.ends_with(0);
    assert!(!lines(&covered.document).is_empty(), "{covered:?}");
}

#[test]
fn dead_branches_are_shown_as_such_and_no_line_that_ran_is_denied() {
    let project = Project::new();
    let source = home(SOURCE);
    let deployed = project.done(&format!("deploy {source}"));
    let program: Address = text(&deployed, "address").parse().expect("an address");
    let number = U256::from;
    let numbers = vec![number(3), number(4)];
    let ran = [
        send(&project, program, &chooseCall { number: number(1) }),
        send(&project, program, &chooseCall { number: number(4) }),
        send(&project, program, &sumCall { numbers }),
        send(&project, program, &refuseCall { number: number(2) }),
    ];
    assert_eq!(ran.map(|(_, success)| success), [true, true, true, false]);
    let hashes = ran.map(|(hash, _)| hash.to_string());
    let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let file = project.path("lcov.info").display().to_string();
    let of =
        |words: &[&str]| project.done(&[&["coverage"], words, &["--source", &source]].concat());
    let document = of(&[&hashes[..], &["--lcov", &file]].concat());
    assert_eq!(document["transactions"], 4);
    assert_eq!(document["unfaithful"], serde_json::json!([]));
    let found = lines(&document);
    let tracefile = std::fs::read_to_string(&file).expect("it was written");
    assert_eq!(traced(&tracefile), found);

    let dead = [marked("lib.rs", "dead"), marked("arithmetic.rs", "dead")].concat();
    assert!(dead.len() >= 30, "{}", dead.len());
    let not_shown: Vec<_> = dead
        .iter()
        .filter(|line| found.get(line) != Some(&0))
        .collect();
    let denied: Vec<_> = marked("lib.rs", "ran")
        .into_iter()
        .filter(|line| found.get(line).is_none_or(|runs| *runs == 0))
        .collect();
    assert!(
        not_shown.is_empty() && denied.is_empty(),
        "not shown: {not_shown:?}\ndenied: {denied:?}\n{tracefile}"
    );

    // The condition of each `one way` was reached, and one of its branches never taken.
    let branches = branches(&document);
    assert_eq!(traced_branches(&tracefile), branches);
    let above = |word: &str| {
        let lines = marked("lib.rs", word).into_iter();
        let lines: Vec<_> = lines.map(|(file, line)| (file, line - 1)).collect();
        assert!(!lines.is_empty(), "{word}");
        let of = |line| branches.get(&line).cloned().unwrap_or_default();
        lines.into_iter().map(of).collect::<Vec<_>>()
    };
    let is_half = |taken: &Vec<u64>| taken.contains(&0) && taken.iter().any(|runs| *runs > 0);
    let is_whole = |taken: &Vec<u64>| taken.len() == 2 && !taken.contains(&0);
    for jumps in above("one way") {
        assert!(jumps.iter().any(is_half), "{jumps:?} {branches:?}");
        assert!(!jumps.iter().any(is_whole), "{jumps:?} {branches:?}");
    }
    for jumps in above("both ways") {
        assert!(jumps.iter().any(is_whole), "{jumps:?} {branches:?}");
    }
    // The same transactions by their blocks.
    let newest = project
        .node
        .with_chain(|chain| chain.block_number())
        .expect("the chain");
    let blocks = format!("{}..{newest}", newest - 3);
    assert_eq!(lines(&of(&[&blocks])), found);
    // One after the other they reach the same lines.
    let reached = |lines: Lines| lines.into_iter().filter(|(_, runs)| *runs > 0);
    let each = hashes.iter().flat_map(|hash| reached(lines(&of(&[hash]))));
    let each: BTreeSet<_> = each.map(|(line, _)| line).collect();
    assert_eq!(each, reached(found).map(|(line, _)| line).collect());
}

#[test]
fn sources_that_are_not_those_of_the_program_are_refused() {
    let project = Project::new();
    let source = home(SOURCE);
    let deployed = project.done(&format!("deploy {source}"));
    let program: Address = text(&deployed, "address").parse().expect("an address");
    let (hash, _) = send(
        &project,
        program,
        &chooseCall {
            number: U256::from(1),
        },
    );
    let hash = hash.to_string();
    let refused = |words: &str| {
        let answer = project.run(&format!("coverage {words}"));
        (answer.exit, answer.error("name").to_owned())
    };
    let other = refused(&format!("{hash} --source counter-v1"));
    assert_eq!(other, (Some(1), "NotRun".into()));
    let file = project.path("lcov.info");
    std::fs::write(&file, "mine").expect("a file");
    let file = file.display().to_string();
    let kept = refused(&format!("{hash} --source {source} --lcov {file}"));
    assert_eq!(kept, (Some(2), "FileExists".into()));
    assert_eq!(std::fs::read_to_string(&file).expect("it"), "mine");
    let unknown = refused(&format!("{} --source {source}", B256::repeat_byte(1)));
    assert_eq!(unknown, (Some(1), "TransactionNotFound".into()));
    let many = refused(&format!("1..2000 --source {source}"));
    assert_eq!(many, (Some(2), "TooMany".into()));
    let unmade = refused(&format!("1..900 --source {source}"));
    assert_eq!(unmade, (Some(2), "NotYet".into()));
}
