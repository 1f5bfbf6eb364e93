//! What nearly every command and every stage uses: the context of the command, its report, its errors.

pub(crate) use super::{Context, Session};
pub(crate) use crate::prelude::*;
