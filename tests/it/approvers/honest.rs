//! Honest upgrades: the same contract with the next version of OpenZeppelin Contracts. What the review wants accepted is
//! noise there, but for who can replace the code.

use crate::prelude::*;
use std::collections::BTreeMap;
use std::time::Instant;

use super::fixture::Fixture;
use crate::command::Answer;
use stylus_upgrades_harness::home;

/// Contracts of `tests/honest`, with the versions of the library that they go through.
const HISTORIES: [(&str, &str, &[&str]); 8] = [
    ("Token4", "Token", &["4.5.2", "4.8.3", "4.9.6"]),
    ("Managed4", "Managed", &["4.5.2", "4.8.3", "4.9.6"]),
    ("Items4", "Items", &["4.5.2", "4.8.3", "4.9.6"]),
    ("Votes4", "Votes", &["4.5.2", "4.8.3", "4.9.6"]),
    ("Token5", "Token", &["5.0.2", "5.4.0"]),
    ("Managed5", "Managed", &["5.0.2", "5.4.0"]),
    ("Items5", "Items", &["5.0.2", "5.4.0"]),
    ("Votes5", "Votes", &["5.0.2", "5.4.0"]),
];
/// How often a command is run again with what it wants accepted.
const RUNS_MAX: usize = 12;
/// What each command wanted accepted.
const SNAPSHOT: &str = "tests/snapshots/honest.json";

#[tokio::test]
#[ignore = "nightly: it fetches and compiles versions of OpenZeppelin Contracts for minutes"]
async fn honest_upgrades_are_quiet() {
    let npm = Npm::install_honest(&Lines).expect("the packages");
    let (mut noise, mut seconds) = (BTreeMap::new(), 0);
    for (file, contract, versions) in HISTORIES {
        let fixture = Fixture::new().await;
        fixture.decided_with(fixture.owner(1).address());
        fixture.done("policy update A Admin");
        let owner = fixture.owner(0).address();
        let mut before: Option<&str> = None;
        for (at, version) in versions.iter().enumerate() {
            let label = format!("{}.0", at + 1);
            let info = built(&npm, &fixture, file, version);
            let code = fixture
                .create(contract, creation_code(&info, contract, file))
                .await;
            let layout = format!("--layout {file}-{version}.json:{contract}");
            let begun = Instant::now();
            let Some(earlier) = before.replace(version) else {
                let register = format!("register A {label} {code} {layout}");
                noise.insert(
                    format!("{file} register {version}"),
                    quiet(&fixture, &npm, &register),
                );
                let create = format!(
                    "create-proxy A {label} --kind evm --init initialize(address) {owner} {layout}"
                );
                noise.insert(
                    format!("{file} create-proxy {version}"),
                    quiet(&fixture, &npm, &create),
                );
                continue;
            };
            let migrate = format!("migrate A {label} {code} {layout}");
            let name = format!("{file} migrate {earlier} {version}");
            noise.insert(name, quiet(&fixture, &npm, &migrate));
            seconds += begun.elapsed().as_secs();
        }
    }
    let migrations = noise.iter().filter(|(name, _)| name.contains(" migrate "));
    let (mut accepts, mut count) = (0, 0);
    for (_, accepted) in migrations {
        accepts += accepted.len();
        count += 1;
    }
    println!("{count} upgrades: {accepts} accepted, {seconds} s");
    let file = home().join(SNAPSHOT);
    let mut found = serde_json::to_string_pretty(&noise).expect("JSON");
    found.push('\n');
    if stylus_upgrades_test_support::update() {
        std::fs::write(&file, &found).expect("written");
    }
    let recorded = std::fs::read_to_string(&file).expect("the snapshot");
    assert!(recorded == found, "{SNAPSHOT} differs:\n{found}");
}

/// The build-info of a contract with a version of the library, beside the manifest.
fn built(npm: &Npm, fixture: &Fixture, file: &str, version: &str) -> Value {
    let out = fixture.path(&format!("{file}-{version}.json"));
    let output = Command::new("node")
        .args(["build.js", version, &format!("{file}.sol")])
        .arg(&out)
        .current_dir(npm.folder())
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{file} {version}: {said}");
    serde_json::from_slice(&std::fs::read(&out).expect("a build-info")).expect("JSON")
}

fn creation_code(info: &Value, contract: &str, file: &str) -> Bytes {
    let contracts = &info["output"]["contracts"][format!("{file}.sol")];
    let code = text(&contracts[contract]["evm"]["bytecode"], "object");
    hex::decode(code).expect("code").into()
}

/// Runs a command until nothing is in its way, with what it wants accepted each time.
fn quiet(fixture: &Fixture, npm: &Npm, words: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for _ in 0..RUNS_MAX {
        let accept = match ids.as_slice() {
            [] => String::new(),
            ids => format!(" --accept {}", ids.join(",")),
        };
        let answer = fixture.run_with_solc(&format!("{words}{accept}"), npm.folder());
        if answer.exit == Some(0) {
            return ids.iter().map(|id| nameless(id)).collect();
        }
        let wanted = wanted(&answer);
        assert!(
            wanted.iter().any(|id| !ids.contains(id)),
            "{words}: {answer:?}"
        );
        ids.extend(wanted);
        ids.sort();
        ids.dedup();
    }
    panic!("{words}: still refused with {ids:?}");
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
