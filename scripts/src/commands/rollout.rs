//! `upgrade NAME`: the instances that are older than what is current, a few per transaction.

mod activated;
mod course;

pub(super) use activated::activated;

use super::args::StorageArgs;
use super::context::Context;
use super::facts::Place;
use super::path::{PathRequest, asked_again, check_again, check_stragglers};
use super::propose::{require, stop};
use super::rollouts::Skipped;
use super::storage;
use super::storage::uncompared::{self, OtherCurrent};
use super::waiting;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::Transactions;
use crate::error::Exit;
use crate::governance::Check;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::Address;
use course::Course;
use serde::Serialize;

pub(super) async fn run(
    context: &Context,
    name: &str,
    max: Option<u16>,
    overrides: &StorageArgs,
) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.working_client("upgrade").await?;
    let registry = context.verified(&client, unverified).await?;
    let place = Place::of(context, &client, registry);
    let mut outcome = Outcome::default();
    let checks = place.assessment(Role::Proposer);
    roll(place, (name, None), max, (overrides, checks), &mut outcome).await?;
    Ok(outcome)
}

/// Rolls out until nothing is left, `max` is reached, or a whole round upgraded none; of `only` one version, if
/// one is meant. Before anything is sent, the instances' paths are checked, but for the steps that `checks` holds
/// already.
pub(super) async fn roll(
    place: Place<'_>,
    (name, only): (&str, Option<&str>),
    max: Option<u16>,
    (overrides, checks): (&StorageArgs, Assessment),
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut target = Target {
        place,
        name,
        only,
        overrides,
        checks,
        compared: String::new(),
    };
    if let Some(error) = target.compare().await? {
        stop(place.context, outcome, &error, Exit::Partial);
        return Ok(());
    }
    storage::require_all(&target.checks)?;
    storage::report(outcome, &target.checks);
    send(target, max, outcome).await
}

/// What is rolled out: whatever is current when a transaction is mined. It is compared before.
struct Target<'a> {
    place: Place<'a>,
    name: &'a str,
    /// The version that is meant, if it is no other.
    only: Option<&'a str>,
    overrides: &'a StorageArgs,
    checks: Assessment,
    /// The version that the instances' paths were compared to.
    compared: String,
}

impl Target<'_> {
    /// Compares the paths to what is current, unless that was done; another version than the one that is meant
    /// is none of it.
    async fn compare(&mut self) -> Result<Option<OtherCurrent>, Error> {
        let place = self.place;
        let current = place
            .client
            .registry(place.registry)
            .head(self.name)
            .await?
            .current;
        if self.only.is_some_and(|wanted| wanted != current) {
            return Ok(Some(OtherCurrent {
                name: self.name.into(),
                wanted: self.only.unwrap_or_default().into(),
                current,
            }));
        }
        if self.compared == current {
            let request = PathRequest::to(&current, self.overrides);
            check_again(place, &request, &mut self.checks).await?;
        } else {
            let way = (self.name, current.as_str());
            check_stragglers(place, way, self.overrides, &mut self.checks).await?;
            self.compared = current;
        }
        match self.checks.refusal() {
            Some(refused) => Err(asked_again(refused)),
            None => Ok(None),
        }
    }
}

/// What a rollout reports.
#[derive(Serialize)]
struct Reported<'a> {
    #[serde(flatten)]
    transactions: Transactions,
    /// Instances that were upgraded, paused in a complex step, or paused or resumed with their definition.
    upgraded: u16,
    /// Instances that are older than what is current; none where nobody knows.
    left: Option<u16>,
    skipped: Vec<Skipped>,
    checks: &'a [Check],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    paused_or_resumed: &'a [Address],
}

impl CommandReport for Reported<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        lines.extend(self.skipped.iter().flat_map(Skipped::lines));
        lines.push(format!("rollout {}", so_far(self.upgraded, self.left)));
        match self.paused_or_resumed.len() {
            0 => {}
            count => lines.push(format!(
                "of these, {count} were paused or resumed with their definition"
            )),
        }
        let failed = self.checks.iter().filter(|check| !check.ok);
        lines.extend(failed.map(|check| format!("{} {}", check.proxy, check.line())));
        lines
    }

    fn exit(&self) -> Exit {
        match self.left {
            Some(0) => Exit::Done,
            _ => Exit::Partial,
        }
    }
}

/// How many instances were upgraded, of how many.
fn so_far(upgraded: u16, left: Option<u16>) -> String {
    match left {
        Some(left) => format!("{upgraded}/{}", u32::from(upgraded) + u32::from(left)),
        None => format!("{upgraded}/?"),
    }
}

async fn send(
    mut target: Target<'_>,
    max: Option<u16>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (place, name) = (target.place, target.name);
    let (context, _, registry) = place.parts();
    let mut course = Course::default();
    context.output.begin(&format!("rollout of {name}"));
    let left = course.run(&mut target, max).await?;
    let Course {
        done,
        upgraded,
        checks,
        ..
    } = course;
    let summary = so_far(upgraded, left);
    context.output.end(&format!("rollout of {name}: {summary}"));
    let report = Reported {
        transactions: Transactions::of(&done.sent),
        upgraded,
        left,
        skipped: Skipped::with_help(&done.skipped),
        checks: &checks,
        paused_or_resumed: &done.turned,
    };
    outcome.add(&report, &context.names());
    if left != Some(0)
        && let Err(error) = waiting::for_direct_call(place, name, outcome).await
    {
        stop(context, outcome, &error, Exit::Partial);
    }
    done.report_end(context, outcome);
    storage::report(outcome, &target.checks);
    uncompared::report(context, (&done.sent, registry), &target.checks, outcome);
    require(context, &checks, outcome)
}
