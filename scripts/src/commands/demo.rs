//! `demo`: the walkthrough of the book on a private chain, which ends with it unless it is kept.

use super::context::Context;
use crate::app_error::Error;
use crate::demo::{self, Played};
use crate::error::{Explain, Report};
use crate::output::Outcome;
use serde_json::Value;
use std::convert::Infallible;

pub(super) async fn run(context: &Context, keep: bool) -> Result<Outcome, Error> {
    let framework_from = context.global.framework_from.as_deref();
    let played = tokio::task::block_in_place(|| demo::run(&context.output, framework_from));
    let Played {
        document,
        node,
        registry,
    } = played?;
    let mut outcome = Outcome::default();
    let all = document.commands.len();
    let failed = document.commands.iter().filter(|done| !done.ok).count();
    outcome.line("");
    outcome.line(format!(
        "{} of {all} commands print what the page says, {:.1} s",
        all - failed,
        document.seconds
    ));
    outcome.line(format!("\"ok\":{}", document.ok));
    if let Ok(Value::Object(fields)) = serde_json::to_value(&document) {
        outcome.document = fields;
    }
    let Some(registry) = registry.filter(|_| document.ok) else {
        let error = Error::Checks { failed, all };
        let report = Report::of(&error);
        context.output.explain(&report);
        outcome.field("error", report);
        outcome.exit = Some(error.exit());
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
