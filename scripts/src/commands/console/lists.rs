//! Lists of any length in pieces: definitions, and of one definition versions, instances and events. What
//! they say follows from the registry's events; of what is shown, the registry's views are compared.

use super::super::context::Context;
use super::super::doctor;
use super::super::facts::Place;
use super::super::history::{check, compared, run_part};
use super::super::recorded;
use crate::app_error::Error;
use crate::console::graph::window;
use crate::console::page::{PageContext, way};
use crate::console::pieces::PIECE;
use crate::console::request::PageRequest;
use crate::console::view::Piece;
use crate::error::Report;
use crate::governance::{definitions, seconds_left};
use crate::history::Wanted;
use crate::model::{Definition, Difference, Slice, Version};
use crate::output::Outcome;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Instances, and versions, of which slots and code are compared on the page of a definition; of more,
/// the page Verify does it in pieces.
const COMPARED_MAX: usize = 12;

/// `overview [definitions=FROM]`: the definitions, and what ends soon.
pub(super) async fn overview(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let names = definitions(&client, registry).await?;
    let piece = piece(start(request, "definitions")?, names.len());
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    let mut all = Vec::new();
    let mut used = Vec::new();
    for name in names.get(piece.range()).unwrap_or_default() {
        let nothing = |_: &Definition| Slice::nothing();
        let subject = (registry, name.as_str());
        let (history, differing) =
            compared(context, &client, subject, Wanted::None, nothing).await?;
        used.extend(history.definition.used_once());
        all.push(summary(&history.definition, &differing));
    }
    outcome.field("definitions", all);
    outcome.field("definitions_piece", &piece);
    doctor::warn(Place::of(context, &client, registry), used, &mut outcome).await?;
    Ok(outcome)
}

/// `definition name=NAME [versions=FROM] [instances=FROM] [events=FROM]`: a definition, a piece of each
/// list. The empty name is the registry itself. Events are counted from the newest one.
pub(super) async fn definition(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let name = request.value("name");
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let skip = start(request, "events")?;
    let wanted = Wanted::Newest { skip, count: PIECE };
    let pieces = Pieces::of(request)?;
    let part = |rebuilt: &Definition| pieces.part(rebuilt);
    let subject = (registry, name);
    let compared = compared(context, &client, subject, wanted, part).await?;
    let (history, differing) = &compared;
    let rebuilt = &history.definition;
    let part = pieces.part(rebuilt);
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    if let Value::Object(fields) = summary(rebuilt, differing) {
        outcome.document.extend(fields);
    }
    let used: BTreeSet<&str> = rebuilt.instances.iter().map(|one| &*one.version).collect();
    let positions = rebuilt.versions.iter().enumerate();
    let used: Vec<usize> = positions
        .filter(|(_, version)| used.contains(version.version.as_str()))
        .map(|(position, _)| position)
        .collect();
    let drawn = window(
        rebuilt.versions.len(),
        rebuilt.position(&rebuilt.current),
        &used,
    );
    let drawn = drawn
        .into_iter()
        .filter_map(|at| Some((at, rebuilt.versions.get(at)?)));
    outcome.field("drawn", drawn.map(Listed::of).collect::<Vec<_>>());
    let versions = part.versions.clone().zip(part.versions_of(rebuilt));
    outcome.field("listed", versions.map(Listed::of).collect::<Vec<_>>());
    outcome.field(
        "versions_piece",
        piece_of(&part.versions, rebuilt.versions.len()),
    );
    outcome.field("instances", part.instances_of(rebuilt));
    outcome.field(
        "instances_piece",
        piece_of(&part.instances, rebuilt.instances.len()),
    );
    let entries: Vec<_> = history.entries.iter().rev().collect();
    outcome.field("entries", entries);
    outcome.field("events_piece", piece(skip, history.total));
    outcome.field("roles", rebuilt.policies.keys().collect::<Vec<_>>());
    let looked_at = looked_at(rebuilt);
    check(
        context,
        &client,
        subject,
        &compared,
        &looked_at,
        &mut outcome,
    )
    .await?;
    unchecked(rebuilt, &looked_at, &mut outcome);
    Ok(outcome)
}

/// `history name=NAME [events=FROM]`: what the command prints, of as many events as a piece has, counted
/// from the newest one. Where there are older ones, `next` is where they are.
pub(super) async fn history(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let name = request.value("name");
    let skip = start(request, "events")?;
    let wanted = Wanted::Newest { skip, count: PIECE };
    let (mut outcome, history) = run_part(context, name, wanted, looked_at).await?;
    let part = looked_at(&history.definition);
    if part != Slice::whole(&history.definition) {
        unchecked(&history.definition, &part, &mut outcome);
    }
    let piece = piece(skip, history.total);
    let next = piece.from + piece.count;
    if piece.count < history.total {
        outcome.field("events_piece", &piece);
    }
    if next < history.total {
        let (place, next) = (PageContext::default(), next.to_string());
        let query = [("name", name), ("events", &next)];
        outcome.field("next", way(&place, "/api/history", &query));
    }
    Ok(outcome)
}

