//! `demo`: the walkthrough of the book on a private chain, which ends with it unless it is kept.

use super::context::Context;
use crate::app_error::Error;
use crate::demo::{self, Document, Played};
use crate::error::{Exit, Refusal, Report};
use crate::names::Names;
use crate::output::Outcome;
use crate::report::CommandReport;
use alloy::primitives::Address;
use serde::Serialize;
use std::convert::Infallible;

pub(super) async fn run(context: &Context, keep: bool) -> Result<Outcome, Error> {
    let framework_from = context.global.framework_from.as_deref();
    let played = tokio::task::block_in_place(|| demo::run(&context.output, framework_from));
    let Played {
        document,
        node,
        registry,
    } = played?;
    let registry = registry.filter(|_| document.ok);
    let error = registry.is_none().then(|| unlike_the_page(&document));
    let report = Shown {
        kept: registry.filter(|_| keep).map(|registry| Kept {
            endpoint: node.endpoint(),
            registry,
        }),
        error,
        document,
    };
    report
        .error
        .iter()
        .for_each(|error| context.output.explain(error));
    let outcome = Outcome::of(&report, &context.names());
    if report.kept.is_none() {
        return Ok(outcome);
    }
    context.output.result(&outcome);
    // Until a signal ends this process, and the chain with it.
    match std::future::pending::<Infallible>().await {}
}

fn failed(document: &Document) -> usize {
    document.commands.iter().filter(|done| !done.ok).count()
}

fn unlike_the_page(document: &Document) -> Report {
    let (failed, all) = (failed(document), document.commands.len());
    let says = format!("{failed} of {all} commands do not print what the page says");
    Report::of(&Refusal::new("Checks", says).with(
        "every command to print what the page says",
        format!("{failed} did not"),
        "look at the commands with ✗ above",
    ))
}

/// What `demo` reports.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    document: Document,
    #[serde(flatten)]
    kept: Option<Kept>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
}

/// The chain that goes on.
#[derive(Serialize)]
struct Kept {
    endpoint: String,
    registry: Address,
}

impl CommandReport for Shown {
    fn lines(&self, _: &Names) -> Vec<String> {
        let all = self.document.commands.len();
        let done = all - failed(&self.document);
        let seconds = self.document.seconds;
        let mut lines = vec![
            String::new(),
            format!("{done} of {all} commands print what the page says, {seconds:.1} s"),
            format!("\"ok\":{}", self.document.ok),
        ];
        let command = match &self.kept {
            _ if self.error.is_some() => return lines,
            None => "stylus-upgrades demo --keep".to_owned(),
            Some(Kept { endpoint, registry }) => {
                format!("stylus-upgrades console --open --rpc-url {endpoint} --registry {registry}")
            }
        };
        lines.push(format!("look at it in the browser: {command}"));
        lines
    }

    fn exit(&self) -> Exit {
        match self.error {
            Some(_) => Exit::Refused,
            None => Exit::Done,
        }
    }
}
