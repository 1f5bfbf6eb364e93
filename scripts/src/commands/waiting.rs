//! Instances that stayed as they were although an action was executed: who they are, why, and what helps.

use super::context::Context;
use super::facts::Place;
use crate::client::{ChainError, Client, Sent};
use crate::error::Exit;
use crate::names::Names;
use crate::output::Outcome;
use crate::registry::{Waiting, skipped_by};
use crate::report::CommandReport;
use crate::text::{count, shell_word};
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Reports the instances that the transaction which made a version current left as they were, unless they are
/// at it by now.
pub(super) async fn after_migration(
    place: Place<'_>,
    migrate: &abi::migrateCall,
    sent: &Sent,
    outcome: &mut Outcome,
) -> Result<(), ChainError> {
    let mut waiting = Vec::new();
    for (proxy, reason) in skipped_by(sent, place.registry) {
        match place.client.registry(place.registry).instance(proxy).await {
            Ok(instance) if instance.version == migrate.version => {}
            Ok(_) => waiting.push(Waiting::new(proxy, Some(&reason))),
            Err(error) if error.revert().is_some() => {} // it was removed since
            Err(error) => return Err(error),
        }
    }
    let next = format!("stylus-upgrades upgrade {}", shell_word(&migrate.name));
    let stayed = Stayed { waiting, next };
    stayed.report(place.context, outcome);
    Ok(())
}

/// Instances that wait.
#[derive(Serialize)]
pub(super) struct Stayed {
    pub(super) waiting: Vec<Waiting>,
    /// The command that goes on with them.
    pub(super) next: String,
}

impl Stayed {
    /// Reports them, if there is one. A command that ended otherwise already did so.
    pub(super) fn report(&self, context: &Context, outcome: &mut Outcome) {
        if !self.waiting.is_empty() {
            let before = outcome.exit;
            outcome.add(self, &context.names());
            outcome.exit = before.or(outcome.exit);
        }
    }
}

impl CommandReport for Stayed {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self { waiting, next } = self;
        let each = waiting.iter();
        let mut lines: Vec<_> = each
            .map(|one| format!("waits   {}: {}", one.proxy, one.reason))
            .collect();
        let them = if waiting.len() == 1 { "it" } else { "them" };
        let stayed = count(waiting.len(), "instance");
        let helps: BTreeSet<&str> = waiting.iter().map(|one| one.next.as_str()).collect();
        let helps: Vec<&str> = helps.into_iter().collect();
        lines.push(format!("{stayed} stayed as before; {}", helps.join("; ")));
        lines.push(format!("next: {next} goes on with {them}"));
        lines
    }

    fn exit(&self) -> Exit {
        Exit::NotReady
    }
}

/// Whether an instance of the definition is adopted, so that a contract's call does not move it.
pub(super) async fn has_adopted(
    (client, registry): (&Client, Address),
    name: &str,
) -> Result<bool, ChainError> {
    let instances = client.registry(registry).instances(name).await?;
    Ok(instances.iter().any(|one| one.kind.is_adopted()))
}

/// Names the instances that wait for a direct call, where a contract has sent the rollout. A rollout leaves them
/// without an event.
pub(super) async fn for_direct_call(
    place: Place<'_>,
    name: &str,
    outcome: &mut Outcome,
) -> Result<(), ChainError> {
    let (_, client, registry) = place.parts();
    let sender = client.caller("upgrade")?;
    if client.code(sender).await?.is_empty() || !has_adopted((client, registry), name).await? {
        return Ok(());
    }
    outcome.exit = Some(Exit::NotReady);
    outcome.line(format!(
        "{sender} has code: adopted proxies move only where an account without code sends the rollout directly"
    ));
    outcome.line("next: anybody sends it, with a key whose account has no code");
    Ok(())
}
