//! Random modules run in the engine and in a second, unrelated one, which gets the metered form
//! without what is rewritten for the first. End, ink, stack budget, output and memory (into which
//! locals and globals are written) must be the same.
//!
//! Every run tries 2,000 modules. The long run tries 100,000 and writes
//! `tests/snapshots/differential.json`. Every module has a number: `DIFFERENTIAL_MODULE=n` runs that
//! one and prints its text, if it has one.

mod compare;
mod expressions;
mod other;
mod random;
mod smith;
mod typed;

use std::collections::BTreeMap;

use compare::{Case, End, Pair, Pairing};
use random::Random;
use stylus_vm::Rules;

/// Modules of every run and of the long one.
const MODULES: u64 = 2_000;
const LONG_MODULES: u64 = 100_000;
/// Fewest words of stack that one of the calls has, and what a chain gives.
const WORDS: [u32; 4] = [22_000, 22_000, 2_000, 60];

/// What became of all modules.
#[derive(Default)]
struct Report {
    modules: u64,
    accepted: u64,
    /// Modules that the second engine cannot read, see [`Pairing::Unreadable`].
    unreadable: u64,
    calls: u64,
    ends: BTreeMap<String, u64>,
    differences: Vec<String>,
}

/// Random numbers and rules of a module.
fn begin(number: u64) -> (Random, Rules) {
    let mut random = Random::new(number);
    let rules = match random.once_in(2) {
        true => Rules::for_arbos(51),
        false => Rules::for_arbos(60),
    };
    (random, rules)
}

/// A module by its number: every other one is of the typed generator.
fn module(number: u64, random: &mut Random, rules: &Rules) -> Option<Vec<u8>> {
    if number.is_multiple_of(2) {
        let text = typed::module(random);
        return Some(wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    }
    smith::module(random, rules.stylus_version < 3)
}

fn try_module(number: u64, report: &mut Report) {
    let (random, rules) = &mut begin(number);
    report.modules += 1;
    let Some(wasm) = module(number, random, rules) else {
        return;
    };
    let pair = match Pairing::of(&wasm, rules) {
        Ok(Pairing::Both(pair)) => pair,
        Ok(Pairing::Refused) => return,
        Ok(Pairing::Unreadable) => {
            report.unreadable += 1;
            return;
        }
        Err(error) => {
            report.differences.push(format!("module {number}: {error}"));
            return;
        }
    };
    report.accepted += 1;
    for call in 0..4 {
        let len = [0, 16, 32, 70][random.below(4)];
        let case = Case {
            calldata: random.bytes(len),
            ink: match call {
                0 => 20_000_000,
                1 => 60_000_000,
                2 => random.bits() % 200_000,
                _ => random.bits() % 4_000_000,
            },
            words: WORDS[random.below(WORDS.len())],
            stylus_version: rules.stylus_version,
        };
        report.calls += 1;
        match pair.call(&case) {
            Ok(end) => {
                let end = match end {
                    End::Failure(label) => label.to_owned(),
                    end => format!("{end:?}"),
                };
                *report.ends.entry(end).or_default() += 1;
            }
            Err(error) => report.differences.push(format!("module {number}: {error}")),
        }
    }
}

/// Runs modules on a thread with enough stack for the second engine.
fn try_modules(numbers: std::ops::Range<u64>) -> Report {
    let thread = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || {
            let mut report = Report::default();
            numbers.for_each(|number| try_module(number, &mut report));
            report
        });
    thread.expect("a thread").join().expect("no panic")
}

