//! EVM code written in the order in which it runs, with names in place of offsets.

pub use revm::bytecode::opcode as op;
use std::collections::BTreeMap;

/// Code under construction.
pub struct Assembly {
    code: Vec<u8>,
    labels: BTreeMap<String, usize>,
    /// The places for the offset of a label.
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
    pub fn long() -> Self {
        Self {
            width: 2,
            ..Self::default()
        }
    }

    /// Instructions without an operand.
    pub fn ops(mut self, ops: &[u8]) -> Self {
        self.code.extend_from_slice(ops);
        self
    }

    /// `PUSHn` of as many bytes, 32 at most.
    pub fn push(mut self, bytes: &[u8]) -> Self {
        assert!(bytes.len() <= 32, "an instruction pushes 32 bytes at most");
        self.code.push(op::PUSH0 + bytes.len() as u8);
        self.ops(bytes)
    }

    /// The place that jumps to `name` go to.
    pub fn label(self, name: &str) -> Self {
        self.mark(name).ops(&[op::JUMPDEST])
    }

    /// The place of data that nothing jumps to.
    pub fn mark(mut self, name: &str) -> Self {
        self.labels.insert(name.into(), self.code.len());
        self
    }

    /// Jumps to `name`.
    pub fn jump(self, name: &str) -> Self {
        self.push_label(name).ops(&[op::JUMP])
    }

    /// Jumps to `name` if the word on top of the stack is not zero.
    pub fn jump_if(self, name: &str) -> Self {
        self.push_label(name).ops(&[op::JUMPI])
    }

    /// `PUSHn` of the offset of `name`.
    pub fn push_label(mut self, name: &str) -> Self {
        let at = self.code.len() + 1;
        self.uses.push((at, name.into()));
        let zeros = [0; 2];
        let width = self.width;
        self.push(&zeros[..width])
    }

    /// The code, with every offset resolved.
    pub fn code(mut self) -> Vec<u8> {
        assert!(self.code.len() <= 1 << (8 * self.width), "offsets fit");
        for (at, name) in &self.uses {
            let offset = self.labels[name].to_be_bytes();
            let shown = &offset[offset.len() - self.width..];
            self.code[*at..*at + self.width].copy_from_slice(shown);
        }
        self.code
    }
}
