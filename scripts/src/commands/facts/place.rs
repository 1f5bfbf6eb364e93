//! Where a command asks: what it was started with, a chain, a registry.

use super::gather;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::{Assessment, ReadAt, Subject};
use crate::client::Client;
use crate::commands::context::Context;
use crate::layout::Documents;
use crate::model::Reader;
use crate::plan::PlanRequest;
use crate::progress::Progress;
use alloy::primitives::Address;
use std::collections::BTreeMap;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Where a command asks, and with what.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Place<'a> {
    pub(in crate::commands) context: &'a Context,
    pub(in crate::commands) client: &'a Client,
    pub(in crate::commands) registry: Address,
}

impl<'a> Place<'a> {
    /// There.
    pub(in crate::commands) const fn of(
        context: &'a Context,
        client: &'a Client,
        registry: Address,
    ) -> Self {
        Self {
            context,
            client,
            registry,
        }
    }

    /// All three.
    pub(in crate::commands) const fn parts(self) -> (&'a Context, &'a Client, Address) {
        (self.context, self.client, self.registry)
    }

    /// Where it asks, and at which block.
    pub(in crate::commands) fn read_at(self) -> ReadAt {
        ReadAt {
            registry: self.registry,
            chain_id: self.client.chain_id(),
            block: self.client.pinned_block(),
        }
    }

    /// What the registry says.
    pub(in crate::commands) fn reader(self) -> Reader<&'a Client> {
        self.client.registry(self.registry)
    }

    /// Nothing was checked yet of what somebody asks here.
    pub(in crate::commands) fn assessment(self, role: Role) -> Assessment {
        Assessment::asked_by(role, self.context.accepted())
    }

    /// Checks something alone.
    pub(in crate::commands) async fn assess(
        self,
        subject: Subject<'_>,
        role: Role,
    ) -> Result<Assessment, Error> {
        let mut all = self.assessment(role);
        self.add(subject, &mut all).await?;
        Ok(all)
    }

    /// Checks something beside the rest, as of one block, and says what the layouts come to.
    pub(in crate::commands) async fn add(
        self,
        subject: Subject<'_>,
        all: &mut Assessment,
    ) -> Result<(), Error> {
        let client = self.client.at_one_block().await?;
        let there = Place {
            client: &client,
            ..self
        };
        let way = gather(there, subject, all.role).await?;
        let compares = way.old.is_some();
        self.context.say_read_at(there.read_at(), compares);
        all.add(way)?;
        let lines = all.last_storage().map(|check| check.lines());
        for line in lines.unwrap_or_default() {
            self.context.output.note(&line);
        }
        Ok(())
    }

    /// A migration to be tried on a copy, of what lies on the chain.
    pub(in crate::commands) fn plan_request(
        self,
        call: abi::migrateCall,
        instances: u32,
    ) -> PlanRequest {
        PlanRequest {
            registry: self.registry,
            call,
            undeployed: Vec::new(),
            expected: None,
            getters: Vec::new(),
            layout: None,
            layouts: BTreeMap::new(),
            document: None,
            instances,
            names: self.context.names(),
        }
    }

    pub(in crate::commands) fn documents(self) -> Documents {
        self.context.documents(self.client, self.registry)
    }
}
