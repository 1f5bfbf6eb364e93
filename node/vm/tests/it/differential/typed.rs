//! Modules by a generator of our own, which builds typed expressions and leans towards what
//! engines fold together: comparisons with constants, `select`, branches, variables, memory.

use std::fmt::Write as _;

use super::random::Random;

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    I32,
    I64,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
        }
    }
}

/// Helper functions besides the entry point, all of one type.
pub(crate) const HELPERS: usize = 3;
/// Locals of each type; the last i32 counts loops.
pub(crate) const LOCALS: usize = 4;
pub(crate) const GLOBALS: usize = 3;
/// Where the locals are written at the end.
const DUMP: usize = 256;
const MEMORIES: [&str; 4] = ["1 1", "1", "1 3", "2 5"];

const CONSTANTS: [&str; 14] = [
    "0", "0", "0", "1", "1", "-1", "-1", "2", "7", "31", "32", "64", "255", "65535",
];

/// The text of a module.
pub(crate) fn module(random: &mut Random) -> String {
    Generator {
        random,
        labels: 0,
        callable: 0,
    }
    .module(false)
}

/// The same, but the entry point repeats its statements until something ends it.
pub(crate) fn endless(random: &mut Random) -> String {
    Generator {
        random,
        labels: 0,
        callable: 0,
    }
    .module(true)
}

pub(crate) struct Generator<'r> {
    pub(crate) random: &'r mut Random,
    /// Labels around the statement that is being written; none of them takes a value.
    labels: usize,
    /// Helpers before the function that is being written; it seldom calls others.
    pub(crate) callable: usize,
}

