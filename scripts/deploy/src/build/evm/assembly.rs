//! EVM code written in the order in which it runs, with names in place of offsets.

use std::collections::BTreeMap;

/// The instructions that our EVM programs use.
pub(crate) mod op {
    pub(crate) const STOP: u8 = 0x00;
    pub(crate) const ADD: u8 = 0x01;
    pub(crate) const SUB: u8 = 0x03;
    pub(crate) const GT: u8 = 0x11;
    pub(crate) const EQ: u8 = 0x14;
    pub(crate) const ISZERO: u8 = 0x15;
    pub(crate) const AND: u8 = 0x16;
    pub(crate) const OR: u8 = 0x17;
    pub(crate) const SHL: u8 = 0x1b;
    pub(crate) const SHR: u8 = 0x1c;
    pub(crate) const KECCAK256: u8 = 0x20;
    pub(crate) const CALLER: u8 = 0x33;
    pub(crate) const CALLDATALOAD: u8 = 0x35;
    pub(crate) const CALLDATASIZE: u8 = 0x36;
    pub(crate) const CALLDATACOPY: u8 = 0x37;
    pub(crate) const CODECOPY: u8 = 0x39;
    pub(crate) const RETURNDATASIZE: u8 = 0x3d;
    pub(crate) const RETURNDATACOPY: u8 = 0x3e;
    pub(crate) const MLOAD: u8 = 0x51;
    pub(crate) const MSTORE: u8 = 0x52;
    pub(crate) const SLOAD: u8 = 0x54;
    pub(crate) const SSTORE: u8 = 0x55;
    pub(crate) const JUMP: u8 = 0x56;
    pub(crate) const JUMPI: u8 = 0x57;
    pub(crate) const GAS: u8 = 0x5a;
    pub(crate) const JUMPDEST: u8 = 0x5b;
    pub(crate) const PUSH0: u8 = 0x5f;
    pub(crate) const DUP1: u8 = 0x80;
    pub(crate) const DUP2: u8 = 0x81;
    pub(crate) const DUP3: u8 = 0x82;
    pub(crate) const DUP5: u8 = 0x84;
    pub(crate) const DUP7: u8 = 0x86;
    pub(crate) const LOG1: u8 = 0xa1;
    pub(crate) const LOG2: u8 = 0xa2;
    pub(crate) const CALL: u8 = 0xf1;
    pub(crate) const RETURN: u8 = 0xf3;
    pub(crate) const DELEGATECALL: u8 = 0xf4;
    pub(crate) const STATICCALL: u8 = 0xfa;
    pub(crate) const REVERT: u8 = 0xfd;
}

/// Code under construction.
pub(crate) struct Assembly {
    code: Vec<u8>,
    labels: BTreeMap<String, usize>,
    /// Where the offset of a label goes.
    uses: Vec<(usize, String)>,
    /// Bytes of an offset: 1 or 2.
    width: usize,
}

impl Default for Assembly {
    /// Code of 256 bytes at most.
    fn default() -> Self {
        Self {
            code: Vec::new(),
            labels: BTreeMap::new(),
            uses: Vec::new(),
            width: 1,
        }
    }
}

impl Assembly {
    /// Code of 65,536 bytes at most.
    pub(crate) fn long() -> Self {
        Self {
            width: 2,
            ..Self::default()
        }
    }

    /// Instructions without an operand.
    pub(crate) fn ops(mut self, ops: &[u8]) -> Self {
        self.code.extend_from_slice(ops);
        self
    }

    /// `PUSHn` of as many bytes, 32 at most.
    pub(crate) fn push(mut self, bytes: &[u8]) -> Self {
        debug_assert!(bytes.len() <= 32, "an instruction pushes 32 bytes at most");
        self.code.push(op::PUSH0 + bytes.len() as u8);
        self.ops(bytes)
    }

    /// The place that jumps to `name` go to.
    pub(crate) fn label(self, name: &str) -> Self {
        self.mark(name).ops(&[op::JUMPDEST])
    }

    /// The place of data that nothing jumps to.
    pub(crate) fn mark(mut self, name: &str) -> Self {
        self.labels.insert(name.into(), self.code.len());
        self
    }

    /// Jumps to `name`.
    pub(crate) fn jump(self, name: &str) -> Self {
        self.push_label(name).ops(&[op::JUMP])
    }

    /// Jumps to `name` if the word on top of the stack is not zero.
    pub(crate) fn jump_if(self, name: &str) -> Self {
        self.push_label(name).ops(&[op::JUMPI])
    }

    /// `PUSHn` of the offset of `name`.
    pub(crate) fn push_label(mut self, name: &str) -> Self {
        let at = self.code.len() + 1;
        self.uses.push((at, name.into()));
        let zeros = [0; 2];
        let width = self.width;
        self.push(&zeros[..width])
    }

    /// The code, with every offset resolved.
    pub(crate) fn code(mut self) -> Vec<u8> {
        debug_assert!(self.code.len() <= 1 << (8 * self.width), "offsets fit");
        for (at, name) in &self.uses {
            let offset = self.labels[name].to_be_bytes();
            let shown = &offset[offset.len() - self.width..];
            self.code[*at..*at + self.width].copy_from_slice(shown);
        }
        self.code
    }
}
