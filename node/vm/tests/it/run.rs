//! Runs that the measured vectors do not reach: the embedder's side, debug chains, version 3.

use crate::support::{Chain, active, context, debug, program, wasm};
use alloy_primitives::{B256, Bytes};
use stylus_vm::{
    Answer, CallContext, Event, Failure, OutcomeKind, Refusal, Reply, Request, Rules, Run,
};

const STORAGE: &str = r#"
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))"#;

/// Loads slot 0, adds one to its last byte, stores and flushes.
const COUNT: &str = "(call $load (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $store (i32.const 0) (i32.const 32)) (call $flush (i32.const 0)) (i32.const 0)";

#[test]
fn a_program_counts_in_storage() {
    let activated = active(&program(STORAGE, COUNT), &Rules::default()).unwrap();
    let mut chain = Chain::default();
    for count in 1..=3 {
        let outcome = chain.run(&activated, context());
        assert_eq!(outcome.kind, OutcomeKind::Success);
        assert_eq!(chain.storage[&B256::ZERO], B256::with_last_byte(count));
    }
}

#[test]
fn what_is_not_flushed_is_lost() {
    let body = "(call $store (i32.const 0) (i32.const 32)) (i32.const 0)";
    let activated = active(&program(STORAGE, body), &Rules::default()).unwrap();
    let mut chain = Chain::default();
    assert_eq!(chain.run(&activated, context()).kind, OutcomeKind::Success);
    assert!(chain.requests.is_empty());
}

#[test]
fn a_thousand_frames_wait_at_once() {
    let activated = active(&program(STORAGE, COUNT), &Rules::default()).unwrap();
    let mut chain = Chain::default();
    let mut parked: Vec<(Run, Request)> = (0..1_000)
        .map(|_| {
            let mut run = Run::start(&activated.program, context()).unwrap();
            match run.resume(None) {
                Event::Request(request) => (run, request),
                Event::Done(outcome) => panic!("expected a request, found {outcome:?}"),
            }
        })
        .collect();
    while let Some((mut run, request)) = parked.pop() {
        let mut event = run.resume(Some(chain.answer(request)));
        while let Event::Request(request) = event {
            event = run.resume(Some(chain.answer(request)));
        }
        assert!(matches!(event, Event::Done(outcome) if outcome.kind == OutcomeKind::Success));
    }
    assert_eq!(
        chain.storage[&B256::ZERO],
        B256::with_last_byte((1_000 % 256) as u8)
    );
}

#[test]
fn unexpected_answers_fail_the_frame() {
    let activated = active(&program(STORAGE, COUNT), &Rules::default()).unwrap();
    let mut run = Run::start(&activated.program, context()).unwrap();
    let early = Answer::new(0, Reply::Done);
    let Event::Done(outcome) = run.resume(Some(early)) else {
        panic!("expected the end")
    };
    assert_eq!(outcome.error, Some(Failure::OutOfOrder));

    let mut run = Run::start(&activated.program, context()).unwrap();
    assert!(matches!(
        run.resume(None),
        Event::Request(Request::GetBytes32 { .. })
    ));
    let Event::Done(outcome) = run.resume(Some(Answer::new(0, Reply::Done))) else {
        panic!("expected the end")
    };
    assert!(matches!(
        outcome.error,
        Some(Failure::WrongAnswer {
            expected: "Word",
            ..
        })
    ));
    assert_eq!(run.resume(None), Event::Done(outcome));
}

#[test]
fn a_refused_creation_fails_and_keeps_the_gas() {
    let imports = r#"(import "vm_hooks" "create1" (func $create (param i32 i32 i32 i32 i32)))"#;
    let body = "(call $create (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)
        (i32.const 96)) (i32.const 0)";
    let activated = active(&program(imports, body), &Rules::default()).unwrap();
    for refusal in [Refusal::OutOfGas, Refusal::WriteProtection] {
        let mut run = Run::start(&activated.program, context()).unwrap();
        assert!(matches!(
            run.resume(None),
            Event::Request(Request::Create { .. })
        ));
        let answer = Answer::new(9_000_000, Reply::Refused(refusal));
        let Event::Done(outcome) = run.resume(Some(answer)) else {
            panic!("expected the end")
        };
        assert_eq!(outcome.kind, OutcomeKind::Failure);
        assert!(outcome.gas_left > 9_990_000);
    }
}

