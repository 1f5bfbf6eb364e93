//! What the crate needs of a WebAssembly engine: compile once, instantiate cheaply, and suspend
//! inside a host function without a native stack of its own.

mod wasmi;

use std::fmt::Debug;

pub(crate) use self::wasmi::compile;

use crate::frame::Frame;
use crate::units::Ink;
use crate::{Failure, StartError};

/// A compiled module.
pub(crate) trait Compiled: Debug + Send + Sync {
    /// Makes a fresh machine that carries the frame.
    fn instantiate(&self, frame: Box<Frame>) -> Result<Box<dyn Instance>, StartError>;
}

/// What host functions see of a machine.
pub(crate) trait Guest {
    fn ink_left(&self) -> Ink;
    fn set_ink_left(&mut self, ink: Ink);
    /// Takes all ink and marks it exhausted.
    fn exhaust(&mut self);
    fn memory(&self) -> &[u8];
    fn memory_mut(&mut self) -> &mut [u8];
}

/// A machine: one instance of a module, running or parked.
pub(crate) trait Instance: Guest + Send {
    /// Runs the entry point.
    fn begin(&mut self, argument: u32) -> Step;
    /// Goes on after a host function, with the bits of its result.
    fn resume(&mut self, result: Option<u64>) -> Step;
    fn exhausted(&self) -> bool;
    fn stack_left(&self) -> u32;
    fn set_stack_left(&mut self, words: u32);
    /// Hides some of the ink from the module's own counter. Host functions see and charge all of
    /// it.
    fn withhold_ink(&mut self, ink: Ink);
    /// Ink that is hidden and was not charged.
    fn withheld_ink(&self) -> Ink;
    /// The frame; `None` only while it is taken.
    fn frame(&mut self) -> &mut Option<Box<Frame>>;
}

/// Where a machine stopped.
#[derive(Debug)]
pub(crate) enum Step {
    /// The entry point returned a status.
    Returned(u32),
    /// A host function suspended; the frame's interrupt says why.
    Suspended,
    /// The machine trapped.
    Trapped(Failure),
    /// The engine's own stack ran out.
    StackOverflow,
}
