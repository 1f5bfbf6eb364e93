//! `define`: create a definition.

use super::context::{Context, report};
use crate::error::{Error, Exit};
use crate::output::Outcome;
use crate::registry::{self, Governed, NewDefinition};

pub(super) async fn run(
    context: &Context,
    name: String,
    migrate: &str,
    policy: Option<&str>,
    create: Option<&str>,
) -> Result<Outcome, Error> {
    let new = NewDefinition {
        migrate: context.manifest.policy(migrate)?,
        policy: context.manifest.policy(policy.unwrap_or(migrate))?,
        create: context.manifest.policy(create.unwrap_or(migrate))?,
        name,
    };
    let registry = context.registry()?;
    let client = context.client().await?;
    let governed = registry::define(&client, registry, new.clone()).await?;
    let mut outcome = Outcome::default();
    report(&mut outcome, std::slice::from_ref(&governed.sent));
    outcome.field("name", &new.name);
    tell(&mut outcome, &governed);
    Ok(outcome)
}

/// Tells how far a governed call is; missing approvals are not ready, and no failure.
pub(super) fn tell(outcome: &mut Outcome, governed: &Governed) {
    let progress = &governed.progress;
    outcome.field("action", progress.action);
    outcome.field("approvals", progress.approvals);
    outcome.field("required", progress.required);
    outcome.field("executed", progress.executed);
    let done = if progress.executed {
        "executed"
    } else {
        "waiting for approvals"
    };
    outcome.line(format!(
        "success {}/{}  {done}",
        progress.approvals, progress.required
    ));
    if !progress.executed {
        outcome.line(format!(
            "action  {}: the other approvers send the same call",
            progress.action
        ));
        outcome.exit = Some(Exit::NotReady);
    }
}
