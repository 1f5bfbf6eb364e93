//! EVM code written in the order in which it runs, with names in place of offsets.

use std::collections::BTreeMap;

/// The instructions that our EVM programs use.
pub(super) mod op {
    pub(in super::super) const STOP: u8 = 0x00;
    pub(in super::super) const SUB: u8 = 0x03;
    pub(in super::super) const EQ: u8 = 0x14;
    pub(in super::super) const AND: u8 = 0x16;
    pub(in super::super) const OR: u8 = 0x17;
    pub(in super::super) const SHL: u8 = 0x1b;
    pub(in super::super) const SHR: u8 = 0x1c;
    pub(in super::super) const CALLER: u8 = 0x33;
    pub(in super::super) const CALLDATALOAD: u8 = 0x35;
    pub(in super::super) const CALLDATASIZE: u8 = 0x36;
    pub(in super::super) const CALLDATACOPY: u8 = 0x37;
    pub(in super::super) const CODECOPY: u8 = 0x39;
    pub(in super::super) const RETURNDATASIZE: u8 = 0x3d;
    pub(in super::super) const RETURNDATACOPY: u8 = 0x3e;
    pub(in super::super) const MLOAD: u8 = 0x51;
    pub(in super::super) const MSTORE: u8 = 0x52;
    pub(in super::super) const SLOAD: u8 = 0x54;
    pub(in super::super) const SSTORE: u8 = 0x55;
    pub(in super::super) const JUMP: u8 = 0x56;
    pub(in super::super) const JUMPI: u8 = 0x57;
    pub(in super::super) const GAS: u8 = 0x5a;
    pub(in super::super) const JUMPDEST: u8 = 0x5b;
    pub(in super::super) const PUSH0: u8 = 0x5f;
    pub(in super::super) const DUP1: u8 = 0x80;
    pub(in super::super) const DUP3: u8 = 0x82;
    pub(in super::super) const DUP5: u8 = 0x84;
    pub(in super::super) const DUP7: u8 = 0x86;
    pub(in super::super) const LOG1: u8 = 0xa1;
    pub(in super::super) const LOG2: u8 = 0xa2;
    pub(in super::super) const CALL: u8 = 0xf1;
    pub(in super::super) const RETURN: u8 = 0xf3;
    pub(in super::super) const DELEGATECALL: u8 = 0xf4;
    pub(in super::super) const STATICCALL: u8 = 0xfa;
    pub(in super::super) const REVERT: u8 = 0xfd;
}

/// Code under construction.
#[derive(Default)]
pub(super) struct Assembly {
    code: Vec<u8>,
    labels: BTreeMap<&'static str, u8>,
    /// Where the offset of a label goes.
    uses: Vec<(usize, &'static str)>,
}

impl Assembly {
    /// Instructions without an operand.
    pub(super) fn ops(mut self, ops: &[u8]) -> Self {
        self.code.extend_from_slice(ops);
        self
    }

    /// `PUSHn` of as many bytes, 32 at most.
    pub(super) fn push(mut self, bytes: &[u8]) -> Self {
        debug_assert!(bytes.len() <= 32, "an instruction pushes 32 bytes at most");
        self.code.push(op::PUSH0 + bytes.len() as u8);
        self.ops(bytes)
    }

    /// The place that jumps to `name` go to.
    pub(super) fn label(mut self, name: &'static str) -> Self {
        self.labels.insert(name, self.code.len() as u8);
        self.ops(&[op::JUMPDEST])
    }

    /// Jumps to `name`.
    pub(super) fn jump(self, name: &'static str) -> Self {
        self.push_label(name).ops(&[op::JUMP])
    }

    /// Jumps to `name` if the word on top of the stack is not zero.
    pub(super) fn jump_if(self, name: &'static str) -> Self {
        self.push_label(name).ops(&[op::JUMPI])
    }

    fn push_label(mut self, name: &'static str) -> Self {
        self = self.push(&[0]);
        self.uses.push((self.code.len() - 1, name));
        self
    }

    /// The code, with every jump resolved.
    pub(super) fn code(mut self) -> Vec<u8> {
        debug_assert!(self.code.len() <= 256, "an offset is one byte");
        for (at, name) in &self.uses {
            self.code[*at] = self.labels[name];
        }
        self.code
    }
}