impl Generator<'_> {
    fn module(&mut self, endless: bool) -> String {
        let memory = self.random.pick(&MEMORIES);
        let mut text = format!(
            r#"(module
(import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
(import "vm_hooks" "read_args" (func $read_args (param i32)))
(import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
(import "vm_hooks" "exit_early" (func $exit_early (param i32)))
(import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
(type $helper (func (param i32 i64) (result i32)))
(memory (export "memory") {memory}) (table 5 5 funcref) (elem (i32.const 0) $f0 $f1 $f2)
(global $zero i32 (i32.const 0)) (global $one i64 (i64.const 1))
"#
        );
        for index in 0..GLOBALS {
            let (narrow, wide) = (self.constant(Type::I32), self.constant(Type::I64));
            let _ = writeln!(text, "(global $gi32_{index} (mut i32) {narrow})");
            let _ = writeln!(text, "(global $gi64_{index} (mut i64) {wide})");
        }
        for index in 0..HELPERS {
            self.callable = index;
            let body = self.body(3);
            let result = self.expression(Type::I32, 4);
            let _ = writeln!(
                text,
                "(func $f{index} (type $helper) {}\n(local.set $i32_0 (local.get 0)) \
                 (local.set $i64_0 (local.get 1))\n{body}{result})",
                locals()
            );
        }
        self.callable = HELPERS;
        let mut body = self.body(8);
        if endless {
            body = format!("(loop $forever {body} (br_if $forever (i32.const 1)))");
        }
        let status = self.expression(Type::I32, 4);
        let _ = writeln!(
            text,
            "(func (export \"user_entrypoint\") (param i32) (result i32) {}\n\
             (call $read_args (i32.const 0))\n\
             (local.set $i32_0 (i32.load (i32.const 0))) (local.set $i64_0 (i64.load (i32.const 8)))\n\
             (local.set $i32_1 (i32.load8_u (i32.const 3))) (local.set $i64_1 (i64.load8_s (i32.const 5)))\n\
             (global.set $gi32_0 (i32.load (i32.const 20))) (global.set $gi64_0 (i64.load (i32.const 9)))\n\
             {body}{}(i32.and {status} (i32.const 1)))\n)",
            locals(),
            dump()
        );
        text
    }

    fn body(&mut self, statements: usize) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.random.below(statements) {
            let statement = self.statement(3);
            let _ = writeln!(text, "{statement}");
        }
        text
    }

    pub(crate) fn either(&mut self) -> Type {
        match self.random.once_in(2) {
            true => Type::I32,
            false => Type::I64,
        }
    }

    pub(crate) fn constant(&mut self, ty: Type) -> String {
        let value = match self.random.once_in(5) {
            true => (self.random.bits() as i32).to_string(),
            false => self.random.pick(&CONSTANTS).to_owned(),
        };
        format!("({}.const {value})", ty.name())
    }

    /// An address near the start of the memory, seldom beyond its end.
    pub(crate) fn address(&mut self, depth: usize) -> String {
        let inner = self.expression(Type::I32, depth);
        match self.random.below(80) {
            0 => inner,
            1 => format!("(i32.const {})", self.random.below(70_000)),
            _ => format!("(i32.and {inner} (i32.const 1023))"),
        }
    }

    fn statement(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.simple_statement(2);
        }
        match self.random.below(12) {
            0..=4 => self.simple_statement(depth + 1),
            5 => {
                let condition = self.expression(Type::I32, depth);
                self.labels += 1;
                let (then, otherwise) = (self.statement(depth - 1), self.statement(depth - 1));
                self.labels -= 1;
                format!("(if {condition} (then {then}) (else {otherwise}))")
            }
            6 | 7 => {
                self.labels += 1;
                let mut inner = self.statement(depth - 1);
                let condition = self.expression(Type::I32, depth);
                let label = self.random.below(self.labels);
                let _ = write!(inner, "(br_if {label} {condition})");
                inner.push_str(&self.statement(depth - 1));
                self.labels -= 1;
                format!("(block {inner})")
            }
            8 => self.counted_loop(depth),
            9 => {
                self.labels += 2;
                let index = self.expression(Type::I32, depth);
                let mut inner = format!("(block (br_table 0 1 0 1 {index}))");
                inner.push_str(&self.statement(depth - 1));
                self.labels -= 2;
                format!("(block {inner})")
            }
            10 => {
                let (to, from) = (self.address(1), self.address(1));
                let len = self.random.below(300);
                match self.random.once_in(2) {
                    true => format!("(memory.fill {to} {from} (i32.const {len}))"),
                    false => format!("(memory.copy {to} {from} (i32.const {len}))"),
                }
            }
            _ => format!("{}{}", self.statement(depth - 1), self.statement(depth - 1)),
        }
    }

    /// A loop whose body comes first and whose own counter ends it, in every frame that runs it.
    fn counted_loop(&mut self, depth: usize) -> String {
        let rounds = 1 + self.random.below(6);
        self.labels += 1;
        let inner = self.statement(depth - 1);
        let condition = self.expression(Type::I32, 2);
        self.labels -= 1;
        format!(
            "(loop {inner} (local.set $turns (i32.add (local.get $turns) (i32.const 1))) \
             (br_if 0 (i32.and (i32.lt_u (local.get $turns) (i32.const {rounds})) \
             (i32.or {condition} (i32.const 1)))))"
        )
    }

    fn simple_statement(&mut self, depth: usize) -> String {
        let ty = self.either();
        let index = self.random.below(LOCALS);
        match self.random.below(16) {
            0..=5 => format!(
                "(local.set ${}_{index} {})",
                ty.name(),
                self.expression(ty, depth)
            ),
            6 | 7 => {
                let index = self.random.below(GLOBALS);
                format!(
                    "(global.set $g{}_{index} {})",
                    ty.name(),
                    self.expression(ty, depth)
                )
            }
            8..=10 => {
                let store = match ty {
                    Type::I32 => self.random.pick(&["store", "store8", "store16"]),
                    Type::I64 => self.random.pick(&["store", "store8", "store16", "store32"]),
                };
                let (address, value) = (self.address(2), self.expression(ty, depth));
                format!("({}.{store} {address} {value})", ty.name())
            }
            11 => format!("(drop {})", self.expression(ty, depth)),
            12 => {
                let len = self.random.below(40);
                format!("(call $write_result {} (i32.const {len}))", self.address(1))
            }
            13 if self.random.once_in(6) => {
                format!("(call $exit_early {})", self.expression(Type::I32, 1))
            }
            14 if self.random.once_in(6) => "(unreachable)".into(),
            15 if self.random.once_in(6) => {
                format!("(return {})", self.expression(Type::I32, depth))
            }
            _ => "(nop)".into(),
        }
    }
}

/// The locals of a function, after its parameters.
fn locals() -> String {
    let mut text = String::from("(local $turns i32)");
    for index in 0..LOCALS {
        let _ = write!(text, " (local $i32_{index} i32) (local $i64_{index} i64)");
    }
    text
}

/// Writes locals and globals into memory.
fn dump() -> String {
    let mut text = String::new();
    let mut position = DUMP;
    for name in ["i32", "i64"] {
        for index in 0..LOCALS {
            let _ = writeln!(
                text,
                "({name}.store (i32.const {position}) (local.get ${name}_{index}))"
            );
            position += 8;
        }
        for index in 0..GLOBALS {
            let _ = writeln!(
                text,
                "({name}.store (i32.const {position}) (global.get $g{name}_{index}))"
            );
            position += 8;
        }
    }
    text
}
