//! Structs, enums, value types and contracts of Solidity that were exchanged, renamed, wrapped or changed: safe is only
//! what reads every word as before.

use super::build_infos::build_info_of;
use super::solidity::Compiled;
use crate::prelude::*;
use stylus_layout::{Decision, Report, compare};
use stylus_upgrades::layout::read_file;
use stylus_upgrades_harness::home;

/// Pairs of `Pairs.sol`: whether the second one reads every word as before, the name, and in words.
fn said() -> Vec<(bool, String, String)> {
    let sources = std::fs::read_to_string(home().join("tests/fixtures/solidity/Pairs.sol"));
    let sources = sources.expect("the source");
    let said = sources.lines().filter_map(|line| {
        let (is_safe, pair) = match line.strip_prefix("// safe ") {
            Some(pair) => (true, pair),
            None => (false, line.strip_prefix("// refused ")?),
        };
        let (name, words) = pair.split_once(':')?;
        Some((is_safe, name.to_owned(), words.to_owned()))
    });
    said.collect()
}

fn is_safe(report: &Report) -> bool {
    let mut findings = report.findings.iter();
    findings.all(|one| one.decision == Decision::Safe)
}

#[test]
fn what_is_safe_reads_every_word_as_before() -> Result<(), HarnessError> {
    let mut compiled = Compiled::of("Pairs.sol")?;
    let (pairs, mut wrong) = (said(), Vec::new());
    assert_eq!(pairs.len(), 88);
    for (expected, name, words) in &pairs {
        let report = compiled.compared(&format!("{name}Old"), &format!("{name}New"));
        if is_safe(&report) != *expected {
            wrong.push(format!("{name}{words}: {:#?}", report.findings));
        }
    }
    // Without an AST less is known, and nothing more is safe. That namespaces are not listed is told elsewhere.
    compiled.forget_sources();
    for (expected, name, words) in &pairs {
        let report = compiled.compared(&format!("{name}Old"), &format!("{name}New"));
        if is_safe(&report) && !expected && !words.contains("namespace") {
            wrong.push(format!("{name}{words}, without an AST"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Two files with one name of a library, and of all that is in it.
#[test]
fn types_of_one_name_in_two_files_are_two() -> Result<(), HarnessError> {
    let first = "library L { struct T { uint a; uint64 b; } enum E { A, B } type V is uint64; }";
    let second = "library L { struct T { uint a; int64 b; } enum E { B, A } type V is bytes8; }";
    let own = r#"import { L as A } from "a.sol"; import { L as B } from "b.sol"; import { L as C } from "c.sol";
        contract S0 { mapping(uint => A.T) m; } contract S1 { mapping(uint => B.T) m; }
        contract S2 { mapping(uint => C.T) m; }
        contract E0 { A.E[] m; } contract E1 { B.E[] m; } contract E2 { C.E[] m; }
        contract V0 { A.V m; } contract V1 { B.V m; } contract V2 { C.V m; }
        contract X0 { A.T m; mapping(uint => B.T) n; } contract X1 { B.T m; mapping(uint => A.T) n; }
        contract X2 { C.T m; mapping(uint => B.T) n; }"#;
    let licensed = |text: &str| json!({"content": format!("// SPDX-License-Identifier: MIT\npragma solidity ^0.8.29;\n{text}")});
    let sources = json!({"a.sol": licensed(first), "b.sol": licensed(second), "c.sol": licensed(first), "own.sol": licensed(own)});
    let folder = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi"];
    let info = build_info_of(folder.path(), &sources, &outputs, &json!({}))?;
    let path = folder.path().join("info.json");
    std::fs::write(&path, info.to_string()).expect("written");
    let layout = |name: String| {
        let named = read_file(format!("{}:own.sol:{name}", path.display()).as_ref());
        named.expect("a layout").document.layout
    };
    for kind in ["S", "E", "V", "X"] {
        for (other, expected) in [("1", false), ("2", true)] {
            let [old, new] = ["0", other].map(|number| layout(format!("{kind}{number}")));
            let report = compare(&old, &new).expect("layouts of a compiler");
            assert_eq!(is_safe(&report), expected, "{kind}{other}: {report:#?}");
        }
    }
    Ok(())
}
