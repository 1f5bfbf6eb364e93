//! The points register: its storage, its rules, and the conversion of one member's points. Both
//! versions of the contract and all three migrations depend on this crate.

pub mod scale;
mod state;

pub use state::{NotSteward, PointsError, PointsState, TENTHS, TooManyPoints};
