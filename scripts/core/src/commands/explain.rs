//! `explain`: what an error means, and what helps.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::error_catalogue::{section, sections};
use crate::pipeline::unknown::unknown;
use clap::Args;
use std::future::ready;

/// `explain`.
pub(crate) static SPEC: Spec<ExplainArgs> = Spec {
    name: "explain",
    about: "Explain an error by its name; without a name, list the names",
    group: Group::Shell,
    examples: &["explain NoKey", "explain", "explain OtherChain --json"],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<ErrorPages>()],
    run: |context, args| Box::pin(ready(run(context, args.name.as_deref()))),
};

/// An error that is explained.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The error's name, as in `error.name` of --json, or the id of a finding
    pub name: Option<String>,
}

/// The report of `explain`.
#[derive(Serialize)]
pub(crate) struct ErrorPages {
    errors: Vec<ErrorPage>,
}

/// An error and what helps.
#[derive(Serialize)]
struct ErrorPage {
    /// Its name.
    name: &'static str,
    /// Its section of the book.
    text: &'static str,
}

fn run(context: &Context, name: Option<&str>) -> Result<Outcome> {
    let of = |(name, text)| ErrorPage { name, text };
    let errors = match name {
        None => sections().map(of).collect(),
        Some(name) => vec![of(section(name.trim()).ok_or_else(|| not_explained(name))?)],
    };
    Ok(context.outcome(&ErrorPages { errors }))
}

/// The refusal of a name that the page does not have.
fn not_explained(name: &str) -> Refusal {
    let known: Vec<String> = sections().map(|(name, _)| name.to_owned()).collect();
    let message = format!("no page explains an error {name:?}");
    let next =
        "stylus-upgrades explain lists those that are explained; the error itself says what helps";
    unknown("NotExplained", message, (name, &known), next.into()).usage()
}

impl CommandReport for ErrorPages {
    fn lines(&self, _: &Names) -> Vec<String> {
        match self.errors.as_slice() {
            [one] => {
                let text = one.text.lines().map(str::to_owned);
                [one.name.to_owned(), String::new()]
                    .into_iter()
                    .chain(text)
                    .collect()
            }
            all => {
                let first = |text: &str| {
                    text.split(['.', ':'])
                        .next()
                        .unwrap_or_default()
                        .replace('\n', " ")
                };
                let lines = all
                    .iter()
                    .map(|one| format!("{:<22} {}", one.name, first(one.text)));
                lines.collect()
            }
        }
    }
}
