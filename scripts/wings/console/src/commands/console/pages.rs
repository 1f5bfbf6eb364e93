//! The page of each path, and what the commands report that it is drawn from.

use super::preview;
use super::request_error::nothing_there;
use crate::app_error::Error;
use crate::assess::{Finding, Role};
use crate::console::overview::{OverviewPage, is_match};
use crate::console::page::PageContext;
use crate::console::plan::{REPLAY_BLOCKS, SimulatedPlan};
use crate::console::request::PageRequest;
use crate::console::{self, definition::DefinitionPage};
use crate::context::{Context, Session};
use crate::governance::definitions;
use crate::history::{Wanted, read_compared};
use crate::model::{Definition, Slice};
use crate::options::{BATCHES, INSTANCES, UpgradeArgs};
use crate::pipeline::control;
use crate::pipeline::inspection::inspect;
use crate::pipeline::standing::{self, Instances};
use crate::plan::Replay;
use maud::Markup;
use stylus_upgrades_core::commands::plan::PlanArgs;
use stylus_upgrades_core::commands::{pending, plan, policy, replay, review};

/// Maximum number of entries of each list on a page: the newest.
const LISTED: usize = 50;
/// Instances, and versions, of which slots and code are compared on the page of a definition; of more,
/// `stylus-upgrades verify` does it.
const COMPARED_MAX: usize = 12;
/// Maximum number of transactions that a page replays.
const REPLAYED_MAX: u32 = 200;

/// Draws the page: its title and its content.
pub(crate) async fn draw(
    context: &Context,
    place: &PageContext,
    request: &PageRequest,
) -> Result<(String, Markup), Error> {
    let proxy = || required(request, "proxy");
    Ok(match request.path.as_str() {
        "/" => {
            let search = request.value("search");
            let shown = overview(context, search).await?;
            let open = pending::pending(context, None).await?;
            let main = console::overview::overview(place, &shown, &open, search);
            ("Overview".into(), main)
        }
        "/action" => {
            let found = review::review(context, required(request, "id")?).await?;
            (found.what.clone(), console::action::action(place, &found))
        }
        "/before" => {
            let found = preview::run(context, request).await?;
            let main = console::preview::preview(place, &found);
            ("Before the wallet is asked".into(), main)
        }
        "/plan" => {
            let replay = parse_replay(request)?;
            let action = request.value("action");
            let args = PlanArgs {
                upgrade: UpgradeArgs {
                    name: request.value("name").into(),
                    version: request.value("version").into(),
                    action: (!action.is_empty()).then(|| action.into()),
                    ..UpgradeArgs::default()
                },
                instances: INSTANCES,
                batches: BATCHES,
                replay,
                replay_blocks: REPLAY_BLOCKS,
                write_expect: None,
            };
            // What cannot be compared here is reported; the rest is tried.
            let ran = plan::run_as(context, &args, Role::Reader, None).await?;
            let shown = SimulatedPlan {
                replay: match &ran.replay {
                    Some(Some(replay)) => replay::lines(replay, &place.names),
                    Some(None) => vec![format!("! {}", Replay::nothing().message)],
                    None => Vec::new(),
                },
                verdict: ran.simulation,
                plan: ran.plan,
                decoded: ran.decoded,
                warnings: [ran.warnings, ran.checks.told()].concat(),
                coverage: ran.checks.coverage,
            };
            let main = console::plan::page(place, &shown);
            ("Tried on a copy".into(), main)
        }
        "/definition" => {
            let name = request.value("name");
            definition(context, place, name, LISTED, COMPARED_MAX).await?
        }
        "/instance" => {
            let proxy = context.manifest.address(proxy()?)?;
            let found = inspect(Session::reading(context).await?, proxy).await?;
            let title = format!("Instance {}", found.instance.instance.proxy);
            (title, console::instance::instance(place, &found))
        }
        "/census" => {
            let laboratory = context.program.wings.laboratory("this page")?;
            let found = (laboratory.census)(context, proxy()?).await?;
            ("Census".into(), console::census::census(place, &found))
        }
        "/doctor" => {
            let watch = context.program.wings.watch("this page")?;
            let found = (watch.examined)(context).await?;
            ("Checks".into(), console::doctor::doctor(place, &found))
        }
        path => return Err(nothing_there(path)),
    })
}

