//! One instance: its storage by variables, the steps to the current version, and what happened to it.
//!
//! | module | holds |
//! |---|---|
//! | [`storage`](fields()) | the variables of a layout with what their slots hold |
//! | `value` | bytes of a slot in the words of their type |
//! | [`events`](events()) | what the registry and the framework's part of the contract emitted |
//! | [`path`](steps_to()) | the steps that lead to a version |

mod events;
mod path;
mod storage;
mod value;

pub use events::{OwnEvent, events};
pub use path::{PathStep, Steps, steps_to};
pub use storage::{FieldValue, fields, framework};
