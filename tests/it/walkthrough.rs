//! Executes the pages in `stylus_upgrades_tests::tools::book::EXECUTED`. Files are written and the commands of
//! the console blocks run in the order of the page, in one shell, against a chain of their own.
//! The output of each command is compared with the page.

mod at_url;
mod endpoints;
mod shell;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::primitives::{Address, address};
use at_url::Walk;
use endpoints::{Endpoint, LATE, Lacks};
use shell::Shell;
use stylus_devnode::{AccountsConfig, DevAccounts};
use stylus_upgrades::demo::page::{Step, matches, steps};
use stylus_upgrades_harness::{Anvil, HarnessError, Lines, Npm, command_line, home};
use stylus_upgrades_test_support::compilers;

use crate::command::{key_file, program};
use crate::packages::Release;
use crate::tools;

/// What the page starts in a terminal of its own.
const NODE: &str = "stylus-upgrades node";
/// Where the page says that it listens.
const ENDPOINT: &str = "http://127.0.0.1:8547";
/// What a page starts in a third terminal, and where that listens.
const FORK: &str = "stylus-upgrades node --fork-url http://127.0.0.1:8547 --port 8548";
const FORK_ENDPOINT: &str = "http://127.0.0.1:8548";

/// The accounts that act on the page, which gives them these names.
const ACCOUNTS: [(&str, Address); 3] = [
    (
        "Admin",
        address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"),
    ),
    (
        "Admin2",
        address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    ),
    ("User", address!("90F79bf6EB2c4f870365E785982E1f101E93b906")),
];

#[test]
fn the_walkthrough_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/walkthrough.md")
}

#[test]
#[ignore = "nightly: executes a page, about 25 s"]
fn the_page_on_forks_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/forking.md")
}

#[test]
#[ignore = "nightly: executes a page, about 17 s"]
fn the_page_on_fuzzing_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/fuzzing.md")
}

#[test]
#[ignore = "nightly: executes a page, about 17 s"]
fn the_page_on_doctor_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/doctor.md")
}

#[test]
#[ignore = "nightly: executes a page, about 18 s"]
fn the_page_on_traces_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/trace.md")
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_page_on_coverage_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/coverage.md")
}

#[test]
#[ignore = "nightly: executes a page, about 20 s"]
fn the_page_on_censuses_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/census.md")
}

#[test]
#[ignore = "nightly: executes a page, about 112 s"]
fn the_tutorial_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/tutorial.md")
}

#[test]
#[ignore = "nightly: executes a page, about 28 s"]
fn the_page_on_existing_contracts_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/adopting.md")
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_page_on_testing_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/testing.md")
}

#[test]
#[ignore = "nightly: compiles the chain in a workspace of its own, about 300 s"]
fn the_page_on_the_harness_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/internals/harness.md")
}

#[test]
fn the_skill_for_agents_does_what_it_says() -> Result<(), HarnessError> {
    execute("skills/stylus-upgrades/SKILL.md")
}

#[test]
fn every_page_that_the_book_counts_as_executed_is_executed() {
    let source = fs::read_to_string(home().join("tests/it/walkthrough.rs")).expect("this file");
    for page in stylus_upgrades_tests::tools::book::EXECUTED {
        let call = format!("execute(\"{page}\")");
        assert!(source.contains(&call), "{page} is not executed");
    }
}

#[test]
#[ignore = "nightly: executes a page, about 20 s"]
fn the_recipes_of_governance_do_what_they_say() -> Result<(), HarnessError> {
    execute("docs/recipes.md")
}

#[test]
#[ignore = "nightly: executes a page, about 17 s"]
fn the_page_on_governance_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/governance.md")
}

#[test]
#[ignore = "nightly: executes a page, about 25 s"]
fn the_page_on_lambdas_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/lambdas.md")
}

#[test]
#[ignore = "nightly: executes a page, about 28 s"]
fn the_page_on_approvers_that_are_contracts_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/approvers.md")
}

#[test]
#[ignore = "nightly: executes a page on which hardhat compiles, about 40 s"]
fn the_page_on_kinds_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/kinds.md")
}

#[test]
fn the_page_on_migrations_does_what_it_says() -> Result<(), HarnessError> {
    execute("docs/migrations.md")
}

/// The lines without numbers, addresses and spaces: those differ from run to run (ports, seconds) and
/// from one build of the contracts to the next. Every word stays.
fn words(printed: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut pieces = line.split("0x");
        let mut kept = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            kept.push_str(
                piece
                    .trim_start_matches(|letter: char| letter.is_ascii_hexdigit() || letter == '…'),
            );
        }
        let is_word =
            |letter: &char| !letter.is_ascii_digit() && !matches!(letter, ' ' | ',' | '.');
        kept.chars().filter(is_word).collect()
    };
    printed.lines().map(line).collect()
}

