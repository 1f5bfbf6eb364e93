//! Warnings of programs that expire soon or do not run.

use crate::assess::Finding;
use crate::context::prelude::*;
use crate::expiry::{self, Subject};
use crate::model::Used;

/// Warns, in another command, of programs that expire soon or do not run: of the registry itself and of
/// these accounts.
///
/// # Errors
/// What the chain says.
pub async fn warn(session: Session<'_>, used: Vec<Used>) -> Result<Vec<Finding>> {
    let Session { context, registry } = session;
    let framework = context.builder()?.framework()?;
    let subject = Subject {
        registry,
        framework: &framework,
    };
    let warnings = expiry::warnings(subject, used).await?;
    for warning in &warnings {
        context.warn(warning);
    }
    Ok(warnings)
}