#[test]
fn the_console_of_a_debug_chain_is_free() {
    let imports = r#"(import "console" "log_txt" (func $txt (param i32 i32)))
        (import "console" "tee_i64" (func $tee (param i64) (result i64)))
        (import "debug" "null_host" (func $null))"#;
    let body = r#"(i32.store (i32.const 0) (i32.const 0x6f6c6568))
        (call $txt (i32.const 0) (i32.const 4)) (call $null)
        (i32.wrap_i64 (i64.add (call $tee (i64.const -5)) (i64.const 5)))"#;
    let activated = active(&program(imports, body), &debug()).unwrap();
    let outcome = Chain::default().run(
        &activated,
        CallContext {
            trace: true,
            ..context()
        },
    );
    assert_eq!(outcome.kind, OutcomeKind::Success);
    assert_eq!(outcome.console, ["helo", "-5"]);
    assert!(
        outcome
            .trace
            .iter()
            .all(|row| row.ink_before == row.ink_after)
    );
}

#[test]
fn growth_beyond_16_bits_burns_everything_from_version_3_on() {
    let imports = r#"(import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))"#;
    let module = program(imports, "(call $pay (i32.const 65536)) (i32.const 0)");
    let old = active(&module, &Rules::for_arbos(51)).unwrap();
    assert_eq!(
        Chain::default().run(&old, context()).kind,
        OutcomeKind::Success
    );
    let new = active(&module, &Rules::for_arbos(59)).unwrap();
    assert_eq!(
        Chain::default().run(&new, context()).kind,
        OutcomeKind::OutOfInk
    );
}

#[test]
fn four_gibibytes_cannot_be_had_for_nothing() {
    let module = wasm(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
        (memory (export "memory") 0) (func (export "user_entrypoint") (param i32) (result i32)
        (i32.ne (memory.grow (i32.const 65536)) (i32.const -1))))"#,
    );
    for (version, expected) in [(51, OutcomeKind::Success), (61, OutcomeKind::OutOfInk)] {
        let activated = active(&module, &Rules::for_arbos(version)).unwrap();
        let outcome = Chain::default().run(&activated, context());
        assert_eq!(outcome.kind, expected, "ArbOS {version}");
    }
}

