//! What an approver looks at before approving: findings about an action with their severity, and the
//! storage before and after, slot by slot.

mod card;
mod lookalike;
mod slots;

pub use card::{Card, STEPS, Subject, TRIED, Weight, cards, of_coverage, without_good_steps};
pub use lookalike::lookalike;
pub use slots::{Area, Change, Drawn, draw};
