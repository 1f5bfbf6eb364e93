//! Review of an action before approval: the open actions, findings about an action with their severity, and the storage
//! before and after, slot by slot.

mod action;
mod behind;
mod created;
mod effects;
mod findings;
mod open;
mod policies;
mod slots;

pub use action::{Checked, Review};
pub use behind::Behind;
pub use created::Created;
pub use effects::{effects, tried};
pub use findings::{Subject, findings, without_good_steps};
pub use open::{OpenAction, Pending};
pub use policies::Policies;
pub use slots::{Area, Change, Drawn, Row, draw};
