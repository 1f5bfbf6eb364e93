//! `upgrade`: one instance to one version.

use super::calldata;
use super::context::{Context, report};
use super::tell::go_on_in_batches;
use crate::error::{Error, Exit};
use crate::output::Outcome;
use crate::registry::{self, Route};

pub(super) async fn run(
    context: &Context,
    proxy: &str,
    version: &str,
    call: &[String],
) -> Result<Outcome, Error> {
    let proxy = context.manifest.address(proxy)?;
    let data = calldata::encode(call, &context.manifest)?;
    let client = context.working_client("upgrade").await?;
    let upgraded = registry::upgrade(&client, proxy, version, data).await?;
    let mut outcome = Outcome::default();
    report(&mut outcome, std::slice::from_ref(&upgraded.sent));
    outcome.field("proxy", proxy);
    outcome.field("from", &upgraded.from);
    outcome.field("to", &upgraded.to);
    outcome.field("executed", upgraded.done);
    let route = match &upgraded.route {
        Route::Direct => "direct",
        Route::Rollout => "rollout",
        Route::Migrate(progress) => {
            outcome.field("action", progress.action);
            outcome.field("approvals", progress.approvals);
            outcome.field("required", progress.required);
            outcome.line(format!(
                "success {}/{}",
                progress.approvals, progress.required
            ));
            "migrate"
        }
    };
    outcome.field("route", route);
    if let Some(step) = &upgraded.paused {
        go_on_in_batches(&mut outcome, proxy, step);
    } else if upgraded.done {
        outcome.line(format!("{proxy}  {} → {}", upgraded.from, upgraded.to));
    } else {
        outcome.line(format!(
            "{proxy}  {} → {} is not done yet",
            upgraded.from, upgraded.to
        ));
        outcome.exit = Some(Exit::NotReady);
    }
    Ok(outcome)
}
