//! `demo`: the whole scenario on a private chain.

use super::context::Context;
use crate::app_error::Error;
use crate::demo;
use crate::error::{Explain, Report};
use crate::output::Outcome;
use serde_json::Value;

pub(super) async fn run(context: &Context) -> Result<Outcome, Error> {
    let (document, error) = demo::run(context.output.clone(), context.builder()?).await;
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
    if let Some(error) = error.or_else(|| checks(failed, document.checks.len())) {
        let report = Report::of(&error);
        context.output.explain(&report);
        outcome.field("error", report);
        outcome.exit = Some(error.exit());
    }
    Ok(outcome)
}

fn checks(failed: usize, all: usize) -> Option<Error> {
    (failed > 0).then_some(Error::Checks { failed, all })
}
