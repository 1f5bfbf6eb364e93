//! What the events of a definition say, compared with the registry's views and with live code.

use super::super::context::Context;
use crate::app_error::Error;
use crate::client::Client;
use crate::error::{Exit, Report};
use crate::governance::{GovernanceError, seconds_left};
use crate::history::{History, LiveCheck, Wanted, differences, live_checks, read_part};
use crate::model::{Definition, Difference, Slice};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::text::shell_word;
use alloy::primitives::Address;
use serde_json::json;
use std::time::Duration;

/// How often events are read again that do not say what the registry says.
const READ_AGAIN: usize = 3;
/// Pause before each.
const PAUSE: Duration = Duration::from_millis(200);

/// The history of a definition that exists.
pub(in crate::commands) async fn read(
    context: &Context,
    client: &Client,
    registry: Address,
    name: &str,
    wanted: Wanted,
) -> Result<History, Error> {
    let history = read_part(client, registry, name, &context.names(), wanted).await?;
    if history.total == 0 {
        // An unknown name is refused by the registry in its own words, and so is what is none.
        client.registry(registry).head(name).await?;
        return Err(GovernanceError::EventsHidden {
            endpoint: client.endpoint().to_string(),
            registry,
            what: match name.is_empty() {
                true => "itself".into(),
                false => format!("{name:?}"),
            },
        }
        .into());
    }
    Ok(history)
}

/// The history of a definition, with what the registry's views say otherwise. A node that lags leaves
/// out the events of blocks that it does not have, without a word: what differs is read again.
pub(in crate::commands) async fn compared(
    context: &Context,
    client: &Client,
    (registry, name): (Address, &str),
    wanted: Wanted,
    part: impl Fn(&Definition) -> Slice,
) -> Result<(History, Vec<Difference>), Error> {
    let mut left = READ_AGAIN;
    loop {
        let history = read(context, client, registry, name, wanted).await?;
        let runs = seconds_left(client, registry).await?.is_some();
        let differing = match runs {
            true => {
                let rebuilt = &history.definition;
                differences(client, registry, rebuilt, &part(rebuilt)).await?
            }
            false => Vec::new(), // without views; `check` says so
        };
        if differing.is_empty() || left == 0 {
            return Ok((history, differing));
        }
        left -= 1;
        if let Some(store) = client.events_of(registry) {
            store.forget();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Live code against the events, and the views against the events.
pub(in crate::commands) async fn check(
    context: &Context,
    client: &Client,
    (registry, name): (Address, &str),
    (history, differing): &(History, Vec<Difference>),
    part: &Slice,
    outcome: &mut Outcome,
) -> Result<Vec<LiveCheck>, Error> {
    let rebuilt = &history.definition;
    let mut checks = live_checks(client, registry, rebuilt, part).await?;
    for _ in 0..READ_AGAIN {
        if checks.iter().all(|check| check.ok) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        checks = live_checks(client, registry, rebuilt, part).await?;
    }
    let runs = seconds_left(client, registry).await?.is_some();
    let views = LiveCheck {
        what: "views of the registry".into(),
        ok: runs && differing.is_empty(),
        expected: "what its events say".into(),
        found: match differing.first() {
            None if !runs => "nothing: not checked, because the registry cannot run".into(),
            None => "what its events say".into(),
            Some(Difference { what, events, view }) => {
                format!("{what} is {view}, events say {events}")
            }
        },
    };
    checks.push(views);
    for check in &checks {
        outcome.line(format!("  {}", check.line()));
    }
    if rebuilt.is_paused() {
        let next = format!("stylus-upgrades resume {}", shell_word(name));
        outcome.line(format!(
            "  · {name} is paused: every call of its instances is refused; next: {next}"
        ));
    }
    let paused = outcome.document.entry("paused");
    if let Some(all) = paused.or_insert_with(|| json!([])).as_array_mut() {
        all.extend(rebuilt.is_paused().then(|| name.into()));
    }
    outcome.field("checks", &checks);
    outcome.field("differences", differing);
    settle(context, &checks, outcome);
    Ok(checks)
}

pub(in crate::commands) fn settle(context: &Context, checks: &[LiveCheck], outcome: &mut Outcome) {
    let failed = checks.iter().filter(|check| !check.ok).count();
    if failed > 0 {
        let error = GovernanceError::Checks {
            failed,
            all: checks.len(),
        };
        context.output.note(&format!("{error}"));
        outcome.field("error", Report::of(&error));
        outcome.exit = Some(Exit::Refused);
    }
}
