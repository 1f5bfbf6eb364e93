//! What an approver looks at before approving: findings about an action with their severity, and the
//! storage before and after, slot by slot.

mod findings;
mod lookalike;
mod slots;

pub use findings::{Subject, TRIED, findings, without_good_steps};
pub use lookalike::lookalike;
pub use slots::{Area, Change, Drawn, draw};