#[test]
fn random_modules_run_alike_in_a_second_engine() {
    if let Some(number) = std::env::var("DIFFERENTIAL_MODULE")
        .ok()
        .and_then(|n| n.parse::<u64>().ok())
    {
        if number.is_multiple_of(2) {
            println!("{}", typed::module(&mut begin(number).0));
        }
        let report = try_modules(number..number + 1);
        assert!(
            report.differences.is_empty(),
            "{}",
            report.differences.join("\n")
        );
        return;
    }
    let long = stylus_upgrades_test_support::long();
    let report = try_modules(0..if long { LONG_MODULES } else { MODULES });
    println!(
        "{} modules, {} accepted and {} unreadable, {} calls: {:?}",
        report.modules, report.accepted, report.unreadable, report.calls, report.ends
    );
    assert!(
        report.differences.is_empty(),
        "{} differences:\n{}",
        report.differences.len(),
        report
            .differences
            .iter()
            .take(20)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    // The generators must reach every kind of end.
    assert!(
        report.accepted * 10 > report.modules * 7,
        "too many are refused"
    );
    assert!(
        report.unreadable * 100 < report.modules,
        "the second engine reads too few"
    );
    for end in [
        "Success",
        "Revert",
        "OutOfInk",
        "OutOfStack",
        "trap_unreachable",
        "trap_memory_oob",
        "trap_div_by_zero",
        "trap_table_oob",
        "hostio_memory_oob",
    ] {
        assert!(report.ends.contains_key(end), "no call ended with {end}");
    }
    if long {
        record(&report);
    }
}

/// Writes the last result of the long run.
fn record(report: &Report) {
    let lock = include_str!("../../../../../Cargo.lock");
    let version = |name: &str| {
        let start = format!("name = \"{name}\"\nversion = \"");
        let rest = lock.split_once(&start).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let today = std::process::Command::new("date")
        .args(["-u", "+%F"])
        .output();
    let today = today.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let versions = ["wasmi", "tinywasm", "wasm-smith"].map(|name| (name, version(name)));
    let figures = serde_json::json!({
        "date": today.unwrap_or_default(),
        "versions": BTreeMap::from(versions),
        "modules": report.modules,
        "accepted": report.accepted,
        "unreadable": report.unreadable,
        "calls": report.calls,
        "ends": report.ends,
        "differences": report.differences.len(),
    });
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/snapshots/differential.json"
    );
    let text = serde_json::to_string_pretty(&figures).expect("plain figures") + "\n";
    std::fs::write(path, text).expect("the folder of snapshots is there");
}

#[test]
fn no_endless_random_loop_grows_the_native_stack() {
    /// Room for some thousand frames of an instruction that leaves one behind.
    const STACK: usize = 1 << 20;
    const LOOPS: u64 = 300;
    let mut out_of_ink = 0;
    for number in 0..LOOPS {
        let wasm = wat::parse_str(typed::endless(&mut Random::new(number))).expect("it assembles");
        let Ok(Pairing::Both(pair)) = Pairing::of(&wasm, &Rules::for_arbos(60)) else {
            continue;
        };
        let case = Case {
            calldata: vec![7; 32],
            ink: 150_000_000,
            words: 22_000,
            stylus_version: 3,
        };
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn(move || pair.first(&case).map(|seen| seen.end));
        let end = thread.expect("a thread").join().expect("no panic");
        out_of_ink += u64::from(end == Ok(End::OutOfInk));
    }
    assert!(out_of_ink * 2 > LOOPS, "{out_of_ink} of {LOOPS} ran long");
}

#[test]
fn the_comparison_notices_what_the_engine_gets_wrong() {
    let wasm = wat::parse_str(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            (select (i32.const 1) (local.get 0) (i32.eqz (local.get 0)))))"#,
    )
    .expect("the text assembles");
    let case = Case {
        calldata: Vec::new(),
        ink: 1_000_000,
        words: 22_000,
        stylus_version: 2,
    };
    let rules = Rules::for_arbos(51);
    let rewritten = Pairing::of(&wasm, &rules);
    let Ok(Pairing::Both(rewritten)) = rewritten else {
        panic!("both take the module")
    };
    assert_eq!(rewritten.call(&case), Ok(End::Revert));
    let unrewritten = Pair::unrewritten(&wasm, &rules).expect("both take it");
    let difference = unrewritten.call(&case).expect_err("wasmi 2.0.0 gives 0");
    assert!(difference.contains("own Success"), "{difference}");
    assert!(difference.contains("other Revert"), "{difference}");
}
