//! Whatever the bytes, nothing panics and nothing hangs.

use crate::support::{Chain, context, wasm};
use proptest::prelude::*;
use stylus_vm::{CallContext, Rules, activate, compress, decompress};

const SEEDS: &[&str] = &[
    r#"(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
        (import "vm_hooks" "read_args" (func $args (param i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "user_entrypoint") (param $len i32) (result i32) (local i64 i32)
            (call $args (i32.const 8)) (drop (memory.grow (i32.const 1)))
            (memory.fill (i32.const 0) (i32.const 3) (i32.const 9))
            (loop $l (local.set 2 (i32.add (local.get 2) (i32.const 1)))
                (br_if $l (i32.lt_u (local.get 2) (local.get $len))))
            (call $write (i32.const 8) (local.get $len)) (i32.const 0)))"#,
    r#"(module (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
        (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
        (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
        (type $t (func (param i32) (result i32)))
        (memory (export "memory") 1 1) (table 3 3 funcref) (elem (i32.const 0) $a $b)
        (global $g (mut i64) (i64.const 77)) (data (i32.const 16) "some bytes")
        (func $a (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 1)) (else (call $a (i32.sub (local.get 0) (i32.const 1))))))
        (func $b (param i32) (result i32) (block (block (block
            (br_table 0 1 2 (local.get 0))) (return (i32.const 4))) (unreachable))
            (i32.div_s (i32.const 5) (local.get 0)))
        (func (export "user_entrypoint") (param $len i32) (result i32)
            (call $load (i32.const 0) (i32.const 32)) (call $store (i32.const 0) (i32.const 16))
            (call $flush (i32.const 1)) (global.set $g (i64.popcnt (global.get $g)))
            (call_indirect (type $t) (local.get $len) (i32.const 0))))"#,
];

fn rules() -> impl Strategy<Value = Rules> {
    (
        prop::sample::select(vec![(30, 1), (31, 2), (32, 2), (51, 2), (59, 3)]),
        any::<bool>(),
    )
        .prop_map(|((arbos_version, stylus_version), debug)| Rules {
            arbos_version,
            stylus_version,
            debug,
            ..Rules::default()
        })
}

/// Activates and, if that works, runs with a little gas.
fn try_everything(module: &[u8], rules: &Rules, calldata: &[u8]) {
    let mut gas = 10_000_000;
    let Ok(activated) = activate(module, rules, &mut gas) else {
        return;
    };
    let context = CallContext {
        gas: 20_000,
        calldata: calldata.to_vec().into(),
        arbos_version: rules.arbos_version,
        ..context()
    };
    let outcome = Chain::default().run(&activated, context);
    assert!(outcome.gas_left <= 20_000);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), rules in rules()) {
        try_everything(&bytes, &rules, &[]);
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend_from_slice(&bytes);
        try_everything(&module, &rules, &[]);
    }

    #[test]
    fn damaged_modules_never_panic(
        seed in 0..SEEDS.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        calldata in prop::collection::vec(any::<u8>(), 0..40),
        rules in rules(),
    ) {
        let mut module = wasm(SEEDS[seed]);
        for (position, byte) in damage {
            let position = position.index(module.len());
            module[position] = byte;
        }
        try_everything(&module, &rules, &calldata);
    }

    #[test]
    fn arbitrary_code_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), max in 0..70_000usize) {
        let mut code = vec![0xef, 0xf0, 0x00, 0x00];
        code.extend_from_slice(&bytes);
        if let Ok(module) = decompress(&code, max) {
            prop_assert!(module.len() <= max);
        }
        let _ = decompress(&bytes, max);
    }

    #[test]
    fn damaged_code_never_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut code = compress(&bytes).expect("anything can be compressed");
        prop_assert_eq!(&decompress(&code, bytes.len()).expect("it comes back"), &bytes);
        let position = position.index(code.len());
        code[position] = byte;
        let _ = decompress(&code, 10_000);
    }
}

#[test]
fn deep_nesting_is_checked_without_a_crash() {
    for open in ["block", "loop", "i32.const 0 if"] {
        let depth = 30_000;
        let text = format!(
            r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) {} {} i32.const 0))"#,
            format!("{open} ").repeat(depth),
            "end ".repeat(depth),
        );
        try_everything(&wasm(&text), &Rules::default(), &[]);
    }
}

#[test]
fn many_functions_with_the_most_locals_are_checked_quickly() {
    let locals = "i64 ".repeat(40_000);
    let text = format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
        {})"#,
        format!("(func (local {locals}))").repeat(40)
    );
    try_everything(&wasm(&text), &Rules::default(), &[]);
}

#[test]
fn every_module_of_the_corpus_is_checked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let mut modules = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|end| end == "wat") {
            let module = wasm(&std::fs::read_to_string(&path).expect("text"));
            for (arbos_version, stylus_version) in [(30, 1), (31, 2), (51, 2), (59, 3)] {
                let rules = Rules {
                    arbos_version,
                    stylus_version,
                    ..Rules::default()
                };
                try_everything(&module, &rules, &[0xff; 33]);
            }
            modules += 1;
        }
    }
    assert!(modules >= 3);
}
