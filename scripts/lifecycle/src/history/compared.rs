//! Events of a definition, compared with the registry's views and with live code.

use super::live::{LiveCheck, LiveChecks, live_checks};
use super::read::{History, Wanted, read};
use crate::assess::{Finding, Severity};
use crate::client::{ChainError, Client};
use crate::error::{Explain, Report};
use crate::governance::{READ_AGAIN, again, events_hidden, failed_checks, seconds_left};
use crate::model::{self, Definition, Difference, ListedInstance, Slice};
use crate::names::Names;
use crate::registry::Registry;
use crate::text::shell_word;
use alloy::primitives::Address;
use futures::try_join;
use serde::Serialize;

/// The history of a definition that exists, with what the registry's views say otherwise.
#[derive(Debug, Clone)]
pub struct ComparedHistory {
    /// The registry.
    pub registry: Address,
    /// The history from its events.
    pub history: History,
    /// The differences in the registry's views.
    pub differences: Vec<Difference>,
    /// True if the registry runs. One that does not has no views that answer.
    pub is_running: bool,
}

/// A comparison of code, slots and views with the records.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verification {
    /// The comparisons that were made.
    pub checks: Vec<LiveCheck>,
    /// The parts that nobody could compare.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The definition, where it is paused.
    pub paused: Vec<String>,
    /// The failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
}

/// Every difference between what follows from the events of a definition and the registry's views, all read at one
/// block: of some of the versions and instances. How many there are is compared in any case.
///
/// # Errors
/// What the chain says.
pub async fn differences(
    registry: Registry<'_>,
    events: &Definition,
    part: &Slice,
) -> Result<Vec<Difference>, ChainError> {
    let client = registry.client.at_one_block().await?;
    let registry = client.registry(registry.address);
    let seen = registry.seen(events, part).await?;
    Ok(model::differences(events, &seen))
}

/// The history of a definition that exists.
///
/// # Errors
/// `EventsHidden` where the registry has it and the endpoint shows no event of it; what the chain
/// says.
pub async fn read_existing(
    registry: Registry<'_>,
    name: &str,
    names: &Names,
    wanted: Wanted,
) -> Result<History, ChainError> {
    let history = read(registry, name, names, wanted).await?;
    if history.total > 0 {
        return Ok(history);
    }
    // An unknown name is refused by the registry in its own words, and so is what is none.
    registry.head(name).await?;
    let what = if name.is_empty() {
        "itself".into()
    } else {
        format!("{name:?}")
    };
    Err(events_hidden(registry, &what))
}

/// The history of a definition, compared with the registry's views of a part of it. A node that lags leaves out the
/// events of blocks that it does not have, without a word: what differs is read again.
///
/// # Errors
/// As [`read_existing`].
pub async fn read_compared(
    registry: Registry<'_>,
    name: &str,
    names: &Names,
    wanted: Wanted,
    part: impl Fn(&Definition) -> Slice,
) -> Result<ComparedHistory, ChainError> {
    let nothing_else = async |_: &History, _: &Slice| Ok(());
    let (compared, ()) = read_with(registry, name, names, wanted, part, nothing_else).await?;
    Ok(compared)
}

/// A history, and the comparison of live code and slots with it.
#[derive(Debug, Clone)]
pub struct VerifiedHistory {
    /// The history, compared with the registry's views.
    pub compared: ComparedHistory,
    /// The comparison.
    pub verification: Verification,
}

/// Like [`read_compared`], of the whole definition, with the comparison of live code and slots, which is asked for
/// together with the views.
///
/// # Errors
/// As [`read_existing`]; a check that fails is no error.
pub async fn read_verified(
    registry: Registry<'_>,
    name: &str,
    names: &Names,
    wanted: Wanted,
) -> Result<VerifiedHistory, ChainError> {
    let live = async |history: &History, part: &Slice| live_checks(registry, history, part).await;
    let (compared, live) = read_with(registry, name, names, wanted, Slice::whole, live).await?;
    let verification = compared.verification(live);
    Ok(VerifiedHistory {
        compared,
        verification,
    })
}