/// A value that a page is about.
fn required<'r>(request: &'r PageRequest, name: &str) -> Result<&'r str, Error> {
    match request.value(name) {
        "" => Err(Error::Usage {
            message: format!("this page needs {name}, which its address does not have"),
            expected: format!("{}?{name}=…", request.path),
            found: request.path.clone(),
            next: "open the first page, and choose one there".into(),
        }),
        value => Ok(value),
    }
}

/// The first definitions whose name contains `search`, and what ends soon of them.
async fn overview(context: &Context, search: &str) -> Result<OverviewPage, Error> {
    let session = Session::reading(context).await?;
    let registry = session.registry;
    let all = definitions(registry).await?;
    let is_found = |name: &&String| is_match(name, search);
    let matching: Vec<&String> = all.iter().filter(is_found).collect();
    let mut shown = OverviewPage {
        total: all.len(),
        matching: matching.len(),
        ..OverviewPage::default()
    };
    let (names, mut used) = (context.names(), Vec::new());
    for name in matching.iter().take(LISTED) {
        let nothing = |_: &Definition| Slice::nothing();
        let compared = read_compared(registry, name, &names, Wanted::None, nothing).await?;
        used.extend(compared.definition().used_once());
        shown.definitions.push(compared);
    }
    shown.warnings = standing::programs(session, used).await?;
    for name in matching.iter().take(LISTED).filter(|name| !name.is_empty()) {
        let which = Instances::Of(name, standing::INSTANCES_MAX);
        let found = standing::of_instances(session, which).await?;
        shown.warnings.extend(standing::taken(context, found));
    }
    Ok(shown)
}

/// A definition with the newest entries of its lists: `listed` of them are shown, and `most_compared` are compared with
/// the chain. The empty name is the registry itself.
pub(crate) async fn definition(
    context: &Context,
    place: &PageContext,
    name: &str,
    listed: usize,
    most_compared: usize,
) -> Result<(String, Markup), Error> {
    let registry = context.verified_snapshot().await?;
    let part = |definition: &Definition| Slice::newest(definition, listed);
    let wanted = Wanted::Newest(listed);
    let compared = read_compared(registry, name, &place.names, wanted, part).await?;
    let definition = compared.definition();
    let verified = Slice::newest(definition, most_compared);
    let roles = definition.policies.keys().cloned().collect();
    let session = Session { context, registry };
    let code_control = control::of_definition(session, name).await?;
    let shown = DefinitionPage {
        compared: &compared,
        part: &part(definition),
        verification: &compared.verify(registry.client, &verified).await?,
        verified: &verified,
        policies: &policy::policies_in_force(context, name, roles).await?,
        control: code_control.as_ref(),
        pending: &pending::pending(context, Some(name)).await?,
        findings: &find_standing(context, definition, &verified).await?,
    };
    let main = console::definition::definition(place, &shown);
    Ok((shown.title().into(), main))
}

/// Finds what the instances of a part run and where they come from.
async fn find_standing(
    context: &Context,
    definition: &Definition,
    part: &Slice,
) -> Result<Vec<Finding>, Error> {
    let registry = context.verified_snapshot().await?;
    let session = Session { context, registry };
    let which = Instances::At(&definition.name, &part.instances);
    let found = standing::of_instances(session, which).await?;
    Ok(standing::taken(context, found))
}

/// Reads how many past transactions are to be sent again.
fn parse_replay(request: &PageRequest) -> Result<Option<u32>, Error> {
    let text = request.value("replay");
    match text.parse() {
        _ if text.is_empty() => Ok(None),
        Ok(count) if count <= REPLAYED_MAX => Ok(Some(count)),
        _ => Err(Error::Usage {
            message: "this is not a number of transactions to replay".into(),
            expected: format!("1 to {REPLAYED_MAX}; plan --replay takes more"),
            found: text.into(),
            next: "open the action and choose there".into(),
        }),
    }
}
