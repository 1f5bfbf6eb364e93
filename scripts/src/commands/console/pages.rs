//! Which page a path is, and the documents that it is drawn from.

use super::super::census;
use super::super::context::Context;
use super::super::facts::Place;
use super::super::inspect::inspect;
use super::super::{doctor, pending, policy, review};
use super::{before, documents, lists};
use crate::app_error::Error;
use crate::console::page::{PageContext, way};
use crate::console::request::PageRequest;
use crate::console::{self, definition::Shown};
use crate::inspect::Inspection;
use maud::Markup;

/// The title and what stands on the page.
pub(super) async fn drawn(
    context: &Context,
    place: &mut PageContext,
    request: &PageRequest,
) -> Result<(String, Markup), Error> {
    let name = request.value("name");
    Ok(match request.path.as_str() {
        "/" => {
            place.api = api(request, "/api/overview", &["definitions"]);
            let lists = lists::overview(context, request).await?;
            let open = pending::pending(context, None).await?;
            (
                "Overview".into(),
                console::overview::overview(place, &lists, &open),
            )
        }
        "/action" => {
            let id = request.value("id");
            place.api = way(&PageContext::default(), "/api/review", &[("id", id)]);
            let found = review::review(context, id).await?;
            if let (Some(account), Some(_)) = (place.account, &found.readiness) {
                place.may_cancel = before::may_cancel(context, account, found.action).await?;
                place.has_code = before::has_code(context, account).await?;
            }
            (found.what.clone(), console::action::action(place, &found))
        }
        "/before" => {
            let found = before::run(context, request).await?;
            let main = console::before::before(place, &found);
            ("Before the wallet is asked".into(), main)
        }
        "/plan" => {
            place.api = api(
                request,
                "/api/plan",
                &["name", "version", "action", "replay"],
            );
            let (ran, is_replayed) = documents::plan_of(context, request).await?;
            let (_, found) = documents::tried(ran, is_replayed);
            ("Tried on a copy".into(), console::plan::page(place, &found))
        }
        "/definition" => {
            let query = ["name", "versions", "instances", "events"];
            place.api = api(request, "/api/definition", &query);
            let lists = lists::definition(context, request).await?;
            let policies = policy::policies(context, name, Some(lists.roles.clone())).await?;
            let pending = pending::pending(context, Some(name)).await?;
            let shown = Shown {
                lists: &lists,
                policies: &policies,
                pending: &pending,
            };
            (title(name), console::definition::definition(place, &shown))
        }
        "/instance" => {
            let proxy = request.value("proxy");
            place.api = way(
                &PageContext::default(),
                "/api/status",
                &[("subject", proxy)],
            );
            let found = instance(context, proxy).await?;
            let title = format!("Instance {}", found.instance.instance.proxy);
            (title, console::instance::instance(place, &found))
        }
        "/census" => {
            let proxy = request.value("proxy");
            place.api = way(&PageContext::default(), "/api/census", &[("proxy", proxy)]);
            let found = census::shown(context, proxy).await?;
            let page = console::census::census(place, &found);
            ("Census".into(), page)
        }
        "/submit" => ("Submit".into(), console::submit::submit()),
        "/doctor" => {
            place.api = "/api/doctor".into();
            let found = doctor::examined(context).await?;
            let found = found.diagnosis();
            let page = found.map(|found| console::doctor::doctor(place, found));
            ("Doctor".into(), page.unwrap_or_default())
        }
        path => return Err(documents::nothing_there(path)),
    })
}

/// What is known of an instance, by its address or alias.
async fn instance(context: &Context, named: &str) -> Result<Inspection, Error> {
    let proxy = context.manifest.address(named)?;
    let (client, registry) = context.verified_snapshot().await?;
    inspect(Place::of(context, &client, registry), proxy).await
}

/// The way to the document of a page, with those parts of its query.
fn api(request: &PageRequest, path: &str, names: &[&str]) -> String {
    let given = names.iter().copied();
    let given = given.filter(|name| request.query.contains_key(*name));
    let query: Vec<_> = given.map(|name| (name, request.value(name))).collect();
    way(&PageContext::default(), path, &query)
}

/// The title of a page, as far as its address says it.
pub(super) fn title_before(request: &PageRequest) -> String {
    let title = match request.path.as_str() {
        "/" => "Overview",
        "/action" => "Action",
        "/before" => "Before the wallet is asked",
        "/plan" => "Tried on a copy",
        "/definition" => return self::title(request.value("name")),
        "/instance" => "Instance",
        "/census" => "Census",
        "/submit" => "Submit",
        "/doctor" => "Doctor",
        _ => "Being read",
    };
    title.into()
}

fn title(name: &str) -> String {
    match name {
        "" => "The registry itself".into(),
        name => name.into(),
    }
}
