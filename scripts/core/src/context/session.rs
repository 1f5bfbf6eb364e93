//! The session of a command: the registry on its chain, and the context of the command.

use super::Context;
use crate::assess::Role;
use crate::checks::{Assessment, ReadAt};
use crate::client::ChainError;
use crate::layout::{Documents, Initializers};
use crate::migration::BATCHES;
use crate::plan::PlanRequest;
use crate::prelude::*;
use crate::registry::Registry;
use std::collections::BTreeMap;

/// A registry, and what the command that asks it was started with.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The context of the command.
    pub context: &'a Context,
    /// The registry.
    pub registry: Registry<'a>,
}

impl<'a> Session<'a> {
    /// The registry that was named, of which all that this command reads is of one block.
    ///
    /// # Errors
    /// If its origin is not verified, or none was named.
    pub async fn reading(context: &'a Context) -> Result<Self> {
        let registry = context.verified_snapshot().await?;
        Ok(Self { context, registry })
    }

    /// Opens a session as [`Self::reading`] does, and runs `read` meanwhile. Nobody sees its result unless the origin
    /// is verified.
    ///
    /// # Errors
    /// The errors of [`Self::reading`]; else those of `read`.
    pub(crate) async fn reading_while<T>(
        context: &'a Context,
        read: impl AsyncFnOnce(Registry<'a>) -> Result<T, ChainError>,
    ) -> Result<(Self, T)> {
        let (registry, found) = context.verified_snapshot_while(read).await?;
        Ok((Self { context, registry }, found?))
    }

    /// Opens a session for a command that sends; `what` is its name. Asks for the password of the key, opens the
    /// journal, and waits for the transactions of an earlier run, for up to two minutes.
    ///
    /// # Errors
    /// The errors of [`Self::reading`].
    pub(crate) async fn sending(context: &'a Context, what: &str) -> Result<Self> {
        let registry = context.verified_working(what).await?;
        Ok(Self { context, registry })
    }

    /// The chain, the registry and the block.
    pub fn read_at(self) -> ReadAt {
        ReadAt {
            registry: self.registry.address,
            chain_id: self.registry.client.chain_id(),
            block: self.registry.client.pinned_block(),
        }
    }

    /// An assessment without checks.
    pub(crate) fn assessment(self, role: Role) -> Assessment {
        Assessment::asked_by(role, self.context.accepted())
    }

    /// A migration to be simulated, with the code on the chain.
    pub(crate) fn plan_request(self, call: abi::migrateCall, instances: u32) -> PlanRequest {
        PlanRequest {
            registry: self.registry.address,
            call,
            undeployed: Vec::new(),
            inactive: Vec::new(),
            expected: None,
            getters: Vec::new(),
            layout: None,
            documents: BTreeMap::new(),
            document: None,
            initializers: Initializers::default(),
            instances,
            batches: BATCHES,
            data_fee_bump_percent: self.context.global.data_fee_bump_percent,
            max_data_fee: self.registry.client.max_data_fee(),
            without_gas: self.context.without_gas(),
            account_events: BTreeMap::new(),
            sender: None,
            names: self.context.names(),
        }
    }

    /// Layout documents of its versions.
    pub fn documents(self) -> Documents {
        self.context.documents(self.registry)
    }
}
