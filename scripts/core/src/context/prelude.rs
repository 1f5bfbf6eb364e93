//! Names that nearly every command and every stage uses: the context of the command, its report, its errors.

pub use super::{Context, Session};
pub use crate::prelude::*;
