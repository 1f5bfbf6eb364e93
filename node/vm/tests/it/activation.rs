//! Rules that the measured vectors do not reach: debug chains, Stylus version 3, limits.

use crate::support::{active, debug, program, wasm};
use stylus_vm::{Rule, Rules};

const START: &str = r#"(module (memory (export "memory") 1 1) (func $start) (start $start)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

fn broken(text: &str, rules: &Rules) -> Rule {
    active(&wasm(text), rules)
        .expect_err("the module breaks a rule")
        .rule
}

#[test]
fn what_only_debug_chains_accept_is_refused_elsewhere() {
    let console = r#"(import "console" "log_i32" (func (param i32)))"#;
    let host = r#"(import "debug" "null_host" (func))"#;
    for (module, rule) in [
        (wasm(START), Rule::StartFunction),
        (program(console, "(i32.const 0)"), Rule::ImportDebugOnly),
        (program(host, "(i32.const 0)"), Rule::ImportUnknown),
    ] {
        let refused = active(&module, &Rules::default()).map_err(|error| error.rule);
        assert_eq!(refused.err(), Some(rule));
        assert!(active(&module, &debug()).is_ok(), "{rule:?}");
    }
}

#[test]
fn a_name_section_may_come_in_any_order_but_must_be_readable() {
    let named = |names: &[u8]| {
        let mut module = program("", "(i32.const 0)");
        let len = u8::try_from(names.len() + 5).expect("a short section");
        module.extend_from_slice(&[0, len]);
        module.extend_from_slice(b"\x04name");
        module.extend_from_slice(names);
        active(&module, &Rules::default()).map_err(|error| error.rule)
    };
    let accepted: [&[u8]; 6] = [
        // Functions 1 and 0, in this order.
        &[1, 7, 2, 1, 1, b'b', 0, 1, b'a'],
        // Function 0 twice.
        &[1, 7, 2, 0, 1, b'b', 0, 1, b'a'],
        // Functions, then the module.
        &[1, 4, 1, 0, 1, b'a', 0, 2, 1, b'm'],
        // The module twice.
        &[0, 2, 1, b'm', 0, 2, 1, b'n'],
        // Unread subsections: fields and an id that does not exist.
        &[10, 0, 0x7f, 1, 0xff],
        &[],
    ];
    for names in accepted {
        assert!(named(names).is_ok(), "{names:?}");
    }
    let refused: [&[u8]; 4] = [
        // No UTF-8.
        &[0, 2, 1, 0xff],
        // A name that is cut off.
        &[1, 4, 1, 0, 2, b'a'],
        // Locals without a count.
        &[2, 0],
        // An id of eight bits.
        &[0x80, 0],
    ];
    for names in refused {
        assert_eq!(named(names).err(), Some(Rule::Validation), "{names:?}");
    }
}

#[test]
fn multi_value_ends_with_stylus_version_3() {
    let module = program(
        "",
        "(block (result i32 i32) (i32.const 1) (i32.const 2)) drop",
    );
    assert!(active(&module, &Rules::for_arbos(51)).is_ok());
    let error = active(&module, &Rules::for_arbos(59)).expect_err("version 3 has no multi-value");
    assert_eq!(error.rule, Rule::Validation);
}

#[test]
fn an_error_says_rule_position_expected_and_found() {
    let module = program(
        r#"(import "vm_hooks" "frobnicate" (func))"#,
        "(i32.const 0)",
    );
    let error = active(&module, &Rules::default()).expect_err("no such host function");
    assert_eq!(
        error.to_string(),
        "the module breaks the rule `ImportUnknown` at import vm_hooks.frobnicate: \
         expected a host function of the module vm_hooks, found no such host function"
    );
}

#[test]
fn reserved_imports_are_refused() {
    let text = r#"(module (import "vm_hooks" "stylus_x" (func)) (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    assert_eq!(broken(text, &Rules::default()), Rule::ImportReserved);
    // In the words of the original.
    let error = stylus_vm::activate(&wasm(text), &Rules::default(), &mut { u64::MAX });
    let words = error.expect_err("it is refused").to_string();
    assert!(
        words.contains("binary imports reserved symbol stylus_x"),
        "{words}"
    );
}

#[test]
fn segments_must_fit() {
    let data = r#"(module (memory (export "memory") 1 1) (data (i32.const 65535) "ab")
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    assert_eq!(broken(data, &Rules::default()), Rule::DataBounds);
    let negative = r#"(module (memory (export "memory") 1 1) (data (i32.const -1) "a")
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    assert_eq!(broken(negative, &Rules::default()), Rule::DataBounds);
    let table = r#"(module (memory (export "memory") 1 1) (table 1 funcref)
        (elem (i32.const 1) $main) (func $main (export "user_entrypoint") (param i32) (result i32)
        (i32.const 0)))"#;
    assert_eq!(broken(table, &Rules::default()), Rule::ElementBounds);
}

#[test]
fn a_segment_refused_late_has_paid_already() {
    let text = r#"(module (memory (export "memory") 1 1) (data (i32.const 65536) "a")
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
    let mut gas = 1_000_000;
    stylus_vm::activate(&wasm(text), &Rules::default(), &mut gas).expect_err("out of bounds");
    assert!(gas < 1_000_000 - 62_000);
}

#[test]
fn frames_and_globals_have_limits() {
    let globals = "(global i32 (i32.const 0))".repeat(32_765);
    let text = format!(
        r#"(module (memory (export "memory") 1 1) {globals}
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#
    );
    let module = wasm(&text);
    let rules = Rules {
        max_wasm_size: 1 << 20,
        ..Rules::default()
    };
    let error = active(&module, &rules).expect_err("too many globals");
    assert!(
        matches!(error.rule, Rule::Globals | Rule::InitCost),
        "{error}"
    );
    assert_eq!(
        active(&module, &Rules::for_arbos(51))
            .expect_err("too large")
            .rule,
        Rule::WasmSize
    );

    let locals = "i32 ".repeat(10_240);
    let frame = format!(
        r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (local {locals}) (i32.const 0)))"#
    );
    assert_eq!(broken(&frame, &Rules::default()), Rule::Frame);
}

#[test]
fn data_that_makes_a_cached_start_too_expensive_is_refused() {
    let text = format!(
        r#"(module (memory (export "memory") 2 2) (data (i32.const 0) "{}")
        (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#,
        "x".repeat(90_000)
    );
    assert_eq!(broken(&text, &Rules::default()), Rule::InitCost);
}

#[test]
fn a_table_index_of_two_bytes_is_refused() {
    let mut module = wasm(
        r#"(module (type $t (func)) (memory (export "memory") 1 1) (table 1 1 funcref)
        (func (export "user_entrypoint") (param i32) (result i32)
            (call_indirect (type $t) (i32.const 0)) (i32.const 0)))"#,
    );
    assert!(active(&module, &Rules::default()).is_ok());
    // Section size, one body, body size, no locals, i32.const 0, call_indirect 0 0.
    let code = module
        .windows(5)
        .position(|bytes| bytes == [0x00, 0x41, 0x00, 0x11, 0x00])
        .expect("the body");
    module.splice(code + 5..code + 6, [0x80, 0x00]);
    module[code - 1] += 1;
    module[code - 3] += 1;
    let error = active(&module, &Rules::default()).expect_err("an overlong table index");
    assert_eq!(error.rule, Rule::Validation);
    assert_eq!(error.found, "zero byte expected");
    let words = "stylus-upgrades deploy, cargo stylus or wasm-opt encode the module again";
    assert!(error.expected.contains(words), "{error}");
}
