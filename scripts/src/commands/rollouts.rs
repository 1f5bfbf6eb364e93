//! Rollouts of a definition, one transaction after the other, and what they did together.

use super::context::Context;
use super::propose::{go_on_in_batches, stop};
use crate::app_error::Error;
use crate::client::{Client, Revert, Sent};
use crate::error::{Exit, Explain};
use crate::output::Outcome;
use crate::registry::{RolledOut, arrived_by, begun_by, turned_by};
use alloy::primitives::Address;
use serde::Serialize;

/// What rollouts did together.
#[derive(Default)]
pub(super) struct Rollouts {
    /// Their transactions.
    pub(super) sent: Vec<Sent>,
    /// Instances that stayed as they were, and why.
    pub(super) skipped: Vec<(Address, Revert)>,
    /// Instances that were upgraded.
    pub(super) arrived: Vec<Address>,
    /// Complex steps that began: the instance, from where and to where.
    pub(super) begun: Vec<(Address, String, String)>,
    /// Instances that were paused or resumed with their definition.
    pub(super) turned: Vec<Address>,
    /// What ended them before nothing was left.
    pub(super) refused: Option<Box<dyn Explain>>,
}

impl Rollouts {
    /// Adds one that went through. From then on the chain says what is left, and not the journal.
    pub(super) fn add(&mut self, client: &Client, registry: Address, done: RolledOut) {
        self.arrived.extend(arrived_by(&done.sent, registry));
        self.begun.extend(begun_by(&done.sent, registry));
        self.turned.extend(turned_by(&done.sent, registry));
        self.skipped.extend(done.skipped);
        self.sent.push(done.sent);
        client.close_journal();
    }

    /// Ends them. Where something was sent, that is reported with what ended them.
    ///
    /// # Errors
    /// What ended them, where nothing was sent.
    pub(super) fn end(&mut self, error: impl Into<Error>) -> Result<(), Error> {
        let error = error.into();
        if self.sent.is_empty() {
            return Err(error);
        }
        self.refused = Some(Box::new(error));
        Ok(())
    }

    /// Says behind what is reported already which instances a handler goes on with, and what ended the rollouts.
    pub(super) fn report_end(&self, context: &Context, outcome: &mut Outcome) {
        go_on_in_batches(outcome, &self.begun);
        if let Some(error) = &self.refused {
            stop(context, outcome, error.as_ref(), Exit::Partial);
        }
    }
}

/// An instance that stayed as it was.
#[derive(Serialize)]
pub(super) struct Skipped {
    proxy: Address,
    /// What it was refused with.
    reason: String,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Skipped {
    pub(super) fn of(skipped: &[(Address, Revert)]) -> Vec<Self> {
        let all = skipped.iter().map(|(proxy, reason)| Self {
            proxy: *proxy,
            reason: reason.to_string(),
            next: None,
        });
        all.collect()
    }

    /// The same, with what helps.
    pub(super) fn with_help(skipped: &[(Address, Revert)]) -> Vec<Self> {
        let all = Self::of(skipped).into_iter().zip(skipped);
        let all = all.map(|(one, (_, reason))| Self {
            next: Some(reason.advice().next),
            ..one
        });
        all.collect()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let skipped = format!("skipped {}: {}", self.proxy, self.reason);
        let next = self.next.iter().map(|next| format!("  next    {next}"));
        [skipped].into_iter().chain(next).collect()
    }
}
