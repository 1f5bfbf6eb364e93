//! `demo`: the walkthrough of the book on a private chain, which ends with the command unless it is kept.

use super::prelude::*;
use super::propose::stop;
use crate::demo::{self, Played};
use std::convert::Infallible;

pub(super) async fn run(context: &Context, keep: bool) -> Result<Outcome> {
    let framework_from = context.global.framework_from.as_deref();
    let played = tokio::task::block_in_place(|| demo::run(&context.output, framework_from));
    let Played {
        document,
        node,
        registry,
    } = played?;
    let all = document.commands.len();
    let failed = document.commands.iter().filter(|done| !done.ok).count();
    let mut outcome = Outcome::document(&document);
    outcome.line(String::new());
    outcome.line(format!(
        "{} of {all} commands print what the page says, {:.1} s",
        all - failed,
        document.seconds
    ));
    outcome.line(format!("\"ok\":{}", document.ok));
    let Some(registry) = registry.filter(|_| document.ok) else {
        let says = format!("{failed} of {all} commands do not print what the page says");
        let error = Refusal::new("Checks", says).with(
            "every command to print what the page says",
            format!("{failed} did not"),
            "look at the commands with ✗ above",
        );
        stop(context, &mut outcome, &error, Exit::Refused);
        return Ok(outcome);
    };
    let at = "look at it in the browser: stylus-upgrades";
    if !keep {
        outcome.line(format!("{at} demo --keep"));
        return Ok(outcome);
    }
    let endpoint = node.endpoint();
    outcome.line(format!(
        "{at} console --open --rpc-url {endpoint} --registry {registry}"
    ));
    outcome.field("endpoint", endpoint);
    outcome.field("registry", registry);
    context.output.result(&outcome);
    // Until a signal ends this process, and the chain with it.
    match std::future::pending::<Infallible>().await {}
}