#[test]
#[ignore = "nightly: executes a page, about 30 s"]
fn the_picture_in_the_readme_shows_what_the_demo_prints() {
    let mut demo = command_line(program()).expect("the workspace");
    // The record names no path, whoever runs this test.
    let demo = demo
        .arg("demo")
        .env("NO_COLOR", "1")
        .env("CARGO_MANIFEST_DIR", home())
        .output();
    let demo = demo.expect("the demo");
    let errors = String::from_utf8_lossy(&demo.stderr);
    assert!(demo.status.success(), "the demo failed:\n{errors}");
    let printed = String::from_utf8_lossy(&demo.stdout);
    let record = home().join(stylus_upgrades_tests::tools::book::DEMO);
    let recorded = fs::read_to_string(&record).expect("the record");
    let (printed_words, recorded_words) = (words(&printed), words(&recorded));
    if printed_words != recorded_words && stylus_upgrades_test_support::update() {
        fs::write(&record, &*printed).expect("written");
        stylus_upgrades_tests::tools::book::write(&home()).expect("the picture is drawn");
        return;
    }
    let differing = printed_words.iter().zip(&recorded_words);
    let first = differing.clone().position(|(new, old)| new != old);
    assert!(
        printed_words == recorded_words,
        "stale from line {} on: run with STYLUS_UPGRADES_UPDATE=1",
        first.unwrap_or(differing.len()) + 1
    );
}

/// Lines that a command of the demo may print: what people read before they know what happened.
const LINES_MAX: [(&str, usize); 9] = [
    ("define", 5),
    ("register", 6),
    ("create-proxy", 5),
    ("migrate", 12),
    ("rollback", 12),
    ("upgrade", 5),
    ("policy", 5),
    ("pause", 5),
    ("status", 15),
];

/// What each command of the recorded demo printed, up to what to do next: what stands below that is progress.
fn recorded_commands(record: &str) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_report = false;
    for line in record.lines() {
        if let Some(command) = line.strip_prefix("  $ stylus-upgrades ") {
            all.push((command, Vec::new()));
            is_report = true;
        } else if let (Some(printed), Some((_, lines))) =
            (line.strip_prefix("    "), all.last_mut())
        {
            if is_report {
                lines.push(printed);
            }
            is_report = is_report && !printed.starts_with("next: ");
        }
    }
    all
}

