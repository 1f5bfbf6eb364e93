//! What it costs to rewrite operators for the engine: the same programs, metered alike, once
//! rewritten and once as they are, in alternation, best of all rounds.
//!
//! `cargo bench -p stylus-upgrades-vm --features inspect --bench speed -- [MODULE.wasm ...]`
//! measures activation and compilation of the modules besides.

use std::time::{Duration, Instant};

use stylus_vm::{
    Activated, Answer, CallContext, Event, OutcomeKind, Reply, Rules, Run, activate, inspect,
};

const ROUNDS: usize = 15;
/// Name, memory and body of a loop of two million rounds.
const LOOPS: [(&str, &str); 6] = [
    (
        "arithmetic",
        "(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 31)) (local.get $n)))",
    ),
    (
        "select by x == 0",
        "(local.set $a (select (local.get $n) (local.get $a) (i32.eqz (i32.and (local.get $n) (i32.const 3)))))",
    ),
    (
        "select by x < y",
        "(local.set $a (select (local.get $n) (local.get $a) (i32.lt_u (local.get $a) (local.get $n))))",
    ),
    (
        "select by x == y",
        "(local.set $a (select (local.get $n) (local.get $a) (i32.eq (local.get $a) (local.get $n))))",
    ),
    (
        "select by x & y",
        "(local.set $a (select (local.get $n) (local.get $a) (i32.and (local.get $a) (local.get $n))))",
    ),
    (
        "memory.size, if, store",
        "(if (i32.eqz (local.get $n)) (then (nop)) (else (i32.store (i32.const 8) (local.get $a))))",
    ),
];

fn program(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (local $a i32) (local $n i32)
            (loop $again {body}
                (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                    (i32.const 2000000))))
            (i32.const 0)))"#
    );
    wat::parse_str(text).expect("the text assembles")
}

fn run(activated: &Activated) -> Duration {
    let context = CallContext {
        start_ink: Some(u64::MAX),
        ink_price: 10_000,
        max_depth_words: 22_000,
        arbos_version: 61,
        ..CallContext::default()
    };
    let start = Instant::now();
    let mut run = Run::start(&activated.program, context).expect("it starts");
    let mut answer = None;
    let outcome = loop {
        match run.resume(answer.take()) {
            Event::Request(_) => answer = Some(Answer::new(0, Reply::Done)),
            Event::Done(outcome) => break outcome,
        }
    };
    let took = start.elapsed();
    assert_eq!(outcome.kind, OutcomeKind::Success);
    took
}

fn main() {
    println!(
        "{:<24} {:>12} {:>12} {:>8}",
        "2,000,000 rounds", "unrewritten", "rewritten", "ratio"
    );
    for (name, body) in LOOPS {
        let wasm = program(body);
        let rules = Rules::default();
        let rewritten = activate(&wasm, &rules, &mut { u64::MAX }).expect("it activates");
        let plain = inspect::activate_unrewritten(&wasm, &rules).expect("it activates");
        let (mut with, mut without) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            without = without.min(run(&plain));
            with = with.min(run(&rewritten));
        }
        let ratio = with.as_secs_f64() / without.as_secs_f64();
        println!("{name:<24} {without:>12.2?} {with:>12.2?} {ratio:>8.3}");
    }
    for path in std::env::args().skip(1).filter(|word| word != "--bench") {
        let wasm = std::fs::read(&path).expect("a readable module");
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            activate(&wasm, &Rules::for_arbos(60), &mut { u64::MAX }).expect("it activates");
            best = best.min(start.elapsed());
        }
        println!(
            "{path}: {} bytes, activation and compilation {best:.2?}",
            wasm.len()
        );
    }
}