#[test]
fn calls_to_a_failed_contract_give_status_2_and_its_data() {
    let imports = r#"(import "vm_hooks" "call_contract"
            (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
        (import "vm_hooks" "read_return_data" (func $read (param i32 i32 i32) (result i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))"#;
    let body = "(call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i64.const -1) (i32.const 64)) (call $read (i32.const 128) (i32.const 0)
            (i32.load (i32.const 64))) drop (call $write (i32.const 128) (i32.const 3))";
    let activated = active(&program(imports, body), &Rules::default()).unwrap();
    let mut run = Run::start(&activated.program, context()).unwrap();
    let Event::Request(Request::Call(stylus_vm::CallRequest {
        gas_left,
        gas_requested,
        ..
    })) = run.resume(None)
    else {
        panic!("expected a call")
    };
    assert_eq!(gas_left, gas_requested);
    let reply = Reply::Called {
        success: false,
        data: Bytes::from_static(b"why"),
    };
    let Event::Done(outcome) = run.resume(Some(Answer::new(700, reply))) else {
        panic!("expected the end")
    };
    assert_eq!(outcome.kind, OutcomeKind::Revert);
    assert_eq!(outcome.output, Bytes::from_static(b"why"));
}

#[test]
fn the_largest_default_stack_budget_is_used_up_before_the_engines_own() {
    let module = program(
        "",
        "(call $deep (i32.const 0))) (func $deep (param i32) (result i32)
            (call $deep (local.get 0))",
    );
    let activated = active(&module, &Rules::default()).unwrap();
    for max_depth_words in [22_000, 262_144, u32::MAX] {
        let gas = 100_000_000;
        let outcome = Chain::default().run(
            &activated,
            CallContext {
                max_depth_words,
                gas,
                ..context()
            },
        );
        assert_eq!(
            outcome.kind,
            OutcomeKind::OutOfStack,
            "{max_depth_words} words"
        );
        assert_eq!(outcome.gas_left, 0);
    }
}

#[test]
fn functions_of_the_context_cost_their_base_and_return_it() {
    const NAMES: [(&str, bool); 14] = [
        ("block_basefee", true),
        ("block_coinbase", true),
        ("contract_address", true),
        ("msg_sender", true),
        ("msg_value", true),
        ("tx_gas_price", true),
        ("tx_origin", true),
        ("chainid", false),
        ("block_gas_limit", false),
        ("block_number", false),
        ("block_timestamp", false),
        ("msg_reentrant", false),
        ("tx_ink_price", false),
        ("return_data_size", false),
    ];
    let narrow = ["msg_reentrant", "tx_ink_price", "return_data_size"];
    let mut imports = String::new();
    let mut body = String::new();
    for (name, points) in NAMES {
        let ty = match (points, narrow.contains(&name)) {
            (true, _) => "(param i32)",
            (false, true) => "(result i32)",
            (false, false) => "(result i64)",
        };
        imports.push_str(&format!(
            r#"(import "vm_hooks" "{name}" (func ${name} {ty}))"#
        ));
        body.push_str(&match points {
            true => format!("(call ${name} (i32.const 0))"),
            false => format!("(drop (call ${name}))"),
        });
    }
    let activated = active(
        &program(&imports, &format!("{body} (i32.const 0)")),
        &Rules::default(),
    );
    let address = alloy_primitives::Address::repeat_byte;
    let number = alloy_primitives::U256::from::<u64>;
    let outcome = Chain::default().run(
        &activated.unwrap(),
        CallContext {
            block_basefee: number(1),
            block_coinbase: address(2),
            contract_address: address(3),
            msg_sender: address(4),
            msg_value: number(5),
            tx_gas_price: number(6),
            tx_origin: address(7),
            chain_id: 8,
            block_gas_limit: 9,
            block_number: 10,
            block_timestamp: 11,
            reentrant: true,
            trace: true,
            ..context()
        },
    );
    let word = |last: u8| B256::with_last_byte(last).to_vec();
    let eight = |last: u64| last.to_be_bytes().to_vec();
    let expected = [
        word(1),
        vec![2; 20],
        vec![3; 20],
        vec![4; 20],
        word(5),
        word(6),
        vec![7; 20],
        eight(8),
        eight(9),
        eight(10),
        eight(11),
        vec![0, 0, 0, 1],
        10_000u32.to_be_bytes().to_vec(),
        vec![0; 4],
    ];
    assert_eq!(outcome.trace.len(), NAMES.len());
    for ((record, (name, points)), outs) in outcome.trace.iter().zip(NAMES).zip(expected) {
        let base = if points { 8_400 + 5_040 } else { 8_400 };
        assert_eq!(record.name, name);
        assert_eq!(record.ink_before - record.ink_after, base, "{name}");
        assert_eq!(record.outs, Bytes::from(outs), "{name}");
    }
}

#[test]
fn the_default_rules_are_those_of_the_default_chain() {
    assert_eq!(Rules::default(), Rules::for_arbos(61));
    assert_eq!(Rules::default().stylus_version, 3);
}

/// Adds up numbers until it has done so as often as its argument says.
fn counting(times: u32, between: &str) -> Vec<u8> {
    let body = format!(
        "(local $left i32) (local.set $left (i32.const {times}))
        (loop $again {between}
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (i32.const 0)"
    );
    program(STORAGE, &body)
}

#[test]
fn what_a_program_uses_between_two_requests_can_be_bounded_and_changes_nothing_else() {
    const RATION: u64 = 1_000_000;
    let ended = |module: &[u8], gas: u64, ration: Option<u64>| {
        let activated = active(module, &Rules::default()).expect("it activates");
        let context = CallContext { gas, ..context() };
        let mut run = Run::start(&activated.program, context).expect("it starts");
        if let Some(ration) = ration {
            run.ration(ration);
        }
        let mut answer = None;
        loop {
            match run.resume(answer.take()) {
                Event::Done(outcome) => return outcome,
                Event::Request(_) => answer = Some(Answer::new(100, Reply::Word(B256::ZERO))),
            }
        }
    };
    let long = counting(1_000_000, "");
    assert_eq!(ended(&long, 1 << 40, None).kind, OutcomeKind::Success);
    let stopped = ended(&long, 1 << 40, Some(RATION));
    assert_eq!(stopped.kind, OutcomeKind::TooLong);
    // One that has less ink than that runs out of it.
    let poor = ended(&long, 50, Some(RATION));
    assert_eq!(poor.kind, OutcomeKind::OutOfInk);
    // One that asks the chain meanwhile ends as it does without the bound.
    let asking = counting(
        1_000,
        "(i32.store (i32.const 0) (local.get $left)) (call $load (i32.const 0) (i32.const 32))",
    );
    let free = ended(&asking, 1 << 40, None);
    assert_eq!(free.kind, OutcomeKind::Success);
    assert!((1 << 40) - free.gas_left > RATION / 10_000);
    assert_eq!(ended(&asking, 1 << 40, Some(RATION)), free);
}