#[test]
fn the_commands_of_the_demo_begin_with_the_verdict_and_print_few_lines() {
    let record = fs::read_to_string(home().join(stylus_upgrades_tests::tools::book::DEMO));
    let record = record.expect("the record");
    let commands = recorded_commands(&record);
    let mut seen = 0;
    for (command, lines) in &commands {
        let name = command.split_whitespace().next().expect("a command");
        let failed = lines.iter().any(|line| line.starts_with("error["));
        let Some((_, most)) = LINES_MAX.iter().find(|(one, _)| *one == name && !failed) else {
            continue;
        };
        seen += 1;
        assert!(
            lines.len() <= *most,
            "{command}: {} lines, at most {most}: {lines:#?}",
            lines.len()
        );
        let first = lines.first().expect("a verdict");
        let is_verdict = first.starts_with("success ")
            || first.contains(" approvals: ")
            || first.starts_with("instance ")
            || first.contains(" → ");
        assert!(is_verdict, "{command}: {first}");
    }
    assert!(seen > 20, "{seen} of {}", commands.len());
    let history = commands
        .iter()
        .find(|(command, _)| command.starts_with("history"));
    let (_, lines) = history.expect("a history");
    assert!(
        lines
            .first()
            .is_some_and(|line| line.ends_with(" checks hold")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().skip(1).all(|line| line.contains(" UTC  ")),
        "{lines:#?}"
    );
}

/// The blocks that a reader pastes, in an empty folder and an empty home, with a release on this machine.
#[test]
#[ignore = "nightly: executes a page, about 41 s"]
fn the_block_of_the_readme_ends_with_an_upgraded_contract() {
    let block_of = |page: &str, marker: &str| {
        let text = fs::read_to_string(home().join(page)).expect("the page");
        let mut blocks = stylus_upgrades_tests::tools::book::Page::read(&text)
            .blocks
            .into_iter();
        let block = blocks.find(|block| block.marker.as_deref() == Some(marker));
        block.expect("the block").text
    };
    let installer = block_of("docs/installing.md", "executed: installing");
    assert!(installer.starts_with("curl -fsSL \"$RELEASES/install.sh\" | sh"));
    let block = block_of("README.md", "executed: README");

    let folder = tempfile::tempdir().expect("a folder");
    let [tools, work, user] = ["tools", "work", "home"].map(|name| folder.path().join(name));
    for one in [&tools, &work, &user] {
        fs::create_dir(one).expect("an empty folder");
    }
    let release = Release::of(program());
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let script = format!("set -e\n{installer}{block}");
    let script = script.replace(NODE, &format!("{NODE} --port {port}"));
    let mut command = Shell::command(&tools);
    command.env("RELEASES", release.url());
    command.env("HOME", &user).envs(compilers());
    command.env("ETH_RPC_URL", format!("http://127.0.0.1:{port}"));
    // Ends the chain, however the block ends.
    let script = format!("trap 'kill $!' EXIT\n{script}");
    let done = command.current_dir(&work).args(["-c", &script]).output();
    let done = done.expect("a shell");
    let [printed, errors] = [&done.stdout, &done.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(done.status.success(), "{printed}\n{errors}");
    assert!(printed.ends_with("\n11\n22\n"), "{printed}\n{errors}");
}

/// What is told of an endpoint that wants pauses.
const WAITS: &str = " limits requests (HTTP status 429): asking again in ";
/// A warning that a chain of this machine, which the pages have, does not get.
const SINGLE_KEY: &str = "! single-key:";
/// Progress that only comes where another test builds contracts at the same time.
const BUILD_ELSEWHERE: &str = "waiting for another build of contracts to end\n";

/// Executes one page, on a chain of its own.
fn execute(page: &str) -> Result<(), HarnessError> {
    let node = tools::node(&[])?;
    let text = fs::read_to_string(home().join(page)).expect("the page");
    execute_at((page, &text), node.endpoint(), str::to_owned)
}

/// Executes one page, of that text, at this endpoint. `typed` says what is typed for a command of the page.
fn execute_at(
    (page, text): (&str, &str),
    endpoint: &str,
    typed: impl Fn(&str) -> String,
) -> Result<(), HarnessError> {
    let mut fork: Option<Anvil> = None;
    let folder = tempfile::tempdir().expect("a folder");
    let tools = with_program(folder.path());
    let work = folder.path().join("work");
    fs::create_dir(&work).expect("an empty folder");
    // The checkout, where a reader would have cloned it.
    symlink(home(), work.join("stylus-upgrades")).expect("a link");
    if text.contains("$ node deploy.js") {
        let packages = Npm::install_openzeppelin(&Lines)?;
        let modules = packages.folder().join("node_modules");
        symlink(modules, work.join("node_modules")).expect("a link");
        symlink(Npm::install(&Lines)?.cast(), tools.join("cast")).expect("a link");
    }
    let mut shell = Shell::start(&work, &tools, endpoint);
    let steps = steps(text);
    assert!(steps.len() > 1, "the page has no console blocks");
    for step in steps {
        let (line, command, expected) = match step {
            Step::Chapter(_) => continue,
            Step::Command { text, .. } if text == NODE => continue,
            Step::Command { text, .. } if text == FORK => {
                fork = Some(tools::node(&["--fork-url", endpoint])?);
                continue;
            }
            Step::Command {
                line,
                text,
                expected,
            } => (line, text, expected),
            Step::File { path, text } => {
                let path = work.join(path);
                let folder = path.parent().expect("a folder");
                fs::create_dir_all(folder).expect("a folder");
                fs::write(&path, text.replace(ENDPOINT, endpoint)).expect("a file");
                continue;
            }
        };
        let here = fork.as_ref().map_or(FORK_ENDPOINT, Anvil::endpoint);
        let command_here = typed(&command).replace(ENDPOINT, endpoint);
        let output = shell.run(&command_here.replace(FORK_ENDPOINT, here));
        let is_told = |line: &&str| !line.contains(WAITS) && !line.starts_with(SINGLE_KEY);
        let output = output.replace(BUILD_ELSEWHERE, "");
        let output: String = output.split_inclusive('\n').filter(is_told).collect();
        assert!(
            matches(&expected, &output),
            "{page}:{line}: $ {command}\n-- the page says\n{expected}\n-- it printed\n{output}"
        );
    }
    Ok(())
}

/// The walkthrough with key files, at an endpoint that signs for nobody and lacks something else, too.
fn through_an_endpoint_without(lacks: Lacks) -> Result<(), HarnessError> {
    let node = tools::node(&[])?;
    let endpoint = Endpoint::before(node.endpoint(), lacks);
    let keys = tempfile::tempdir().expect("a folder");
    let accounts = DevAccounts::derive(&AccountsConfig::default()).expect("the accounts");
    for (name, account) in ACCOUNTS {
        let signer = accounts.signer(account).expect("a dev account");
        key_file(&keys.path().join(name), signer);
    }
    let pause = match lacks {
        // Who types waits longer: what the command before has seen, the next one does not know.
        Lacks::NewestBlock => LATE,
        _ => Duration::ZERO,
    };
    let typed = |command: &str| {
        std::thread::sleep(pause);
        with_key_file(command, keys.path())
    };
    let page = "docs/walkthrough.md";
    let text = fs::read_to_string(home().join(page)).expect("the page");
    let text = match lacks {
        Lacks::Debug => text.replace("✓ pause, migration", "✓ migration"),
        _ => text,
    };
    execute_at((page, &text), &endpoint.url, typed)?;
    let refused = endpoint.refused();
    println!("{lacks:?}: {refused} questions refused");
    Ok(())
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_walkthrough_needs_no_logs_of_more_than_ten_blocks() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::Logs)
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_walkthrough_needs_no_state_of_old_blocks() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::OldState)
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_walkthrough_needs_no_proofs() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::Proofs)
}

