//! The globals that instrumentation adds, and the operators that it writes most.

use wasmparser::{BlockType, Operator};

use crate::exported::INJECTED_NAMES;

/// Indexes of the injected globals, which follow the module's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injected(pub(super) u32);

impl Injected {
    /// i64: ink left.
    pub(crate) fn ink_left(self) -> u32 {
        self.0
    }

    /// i32: 1 when the ink is exhausted.
    pub(crate) fn ink_status(self) -> u32 {
        self.0.saturating_add(1)
    }

    /// i32: a value between two operators.
    pub(crate) fn scratch(self) -> u32 {
        self.0.saturating_add(2)
    }

    /// i32: words of stack left.
    pub(crate) fn stack_left(self) -> u32 {
        self.0.saturating_add(3)
    }
}

/// Bytes of the counter of a basic block.
pub(crate) const COUNTER_BYTES: u32 = 8;

/// Reads a global.
pub(crate) fn get<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalGet { global_index }
}

/// Writes a global.
pub(crate) fn set<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalSet { global_index }
}

/// An i32 constant.
pub(crate) fn number<'a>(value: i32) -> Operator<'a> {
    Operator::I32Const { value }
}

/// `if` without a result.
pub(crate) fn if_then<'a>() -> Operator<'a> {
    Operator::If {
        blockty: BlockType::Empty,
    }
}

/// Globals that instrumentation adds and exports.
pub(crate) const INJECTED_GLOBALS: usize = INJECTED_NAMES.len();
