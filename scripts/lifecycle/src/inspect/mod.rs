//! One instance: its storage by variables, the steps to the current version, and what happened to it.
//!
//! | module | holds |
//! |---|---|
//! | [`storage`](fields()) | the variables of a layout with what their slots hold |
//! | [`path`](steps_to()) | the steps that lead to a version |
//! | [`migration`](MigrationStatus) | the complex migration that it is in |

mod migration;
mod path;
mod storage;

pub use migration::MigrationStatus;
pub use path::{PathStep, Steps, steps_to};
pub use storage::{FieldValue, fields, framework};
pub use storage::{framework_slots, in_one_slot};

use crate::assess::Finding;
use crate::client::ChainError;
use crate::governance::events_hidden;
use crate::history::{Entry, of_instance};
use crate::model::Instance;
use crate::names::Names;
use crate::registry::{InstanceStatus, Registry};
use crate::text::{utc, word};
use alloy::primitives::Address;
use serde::Serialize;

/// The facts about one instance.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// The block that it was read at.
    pub block: u64,
    /// The state by its registry and its own slots.
    pub instance: InstanceStatus,
    /// The version that is current.
    pub current: String,
    /// Findings about it: it runs other code than was recorded, or came from elsewhere.
    pub findings: Vec<Finding>,
    /// The way to that.
    pub steps: Steps,
    /// The complex migration that it is in.
    pub migration: Option<MigrationStatus>,
    /// The variables of its version's layout.
    pub fields: Vec<FieldValue>,
    /// The reason why these are not all of its fields.
    pub fields_unknown: Option<String>,
    /// The fields of the proxy itself.
    pub framework: Vec<FieldValue>,
    /// The registry's events about it.
    pub entries: Vec<Entry>,
}

impl Inspection {
    /// Lines for people: what the proxy itself keeps only if `is_full`.
    pub fn lines(&self, is_full: bool, names: &Names) -> Vec<String> {
        let mut lines = instance_lines(&self.instance, names);
        lines.extend(self.findings.iter().flat_map(Finding::lines));
        lines.extend(self.steps.lines(&self.current));
        lines.extend(self.migration.iter().flat_map(MigrationStatus::lines));
        lines.push(format!("storage of {}", self.instance.instance.version));
        let unknown = self.fields_unknown.iter();
        lines.extend(unknown.map(|why| format!("  not all of it is known: {why}")));
        let framework = self.framework.iter().filter(|_| is_full);
        lines.extend(self.fields.iter().chain(framework).map(field_line));
        lines.push("events".into());
        lines.extend(self.entries.iter().map(|entry| {
            let (time, who) = (utc(entry.time), names.short(entry.who));
            format!("  {time}  {who}  {}", entry.what)
        }));
        lines
    }
}

/// The lines for people of an instance, with what it does not say itself.
pub fn instance_lines(status: &InstanceStatus, names: &Names) -> Vec<String> {
    let unknown = status.registry.is_none().then(|| {
        "    registry unknown: the proxy names neither a registry nor an owner, so its code alone decides who \
         replaces it; plan tries the accounts that its storage and its events name"
            .to_owned()
    });
    let line = instance_line(&status.instance, names);
    [line].into_iter().chain(unknown).collect()
}

/// A line for people of an instance.
fn instance_line(instance: &Instance, names: &Names) -> String {
    let (proxy, kind, state) = (names.long(instance.proxy), instance.kind, instance.state);
    let (definition, version) = (&instance.definition, &instance.version);
    format!("instance {proxy}  {definition} {version}  {kind}  {state}")
}

fn field_line(one: &FieldValue) -> String {
    let (slot, offset) = (word(&one.slot), one.offset);
    let line = format!("  {}: {} = {}", one.name, one.kind, one.value);
    let line = format!("{line}  slot {slot} byte {offset}  {}", one.area);
    line.trim_end().to_owned()
}

/// The registry's events about an instance, in their order.
///
/// # Errors
/// `EventsHidden` where no event tells how the registry got the instance, which it has: the endpoint keeps events
/// back. What the chain says.
pub async fn events(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
    names: &Names,
) -> Result<Vec<Entry>, ChainError> {
    let entries = of_instance(registry, name, proxy, names).await?;
    let is_origin = |entry: &Entry| ["ProxyCreated", "InstanceAdopted"].contains(&entry.event);
    if !entries.iter().any(is_origin) {
        let what = format!("how {proxy} became an instance of {name}");
        return Err(events_hidden(registry, &what));
    }
    Ok(entries)
}