/// Reads a history, and compares it with the views of a part of it. `beside` is asked for what it needs in the same
/// requests.
async fn read_with<T>(
    registry: Registry<'_>,
    name: &str,
    names: &Names,
    wanted: Wanted,
    part: impl Fn(&Definition) -> Slice,
    beside: impl AsyncFn(&History, &Slice) -> Result<T, ChainError>,
) -> Result<(ComparedHistory, T), ChainError> {
    let client = registry.client;
    let mut left = READ_AGAIN;
    loop {
        let (history, seconds_left) = try_join!(
            read_existing(registry, name, names, wanted),
            seconds_left(client, registry.address)
        )?;
        let is_running = seconds_left.is_some();
        let part = part(&history.definition);
        let differences = async {
            if is_running {
                differences(registry, &history.definition, &part).await
            } else {
                Ok(Vec::new()) // without views; `verify` says so
            }
        };
        let (differences, beside) = try_join!(differences, beside(&history, &part))?;
        if differences.is_empty() || !again(registry, &mut left).await {
            let compared = ComparedHistory {
                registry: registry.address,
                history,
                differences,
                is_running,
            };
            return Ok((compared, beside));
        }
    }
}

impl ComparedHistory {
    /// The instances that came from elsewhere, as the events tell; none where no view tells more of them.
    pub fn arrivals(&self) -> Vec<ListedInstance> {
        let events = self.definition();
        let instances = events.instances.iter().filter(|_| self.is_running);
        let arrived = instances.filter(|instance| events.arrived.contains(&instance.proxy));
        arrived.cloned().map(ListedInstance::from).collect()
    }

    /// Returns the state that follows from the events.
    pub fn definition(&self) -> &Definition {
        &self.history.definition
    }

    /// Compares live code and the views with the events, of a part of the definition.
    ///
    /// # Errors
    /// What the chain says; a check that fails is no error.
    pub async fn verify(&self, client: &Client, part: &Slice) -> Result<Verification, ChainError> {
        let registry = client.registry(self.registry);
        let live = live_checks(registry, &self.history, part).await?;
        Ok(self.verification(live))
    }

    /// Adds the comparison with the views to one of live code and slots.
    fn verification(&self, live: LiveChecks) -> Verification {
        let events = self.definition();
        let mut checks = live.checks;
        checks.push(self.views());
        let paused = events.is_paused().then(|| events.name.clone());
        Verification {
            error: failed(&checks),
            checks,
            findings: live.not_compared.into_iter().collect(),
            paused: paused.into_iter().collect(),
        }
    }

    fn views(&self) -> LiveCheck {
        LiveCheck {
            what: "views of the registry".into(),
            ok: self.is_running && self.differences.is_empty(),
            expected: "what its events say".into(),
            found: match self.differences.first() {
                None if !self.is_running => {
                    "nothing: not checked, because the registry cannot run".into()
                }
                None => "what its events say".into(),
                Some(Difference { what, events, view }) => {
                    format!("{what} is {view}, events say {events}")
                }
            },
        }
    }
}

/// The failure where some of these checks do not hold.
pub(super) fn failed(checks: &[LiveCheck]) -> Option<Report> {
    let failed = checks.iter().filter(|check| !check.ok).count();
    let all = checks.len();
    (failed > 0).then(|| failed_checks(failed, all).report())
}

impl Verification {
    /// Lines for people, one for each check.
    pub fn lines(&self) -> Vec<String> {
        let checks = self.checks.iter().map(LiveCheck::line);
        let lines = checks.chain(self.more_lines());
        lines.map(|line| format!("  {line}")).collect()
    }

    /// The same with how many checks hold in place of these.
    pub fn short_lines(&self) -> Vec<String> {
        let (hold, fail): (Vec<_>, Vec<_>) = self.checks.iter().partition(|check| check.ok);
        let is_doubtful = self
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Danger);
        let held = match hold.len() {
            1 if is_doubtful => {
                "· 1 check of code and events holds, which says nothing of that".to_owned()
            }
            more if is_doubtful => {
                format!("· {more} checks of code and events hold, which say nothing of that")
            }
            1 => "✓ 1 check holds".to_owned(),
            more => format!("✓ {more} checks hold"),
        };
        let held = Some(held).filter(|_| !hold.is_empty());
        let fail = fail.into_iter().map(LiveCheck::line);
        fail.chain(self.more_lines()).chain(held).collect()
    }

    /// Formats the findings beside the checks, and the paused definitions.
    fn more_lines(&self) -> impl Iterator<Item = String> {
        let findings = self.findings.iter().flat_map(Finding::short_lines);
        let paused = self.paused.iter().flat_map(|name| {
            [
                format!("· {name} is paused: every call of its instances is refused"),
                format!("  next: stylus-upgrades resume {}", shell_word(name)),
            ]
        });
        findings.chain(paused)
    }
}
