//! `demo`: the whole scenario on a private chain, which ends with it unless it is kept.

use super::context::Context;
use crate::app_error::Error;
use crate::demo::{self, Played};
use crate::error::{Explain, Report};
use crate::output::Outcome;
use serde_json::Value;
use std::convert::Infallible;

pub(super) async fn run(context: &Context, keep: bool) -> Result<Outcome, Error> {
    let Played { document, chain } = demo::run(context.output.clone(), context.builder()?).await;
    let mut outcome = Outcome::default();
    let failed = document.checks.iter().filter(|check| !check.ok).count();
    outcome.line("");
    outcome.line(format!(
        "{} steps, {} of {} checks hold, {:.1} s",
        document.steps.len(),
        document.checks.len() - failed,
        document.checks.len(),
        document.seconds
    ));
    outcome.line(format!("\"ok\":{}", document.ok));
    if let Ok(Value::Object(fields)) = serde_json::to_value(&document) {
        outcome.document = fields;
    }
    let (chain, error) = match chain {
        Ok(chain) => (Some(chain), None),
        Err(error) => (None, Some(error)),
    };
    if let Some(error) = error.or_else(|| checks(failed, document.checks.len())) {
        let report = Report::of(&error);
        context.output.explain(&report);
        outcome.field("error", report);
        outcome.exit = Some(error.exit());
    }
    let Some((node, registry)) = chain.filter(|_| outcome.exit.is_none()) else {
        return Ok(outcome);
    };
    if !keep {
        outcome.line("look at it in the browser: stylus-upgrades demo --keep");
        return Ok(outcome);
    }
    let console = [
        "stylus-upgrades console --open",
        &format!("--rpc-url {}", node.endpoint()),
        &format!("--registry {registry}"),
    ];
    outcome.line(format!("look at it in the browser: {}", console.join(" ")));
    outcome.field("endpoint", node.endpoint());
    outcome.field("registry", registry);
    context.output.result(&outcome);
    // Until a signal ends this process, and the chain with it.
    match std::future::pending::<Infallible>().await {}
}

fn checks(failed: usize, all: usize) -> Option<Error> {
    (failed > 0).then_some(Error::Checks { failed, all })
}
