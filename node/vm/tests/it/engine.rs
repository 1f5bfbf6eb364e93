//! What the engine got wrong, and what happens when it fails.

use crate::support::{Chain, active, context, program, wasm};
use stylus_vm::{CallContext, Failure, OutcomeKind, Rules, inspect};

/// Runs `work` on a thread with little native stack.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work);
    thread
        .expect("a thread")
        .join()
        .expect("the work does not panic");
}

/// A module whose entry point repeats `body` until ink runs out.
fn forever(memory: &str, body: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
            (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
            (memory (export "memory") {memory}) (table 2 2 funcref) (elem (i32.const 0) $double)
            (type $t (func (param i32) (result i32))) (global $g (mut i32) (i32.const 0))
            (func $double (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
            (func (export "user_entrypoint") (param i32) (result i32)
                (loop $again {body} (br $again)) (i32.const 0)))"#
    ))
}

#[test]
fn no_loop_of_operators_grows_the_native_stack() {
    const BODIES: [(&str, &str); 14] = [
        ("1", "(drop (memory.grow (i32.const 65536)))"),
        ("1 1", "(drop (memory.grow (i32.const 1)))"),
        ("1 1", "(drop (memory.grow (i32.const -1)))"),
        ("1 2", "(drop (memory.grow (local.get 0)))"),
        ("1 2", "(drop (memory.grow (i32.const 0)))"),
        ("1 2", "(drop (memory.grow (i32.const 7)))"),
        (
            "1 1",
            "(memory.fill (i32.const 0) (i32.const 1) (i32.const 9))",
        ),
        (
            "1 1",
            "(memory.copy (i32.const 0) (i32.const 1) (i32.const 9))",
        ),
        ("1 1", "(drop (call $double (memory.size)))"),
        (
            "1 1",
            "(drop (call_indirect (type $t) (local.get 0) (i32.const 0)))",
        ),
        ("1 1", "(drop (call $reentrant))"),
        (
            "1 1",
            "(if (local.get 0) (then (global.set $g (i32.const 1))) (else (nop)))",
        ),
        (
            "1 1",
            "(block $a (block $b (br_table $a $b (global.get $g))))",
        ),
        (
            "1 1",
            "(i64.store (i32.const 8) (i64.div_u (i64.load (i32.const 8)) (i64.const 3)))",
        ),
    ];
    for (memory, body) in BODIES {
        let activated = active(&forever(memory, body), &Rules::default()).expect("it activates");
        on_a_small_stack(move || {
            let gas = 600_000;
            let outcome = Chain::default().run(&activated, CallContext { gas, ..context() });
            assert_eq!(outcome.kind, OutcomeKind::OutOfInk, "{body}");
        });
    }
}

#[test]
fn growth_gives_the_old_size_or_minus_one() {
    let module = wasm(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))
        (memory (export "memory") 1 5) (func (export "user_entrypoint") (param i32) (result i32)
        (i32.store (i32.const 0) (memory.grow (i32.const 5)))
        (i32.store (i32.const 4) (memory.grow (i32.const 3)))
        (i32.store (i32.const 8) (memory.grow (i32.const 2)))
        (i32.store (i32.const 12) (memory.grow (local.get 0)))
        (i32.store (i32.const 16) (memory.grow (i32.const 1)))
        (i32.store (i32.const 20) (memory.grow (i32.const 1)))
        (i32.store (i32.const 24) (memory.size))
        (call $write (i32.const 0) (i32.const 28)) (i32.const 0)))"#,
    );
    let activated = active(&module, &Rules::default()).expect("it activates");
    let outcome = Chain::default().run(&activated, context());
    assert_eq!(outcome.kind, OutcomeKind::Success);
    let words: Vec<i32> = outcome
        .output
        .chunks_exact(4)
        .map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    assert_eq!(words, [-1, 1, -1, 4, 4, -1, 5]);
}

#[test]
fn select_after_a_test_for_zero_takes_the_right_value() {
    // Every way to write a test for zero that the translator may fold into the one before it.
    // With each, whether it holds for zero or for everything else.
    const TESTS: [(&str, bool); 16] = [
        ("(i32.eqz X)", true),
        ("(i32.eq X (i32.const 0))", true),
        ("(i32.eq (i32.const 0) X)", true),
        ("(i32.ne X (i32.const 0))", false),
        ("(i32.ne (i32.const 0) X)", false),
        ("(i32.eqz (i32.eqz X))", false),
        ("(i32.ne (i32.eqz X) (i32.const 0))", true),
        ("(i32.eq (i32.ne X (i32.const 0)) (i32.const 0))", true),
        ("(i32.or (i32.eqz X) (i32.const 0))", true),
        ("(i32.and (i32.eqz X) (i32.const -1))", true),
        ("(i32.shl (i32.eqz X) (i32.const 32))", true),
        ("(i64.eqz (i64.extend_i32_u (i32.eqz X)))", false),
        (
            "(i64.ne (i64.extend_i32_u (i32.eqz X)) (i64.const 0))",
            true,
        ),
        ("(i64.eqz (i64.extend_i32_u X))", true),
        ("(block (result i32) (i32.eqz X))", true),
        ("(i32.eq X (global.get $zero))", true),
    ];
    let sources = [
        "(local.get 0)",
        "(local.tee 1 (local.get 0))",
        "(call $same (local.get 0))",
        "(global.get $g)",
        "(i32.load (i32.const 0))",
        "(i32.add (local.get 0) (i32.const 0))",
    ];
    for (test, of_zero) in TESTS {
        for source in sources {
            let condition = test.replace('X', source);
            let module = wasm(&format!(
                r#"(module (memory (export "memory") 1 1) (global $zero i32 (i32.const 0))
                (global $g (mut i32) (i32.const 0))
                (func $same (param i32) (result i32) (local.get 0))
                (func (export "user_entrypoint") (param i32) (result i32) (local i32)
                    (global.set $g (local.get 0)) (i32.store (i32.const 0) (local.get 0))
                    (select (i32.const 0) (i32.const 1) {condition})))"#
            ));
            let activated = active(&module, &Rules::default()).expect("it activates");
            for argument in [0, 1, 2, 64] {
                let calldata = vec![0; argument as usize].into();
                let context = CallContext {
                    calldata,
                    ..context()
                };
                let outcome = Chain::default().run(&activated, context);
                let kind = match (argument == 0) == of_zero {
                    true => OutcomeKind::Success,
                    false => OutcomeKind::Revert,
                };
                assert_eq!(outcome.kind, kind, "{condition} of {argument}");
            }
        }
    }
}

#[test]
fn a_panic_in_a_host_function_ends_the_frame_only() {
    let imports = r#"(import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))"#;
    let module = program(imports, "(call $reentrant)");
    let activated = active(&module, &Rules::default()).expect("it activates");
    let mut chain = Chain::default();
    assert_eq!(chain.run(&activated, context()).kind, OutcomeKind::Success);

    inspect::panic_in("msg_reentrant");
    let outcome = chain.run(&activated, context());
    assert_eq!(outcome.kind, OutcomeKind::Failure);
    assert_eq!((outcome.gas_left, outcome.ink_left), (0, 0));
    assert!(outcome.output.is_empty());
    assert_eq!(
        outcome.error,
        Some(Failure::Internal(
            "a test asked for a panic in msg_reentrant".into()
        ))
    );
    assert_eq!(chain.run(&activated, context()).kind, OutcomeKind::Success);
}
