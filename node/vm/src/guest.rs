//! A machine of the engine as host functions see it: its globals and its memory.

use wasmi::{Global, Memory, StoreContextMut, Val};

use crate::frame::Frame;
use crate::units::Ink;

/// Data that the store carries.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(crate) frame: Option<Box<Frame>>,
    pub(crate) handles: Option<Handles>,
    /// Ink of the frame beyond what the machine has at once.
    pub(crate) held: u64,
    /// The size that it has at once, where that has a bound.
    pub(crate) at_once: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Handles {
    pub(crate) ink: Global,
    pub(crate) status: Global,
    pub(crate) stack: Global,
    pub(crate) memory: Memory,
}

/// The view of a machine that host functions have.
pub(crate) struct Guest<'a> {
    pub(crate) store: StoreContextMut<'a, Host>,
    pub(crate) handles: Handles,
}

impl Guest<'_> {
    pub(crate) fn ink_left(&self) -> Ink {
        let ink = self.handles.ink.get(&self.store).i64();
        let ink = ink.unwrap_or_default().cast_unsigned();
        Ink(ink.saturating_add(self.store.data().held))
    }

    /// The globals are mutable and of these types by construction, so setting them cannot fail.
    pub(crate) fn set_ink_left(&mut self, Ink(ink): Ink) {
        let held = self.store.data().held.min(ink);
        self.store.data_mut().held = held;
        let at_once = Val::I64((ink - held).cast_signed());
        let set = self.handles.ink.set(&mut self.store, at_once);
        assert!(set.is_ok(), "the ink global is a mutable i64");
    }

    /// Gives the machine as much ink as it may have at once, and holds the rest back.
    pub(crate) fn ration(&mut self) {
        let Ink(ink) = self.ink_left();
        let at_once = self.store.data().at_once.unwrap_or(u64::MAX);
        self.store.data_mut().held = ink.saturating_sub(at_once);
        self.set_ink_left(Ink(ink));
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
