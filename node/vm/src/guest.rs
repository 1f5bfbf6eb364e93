//! A machine of the engine as host functions see it: its globals and its memory.

use wasmi::{Global, Memory, StoreContextMut, Val};

use crate::frame::Frame;
use crate::units::Ink;

/// What the store carries.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) frame: Option<Box<Frame>>,
    pub(crate) handles: Option<Handles>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Handles {
    pub(crate) ink: Global,
    pub(crate) status: Global,
    pub(crate) stack: Global,
    pub(crate) memory: Memory,
}

/// What host functions see of a machine.
pub(crate) struct Guest<'a> {
    pub(crate) store: StoreContextMut<'a, Host>,
    pub(crate) handles: Handles,
}

impl Guest<'_> {
    pub(crate) fn ink_left(&self) -> Ink {
        let ink = self.handles.ink.get(&self.store).i64();
        Ink(ink.unwrap_or_default().cast_unsigned())
    }

    /// The globals are mutable and of these types by construction, so setting them cannot fail.
    pub(crate) fn set_ink_left(&mut self, Ink(ink): Ink) {
        let ink = Val::I64(ink.cast_signed());
        let set = self.handles.ink.set(&mut self.store, ink);
        assert!(set.is_ok(), "the ink global is a mutable i64");
    }

    /// Takes all ink and marks it exhausted.
    pub(crate) fn exhaust(&mut self) {
        self.set_ink_left(Ink(0));
        let set = self.handles.status.set(&mut self.store, Val::I32(1));
        assert!(set.is_ok(), "the status global is a mutable i32");
    }

    pub(crate) fn memory(&self) -> &[u8] {
        self.handles.memory.data(&self.store)
    }

    pub(crate) fn memory_mut(&mut self) -> &mut [u8] {
        self.handles.memory.data_mut(&mut self.store)
    }
}