/// What is compared with the chain where a whole definition is shown.
fn looked_at(rebuilt: &Definition) -> Slice {
    let whole = Slice::whole(rebuilt);
    let is_small = |range: &Range<usize>| range.len() <= COMPARED_MAX;
    Slice {
        versions: match is_small(&whole.versions) {
            true => whole.versions,
            false => rebuilt
                .position(&rebuilt.current)
                .map_or(0..0, |at| at..at + 1),
        },
        instances: match is_small(&whole.instances) {
            true => whole.instances,
            false => 0..0,
        },
    }
}

/// How much of a definition was not compared.
fn unchecked(rebuilt: &Definition, part: &Slice, outcome: &mut Outcome) {
    let versions = rebuilt.versions.len() - part.versions.len();
    outcome.field("versions_unchecked", versions);
    let instances = rebuilt.instances.len() - part.instances.len();
    outcome.field("instances_unchecked", instances);
}

/// `checks name=NAME [versions=FROM] [instances=FROM]`: what Verify compares, of a piece.
pub(super) async fn checks(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let subject = (
        context.verified(&client, unverified).await?,
        request.value("name"),
    );
    let pieces = Pieces::of(request)?;
    let part = |rebuilt: &Definition| pieces.part(rebuilt);
    let compared = compared(context, &client, subject, Wanted::None, part).await?;
    let rebuilt = &compared.0.definition;
    let part = pieces.part(rebuilt);
    let mut outcome = Outcome::default();
    outcome.field("name", subject.1);
    let versions = rebuilt.versions.get(part.versions.clone());
    let documents = context.documents(&client, subject.0);
    let versions = versions.unwrap_or_default();
    let whose = (subject.1, seconds_left(&client, subject.0).await?.is_some());
    let coverage = recorded::coverage(&documents, whose, versions, None).await?;
    outcome.field("coverage", &coverage);
    if let Some(error) = coverage.refusal() {
        outcome.field("error", Report::of(&error));
    }
    check(context, &client, subject, &compared, &part, &mut outcome).await?;
    outcome.field(
        "versions_piece",
        piece_of(&part.versions, rebuilt.versions.len()),
    );
    outcome.field(
        "instances_piece",
        piece_of(&part.instances, rebuilt.instances.len()),
    );
    Ok(outcome)
}

/// How many versions and instances each definition has: whether Verify compares all of them at once.
pub(super) async fn sizes(context: &Context) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let mut all = Vec::new();
    let mut is_small = true;
    for name in definitions(&client, registry).await? {
        let found = client.registry(registry).head(&name).await?;
        is_small &= found.versions.max(found.instances) as usize <= PIECE;
        all.push(json!({"name": name, "versions": found.versions, "instances": found.instances}));
    }
    let mut outcome = Outcome::default();
    outcome.field("is_small", is_small && all.len() <= COMPARED_MAX);
    outcome.field("definitions", all);
    Ok(outcome)
}

/// Where the pieces begin.
struct Pieces {
    /// Where none is named, it is the one of the current version.
    versions: Option<usize>,
    instances: usize,
}

impl Pieces {
    fn of(request: &PageRequest) -> Result<Self, Error> {
        let versions = match request.value("versions") {
            "" => None,
            _ => Some(start(request, "versions")?),
        };
        let instances = start(request, "instances")?;
        Ok(Self {
            versions,
            instances,
        })
    }

    fn part(&self, rebuilt: &Definition) -> Slice {
        let at = rebuilt.position(&rebuilt.current).unwrap_or_default();
        let versions = self.versions.unwrap_or(at / PIECE * PIECE);
        Slice {
            versions: piece(versions, rebuilt.versions.len()).range(),
            instances: piece(self.instances, rebuilt.instances.len()).range(),
        }
    }
}

fn piece(from: usize, total: usize) -> Piece {
    let from = from.min(total);
    let count = PIECE.min(total - from);
    Piece { from, count, total }
}

fn piece_of(range: &Range<usize>, total: usize) -> Piece {
    let (from, count) = (range.start, range.len());
    Piece { from, count, total }
}

/// Where a piece begins, as the query says.
fn start(request: &PageRequest, name: &str) -> Result<usize, Error> {
    let text = request.value(name);
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| Error::Usage {
        message: format!("this is no place in the list of {name}"),
        expected: "a number: how many entries stand before it".into(),
        found: text.chars().take(80).collect(),
        next: "open the page and choose there".into(),
    })
}

fn summary(rebuilt: &Definition, differing: &[Difference]) -> Value {
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in &rebuilt.instances {
        *at.entry(&instance.version).or_default() += 1;
    }
    json!({
        "name": rebuilt.name,
        "current": rebuilt.current,
        "sequence": rebuilt.sequence,
        "state": rebuilt.state,
        "versions": rebuilt.versions.len(),
        "instances_total": rebuilt.instances.len(),
        "at": at,
        "differences": differing,
    })
}

/// A version, and its place in the order of registration.
#[derive(Serialize)]
struct Listed<'a> {
    position: usize,
    #[serde(flatten)]
    version: &'a Version,
}

impl<'a> Listed<'a> {
    fn of((position, version): (usize, &'a Version)) -> Self {
        Self { position, version }
    }
}
