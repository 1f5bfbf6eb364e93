//! How often basic blocks run.

use alloy_primitives::Bytes;

use crate::support::{Chain, active, context, program};
use stylus_vm::{Activated, BasicBlock, CallContext, OutcomeKind, Rules, activate_counting};

fn counting(wasm: &[u8]) -> Activated {
    activate_counting(wasm, &Rules::default(), &mut { u64::MAX }).expect("it activates")
}

/// The operator at which a block begins, and how often it ran.
fn runs(wasm: &[u8], blocks: &[BasicBlock]) -> Vec<(String, u64)> {
    let begin = |block: &BasicBlock| {
        let at = usize::try_from(block.offset).expect("small");
        let reader = wasmparser::BinaryReader::new(&wasm[at..], 0);
        let op = wasmparser::OperatorsReader::new(reader).read();
        format!("{:?}", op.expect("an operator"))
    };
    let each = blocks.iter();
    let named = each.map(|block| {
        let text = begin(block);
        let name = text.split([' ', '{']).next().unwrap_or_default();
        (name.to_owned(), block.runs)
    });
    named.collect()
}

#[test]
fn every_block_is_counted_where_it_begins() {
    let wasm = program(
        r#"(import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
           (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))"#,
        "(local $n i32)
         (loop $again
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (drop (call $twice (local.get $n)))
            (br_if $again (i32.lt_u (local.get $n) (local.get $len))))
         (if (i32.eqz (local.get $len)) (then (unreachable)) (else (nop)))
         (i32.const 0)",
    );
    let activated = counting(&wasm);
    let calldata = Bytes::from_static(&[0; 3]);
    let once = CallContext {
        calldata,
        ..context()
    };
    let outcome = Chain::default().run(&activated, once);
    let expected = [
        ("LocalGet", 3), // $twice
        ("Loop", 1),
        ("LocalGet", 3),
        ("Drop", 3),
        ("End", 1),
        ("LocalGet", 1),
        ("Unreachable", 0),
        ("Nop", 1),
        ("I32Const", 1),
    ];
    let expected = expected.map(|(name, runs)| (name.to_owned(), runs));
    assert_eq!(runs(&wasm, &outcome.blocks), expected);
    // The import is function 0.
    let functions: Vec<_> = outcome.blocks.iter().map(|block| block.function).collect();
    assert_eq!(functions, [1, 2, 2, 2, 2, 2, 2, 2, 2]);

    // A trap in the middle of a frame leaves the counts of what ran, and a block that was not paid for none.
    let outcome = Chain::default().run(&activated, context());
    assert_eq!(outcome.kind, OutcomeKind::Failure);
    let counts: Vec<_> = outcome.blocks.iter().map(|block| block.runs).collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 1, 1, 0, 0]);
    let poor = CallContext {
        start_ink: Some(3_000),
        ..context()
    };
    let outcome = Chain::default().run(&activated, poor);
    assert_eq!(outcome.kind, OutcomeKind::OutOfInk);
    let counts: Vec<_> = outcome.blocks.iter().map(|block| block.runs).collect();
    assert_eq!(counts, [0, 1, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn nothing_is_counted_unless_somebody_asks() {
    let wasm = program("", "(i32.const 0)");
    let plain = active(&wasm, &Rules::default()).expect("it activates");
    assert!(!plain.program.is_counting() && counting(&wasm).program.is_counting());
    let outcome = Chain::default().run(&plain, context());
    assert!(outcome.blocks.is_empty());
}
