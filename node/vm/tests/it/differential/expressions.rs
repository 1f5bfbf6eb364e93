//! Expressions of the typed generator.

use super::typed::{GLOBALS, Generator, HELPERS, LOCALS, Type};

const BINARY: [&str; 15] = [
    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "and", "or",
    "xor", "sub",
];
const DIVISIONS: [&str; 4] = ["div_s", "div_u", "rem_s", "rem_u"];
const COMPARISONS: [&str; 14] = [
    "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u", "eq", "ne", "eq",
    "ne",
];
const LOADS_I32: [&str; 5] = ["load", "load8_s", "load8_u", "load16_s", "load16_u"];
const LOADS_I64: [&str; 7] = [
    "load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u",
];

impl Generator<'_> {
    fn leaf(&mut self, ty: Type) -> String {
        let name = ty.name();
        match self.random.below(10) {
            0..=2 => self.constant(ty),
            3..=6 => format!("(local.get ${name}_{})", self.random.below(LOCALS)),
            7 | 8 => format!("(global.get $g{name}_{})", self.random.below(GLOBALS)),
            _ => match ty {
                Type::I32 => "(global.get $zero)".into(),
                Type::I64 => "(global.get $one)".into(),
            },
        }
    }

    pub(crate) fn expression(&mut self, ty: Type, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(ty);
        }
        let name = ty.name();
        let below = depth - 1;
        match self.random.below(24) {
            0..=2 => self.leaf(ty),
            3..=6 => {
                let op = self.random.pick(&BINARY);
                format!(
                    "({name}.{op} {} {})",
                    self.expression(ty, below),
                    self.expression(ty, below)
                )
            }
            7..=10 => {
                // A value by a condition.
                let (yes, no) = (self.expression(ty, below), self.expression(ty, below));
                let condition = self.condition(below);
                format!("(select {yes} {no} {condition})")
            }
            11..=13 => match ty {
                Type::I32 => self.condition(depth),
                Type::I64 => {
                    let sign = self
                        .random
                        .pick(&["extend_i32_u", "extend_i32_u", "extend_i32_s"]);
                    format!("(i64.{sign} {})", self.condition(below))
                }
            },
            14 => {
                let local = self.random.below(LOCALS);
                let inner = self.expression(ty, below);
                // tinywasm 0.10.0 loses the outer one of two in a row before a binary operator.
                if inner.starts_with("(local.tee") {
                    return inner;
                }
                format!("(local.tee ${name}_{local} {inner})")
            }
            15 => {
                let op = match ty {
                    Type::I32 => {
                        self.random
                            .pick(&["clz", "ctz", "popcnt", "extend8_s", "extend16_s"])
                    }
                    Type::I64 => self.random.pick(&[
                        "clz",
                        "ctz",
                        "popcnt",
                        "extend8_s",
                        "extend16_s",
                        "extend32_s",
                    ]),
                };
                format!("({name}.{op} {})", self.expression(ty, below))
            }
            16 => match ty {
                Type::I32 => format!("(i32.wrap_i64 {})", self.expression(Type::I64, below)),
                Type::I64 => format!("(i64.extend_i32_u {})", self.expression(Type::I32, below)),
            },
            17 => {
                let load = match ty {
                    Type::I32 => self.random.pick(&LOADS_I32),
                    Type::I64 => self.random.pick(&LOADS_I64),
                };
                let offset = self.random.below(16);
                format!("({name}.{load} offset={offset} {})", self.address(below))
            }
            18 => {
                let (yes, no) = (self.expression(ty, below), self.expression(ty, below));
                let condition = self.condition(below);
                format!("(if (result {name}) {condition} (then {yes}) (else {no}))")
            }
            19 => {
                // The value of a branch that is taken or not.
                let (taken, not) = (self.expression(ty, below), self.expression(ty, below));
                let condition = self.condition(below);
                format!("(block (result {name}) (drop (br_if 0 {taken} {condition})) {not})")
            }
            20 => self.call(ty, below),
            21 => {
                let op = self.random.pick(&DIVISIONS);
                let divisor = self.expression(ty, below);
                let divisor = match self.random.once_in(8) {
                    true => divisor,
                    false => format!("({name}.or {divisor} ({name}.const 1))"),
                };
                format!("({name}.{op} {} {divisor})", self.expression(ty, below))
            }
            22 => match ty {
                Type::I32 if self.random.once_in(4) => {
                    let pages = match self.random.once_in(3) {
                        true => self.expression(Type::I32, below),
                        false => format!("(i32.const {})", self.random.below(4)),
                    };
                    format!("(memory.grow {pages})")
                }
                Type::I32 => "(memory.size)".into(),
                Type::I64 => "(i64.extend_i32_u (memory.size))".into(),
            },
            _ => match ty {
                Type::I32 => "(call $reentrant)".into(),
                Type::I64 => "(i64.extend_i32_s (call $reentrant))".into(),
            },
        }
    }

    fn call(&mut self, ty: Type, depth: usize) -> String {
        let callable = match self.random.once_in(30) {
            true => HELPERS,
            false => self.callable,
        };
        if callable == 0 {
            return self.leaf(ty);
        }
        let arguments = format!(
            "{} {}",
            self.expression(Type::I32, depth),
            self.expression(Type::I64, depth)
        );
        let call = match self.random.once_in(3) {
            true => {
                let index = self.expression(Type::I32, 1);
                let index = match self.random.once_in(12) {
                    true => index,
                    false => format!("(i32.rem_u {index} (i32.const {callable}))"),
                };
                format!("(call_indirect (type $helper) {arguments} {index})")
            }
            false => format!("(call $f{} {arguments})", self.random.below(callable)),
        };
        match ty {
            Type::I32 => call,
            Type::I64 => format!("(i64.extend_i32_u {call})"),
        }
    }

    /// A test; now and then one of a test, or one that changes nothing.
    fn condition(&mut self, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let ty = self.either();
        let name = ty.name();
        match self.random.below(12) {
            0..=2 => format!("({name}.eqz {})", self.expression(ty, below)),
            3..=4 => {
                let op = self.random.pick(&["eq", "ne"]);
                format!(
                    "({name}.{op} {} ({name}.const 0))",
                    self.expression(ty, below)
                )
            }
            5 => {
                let op = self.random.pick(&["eq", "ne"]);
                format!(
                    "({name}.{op} ({name}.const 0) {})",
                    self.expression(ty, below)
                )
            }
            6..=8 => {
                let op = self.random.pick(&COMPARISONS);
                format!(
                    "({name}.{op} {} {})",
                    self.expression(ty, below),
                    self.expression(ty, below)
                )
            }
            9 => {
                let op = self
                    .random
                    .pick(&["and", "or", "xor", "add", "shl", "rotr"]);
                let inner = self.condition(below);
                format!("(i32.{op} {inner} {})", self.constant(Type::I32))
            }
            10 if depth > 0 => format!("(i32.eqz {})", self.condition(below)),
            11 if depth > 0 => {
                format!("(i64.eqz (i64.extend_i32_u {}))", self.condition(below))
            }
            _ => self.expression(Type::I32, below),
        }
    }
}