#[test]
#[ignore = "nightly: executes a page, about 60 s"]
fn the_walkthrough_needs_no_tracers_and_no_overrides() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::Debug)
}

#[test]
#[ignore = "nightly: executes a page, about 120 s"]
fn the_walkthrough_bears_limits_of_requests() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::Requests)
}

#[test]
#[ignore = "nightly: executes a page, about 120 s"]
fn the_walkthrough_bears_a_node_that_is_late() -> Result<(), HarnessError> {
    through_an_endpoint_without(Lacks::NewestBlock)
}

/// The walkthrough at an endpoint of one's own. Its accounts get keys in `WALK_FOLDER`, which must be there, and ether
/// of the account in `RPC_KEY_FILE`; the folder gets a recording of each command, without secrets:
/// `RPC_URL=https://… RPC_KEY_FILE=key.txt WALK_FOLDER=walk cargo test --workspace --test it walkthrough_at_rpc_url -- --ignored`.
#[tokio::test]
#[ignore = "sends to the chain at RPC_URL"]
async fn the_walkthrough_at_rpc_url_does_what_it_says() -> Result<(), HarnessError> {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let folder =
        given("WALK_FOLDER").expect("WALK_FOLDER, an empty folder for keys and recordings");
    let walk = Walk {
        url: given("RPC_URL").expect("RPC_URL, such as https://sepolia-rollup.arbitrum.io/rpc"),
        payer: given("RPC_KEY_FILE").map(PathBuf::from),
        folder: fs::canonicalize(folder).expect("the folder is there"),
    };
    println!("{} commands recorded", walk.run().await?);
    Ok(())
}

#[tokio::test]
async fn the_walkthrough_runs_on_another_chain_with_keys_in_files_and_is_recorded()
-> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let node = tools::node(&["--chain-id", "4213", "--l1-price", "1000000000"])?;
    let payer = folder.path().join("payer");
    let accounts = DevAccounts::derive(&AccountsConfig::default()).expect("the accounts");
    let rich = accounts.signer(ACCOUNTS[0].1).expect("a dev account");
    key_file(&payer, rich);
    let work = folder.path().join("walk");
    fs::create_dir(&work).expect("a folder");
    let walk = Walk {
        url: node.endpoint().to_owned(),
        payer: Some(payer),
        folder: work.clone(),
    };
    let recorded = walk.run().await?;
    assert!(recorded > 50, "{recorded} commands");
    for number in 0..recorded {
        let file = work.join(format!("{number:02}.jsonl"));
        let text = fs::read_to_string(&file).expect("a recording");
        assert!(text.contains("\"method\":\"eth_"), "{}", file.display());
        for (name, _) in ACCOUNTS {
            let key = fs::read_to_string(work.join(name)).expect("a key");
            assert!(!text.contains(key.trim_start_matches("0x")), "a secret");
        }
    }
    Ok(())
}

/// A command of the page with the file of that folder in place of an account that a dev chain signs for.
fn with_key_file(command: &str, keys: &Path) -> String {
    match command.rsplit_once(" --unlocked ") {
        Some((rest, name)) => {
            format!("{rest} --private-key-path {}", keys.join(name).display())
        }
        None => command.to_owned(),
    }
}

/// A folder with `stylus-upgrades` in it.
fn with_program(folder: &Path) -> PathBuf {
    let tools = folder.join("tools");
    fs::create_dir(&tools).expect("a folder");
    symlink(program(), tools.join("stylus-upgrades")).expect("a link");
    tools
}
