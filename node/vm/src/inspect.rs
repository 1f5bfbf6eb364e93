//! Parts that tests need to look at or to break. Nothing else uses them.

pub use crate::activation::{activate_unrewritten, metered_module};
pub use crate::guard::panic_in;
