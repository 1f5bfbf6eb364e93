//! The documents behind the pages: what the commands report.

use super::super::args::{PlanArgs, StepArgs, StorageArgs};
use super::super::context::Context;
use super::super::{census, doctor, pending, plan, policy, review, status};
use super::{before, lists, news};
use crate::app_error::Error;
use crate::assess::Role;
use crate::console::plan::{REPLAY_BLOCKS, Replayed, Tried};
use crate::console::request::PageRequest;
use crate::output::Outcome;
use serde_json::{Map, Value};

/// Instances that a plan tries, at most, as `plan` does.
const INSTANCES: u32 = 16;
/// Transactions that a page has sent again, at most.
const REPLAYED_MAX: u32 = 200;

/// The document of that name.
pub(super) async fn by_name(
    context: &Context,
    name: &str,
    request: &PageRequest,
) -> Result<Outcome, Error> {
    let given = |name: &str| request.query.get(name).map(String::as_str);
    match name {
        "before" => Ok(Outcome::document(&before::run(context, request).await?)),
        "news" => Ok(Outcome::document(&news::since(context, request).await?)),
        "status" => status::run(context, given("subject")).await,
        "pending" => pending::run(context, given("name")).await,
        "review" => review::run(context, request.value("id"), None).await,
        "history" => Ok(Outcome::document(&lists::history(context, request).await?)),
        "policy" => policy::explain_it(context, request.value("name"), given("role")).await,
        "overview" => Ok(Outcome::document(&lists::overview(context, request).await?)),
        "definition" => Ok(Outcome::document(
            &lists::definition(context, request).await?,
        )),
        "plan" => Ok(plan_of(context, request).await?.0.outcome),
        "census" => Ok(Outcome::document(
            &census::shown(context, request.value("proxy")).await?,
        )),
        "doctor" => Ok(Outcome::document(&doctor::examined(context).await?)),
        _ => Err(nothing_there(&request.path)),
    }
}

/// `plan NAME VERSION [--action ID] [--replay COUNT]`, as the query says, and whether it asks for a replay.
pub(super) async fn plan_of(
    context: &Context,
    request: &PageRequest,
) -> Result<(plan::Ran, bool), Error> {
    let replay = match request.value("replay") {
        "" => None,
        text => Some(
            text.parse()
                .ok()
                .filter(|count| *count <= REPLAYED_MAX)
                .ok_or_else(|| Error::Usage {
                    message: "this is no number of transactions to replay".into(),
                    expected: format!("1 to {REPLAYED_MAX}; plan --replay takes more"),
                    found: text.chars().take(80).collect(),
                    next: "open the action and choose there".into(),
                })?,
        ),
    };
    let ran = plan(
        context,
        request.value("name"),
        request.value("version"),
        Some(request.value("action")).filter(|action| !action.is_empty()),
        replay,
    )
    .await?;
    Ok((ran, replay.is_some()))
}

/// What was tried: its document, and as a page shows it.
pub(super) fn tried(ran: plan::Ran, is_replayed: bool) -> (Map<String, Value>, Tried) {
    let tried = Tried {
        verdict: ran.trial,
        plan: ran.plan,
        decoded: ran.decoded,
        coverage: ran.checks.coverage,
        warnings: ran.warnings,
        replay: match ran.replay {
            Some(replay) => Replayed::Compared(Box::new(replay)),
            None if is_replayed => Replayed::Nothing,
            None => Replayed::NotAsked,
        },
    };
    (ran.outcome.document, tried)
}

/// `plan NAME VERSION [--action ID] [--replay COUNT]`.
pub(super) async fn plan(
    context: &Context,
    name: &str,
    version: &str,
    action: Option<&str>,
    replay: Option<u32>,
) -> Result<plan::Ran, Error> {
    let args = PlanArgs {
        name: name.into(),
        version: version.into(),
        source: None,
        action: action.map(String::from),
        step: StepArgs::default(),
        storage: StorageArgs::default(),
        instances: INSTANCES,
        replay,
        replay_blocks: REPLAY_BLOCKS,
        write_expect: None,
    };
    // What nobody can compare here is reported, and the rest is tried all the same.
    plan::run_as(context, &args, Role::Reader, None).await
}

/// A path that leads nowhere.
pub(super) fn nothing_there(path: &str) -> Error {
    Error::Usage {
        message: "there is no such page".into(),
        expected: "a page that another one links to".into(),
        found: path.chars().take(200).collect(),
        next: "open the first page".into(),
    }
}
