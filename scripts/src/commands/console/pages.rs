//! Which page a path is, and the documents that it is drawn from.

use super::super::context::Context;
use super::super::{history, inspect, pending, policy, review, status};
use super::{before, documents};
use crate::app_error::Error;
use crate::console::page::{PageContext, way};
use crate::console::request::PageRequest;
use crate::console::view::{self, read};
use crate::console::{self, definition::Shown};
use crate::output::{Outcome, Output};
use maud::Markup;
use serde::de::DeserializeOwned;

/// The title and what stands on the page.
pub(super) async fn drawn(
    output: &Output,
    context: &Context,
    place: &mut PageContext,
    request: &PageRequest,
) -> Result<(String, Markup), Error> {
    let name = request.value("name");
    Ok(match request.path.as_str() {
        "/" => {
            place.api = "/api/status".into();
            let status: view::Status = shown(output, &status::run(context, None).await?)?;
            let open: view::Pending = shown(output, &pending::run(context, None).await?)?;
            (
                "Overview".into(),
                console::overview::overview(place, &status, &open),
            )
        }
        "/action" => {
            let id = request.value("id");
            place.api = way(&PageContext::default(), "/api/review", &[("id", id)]);
            let found: view::Review = shown(output, &review::run(context, id).await?)?;
            (found.what.clone(), console::action::action(place, &found))
        }
        "/before" => {
            let found: view::Before = shown(output, &before::run(context, request).await?)?;
            let main = console::before::before(place, &found);
            ("Before the wallet is asked".into(), main)
        }
        "/plan" => {
            let query: Vec<_> = ["name", "version", "action", "replay"]
                .into_iter()
                .filter(|name| request.query.contains_key(*name))
                .map(|name| (name, request.value(name)))
                .collect();
            place.api = way(&PageContext::default(), "/api/plan", &query);
            let found: view::Plan = shown(output, &documents::plan_of(context, request).await?)?;
            ("Tried on a copy".into(), console::plan::page(place, &found))
        }
        "/definition" => {
            place.api = way(&PageContext::default(), "/api/history", &[("name", name)]);
            (title(name), definition(output, context, place, name).await?)
        }
        "/instance" => {
            let proxy = request.value("proxy");
            place.api = way(
                &PageContext::default(),
                "/api/inspect",
                &[("instance", proxy)],
            );
            let found: view::Inspection = shown(output, &inspect::run(context, proxy).await?)?;
            let title = format!("Instance {}", found.instance.proxy);
            (title, console::instance::instance(place, &found))
        }
        "/submit" => ("Submit".into(), console::submit::submit()),
        "/doctor" => {
            place.api = "/api/doctor".into();
            let found: view::Diagnosis = shown(output, &documents::doctor(context).await?)?;
            ("Doctor".into(), console::doctor::doctor(&found))
        }
        "/verify" => {
            place.api = "/api/verify".into();
            let found: view::Verified = shown(output, &documents::verify(context, None).await?)?;
            ("Verify".into(), console::verify::verify(&found))
        }
        path => return Err(documents::nothing_there(path)),
    })
}

/// One definition, or the registry itself.
pub(in crate::commands) async fn definition(
    output: &Output,
    context: &Context,
    place: &PageContext,
    name: &str,
) -> Result<Markup, Error> {
    let definition = match name {
        "" => None,
        name => {
            let found: view::Status = shown(output, &status::run(context, Some(name)).await?)?;
            found.definitions.into_iter().next()
        }
    };
    let policies = shown(output, &policy::explain_it(context, name, None).await?)?;
    let pending = shown(output, &pending::run(context, Some(name)).await?)?;
    let history = shown(output, &history::run(context, name).await?)?;
    let shown = Shown {
        definition: definition.as_ref(),
        policies: &policies,
        pending: &pending,
        history: &history,
    };
    Ok(console::definition::definition(place, &shown))
}

fn title(name: &str) -> String {
    match name {
        "" => "The registry itself".into(),
        name => name.into(),
    }
}

/// The document of a command, as its page reads it.
pub(in crate::commands) fn shown<T: DeserializeOwned>(
    output: &Output,
    outcome: &Outcome,
) -> Result<T, Error> {
    read(&output.document_of(outcome)).map_err(|error| Error::Usage {
        message: "a document is not what its page reads".into(),
        expected: "the fields that the page shows".into(),
        found: error.to_string(),
        next: "report it with the page's address; the document is behind /api/".into(),
    })
}
