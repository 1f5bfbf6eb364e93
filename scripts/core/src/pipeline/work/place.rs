//! The place where a version goes: to the chain, by transactions, or into a plan of them.

use crate::build::{Artifact, evm};
use crate::client::Sent;
use crate::context::prelude::*;
use crate::deploy;
use crate::expect::{CHECK, Expectations};
use crate::governance::{self, PendingAction, Placed, find};
use crate::layout::documents;
use crate::plan::PlanRequest;
use stylus_layout::{Document, Layout};

/// The definition that something is put there for.
#[derive(Clone, Copy)]
pub(crate) struct For<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) name: &'a str,
    /// Its open actions, which may name code that is there.
    pub(crate) open: &'a [PendingAction],
}

/// A place for what a version needs.
pub(crate) trait Place {
    /// Puts code there, and gives its address for every approver.
    async fn deploy(&mut self, of: For<'_>, artifact: Artifact) -> Result<Address>;

    /// Activates a program whose activation has ended; `what` is what it is called.
    async fn activate(&mut self, of: For<'_>, what: &str, program: Address) -> Result<()>;

    /// Publishes a layout document, so that every operator can compare it.
    async fn publish(&mut self, of: For<'_>, document: Document) -> Result<()>;

    /// Puts a check of expectations there, which is missing.
    async fn expect(&mut self, of: For<'_>, expected: Expectations) -> Result<()>;
}

/// The parts of a version that the chain still lacks.
#[derive(Default)]
pub(crate) struct Planned {
    /// The artifacts that would be deployed, and their addresses.
    undeployed: Vec<(Address, Artifact)>,
    /// The programs that would be activated again.
    inactive: Vec<Address>,
    /// The check of expectations that would be deployed.
    expected: Option<Expectations>,
    /// The layout document that would be published.
    pub(crate) document: Option<Document>,
}

impl Planned {
    /// Builds the request to try the upgrade, with everything that is only planned.
    pub(crate) fn request(
        self,
        session: Session<'_>,
        (call, layout): (abi::migrateCall, Option<Layout>),
        instances: u32,
    ) -> PlanRequest {
        PlanRequest {
            undeployed: self.undeployed,
            inactive: self.inactive,
            expected: self.expected,
            document: self.document,
            layout,
            ..session.plan_request(call, instances)
        }
    }
}

impl Place for Planned {
    async fn deploy(&mut self, of: For<'_>, artifact: Artifact) -> Result<Address> {
        let registry = of.session.registry;
        deploy::require_fragments(registry.client, &artifact).await?;
        let found = find(registry, of.name, of.open, &artifact).await?;
        let address = found.map(|(address, _)| address);
        let address = address.unwrap_or_else(|| evm::create2_address(&artifact.creation_code()));
        self.undeployed.push((address, artifact));
        Ok(address)
    }

    async fn activate(&mut self, of: For<'_>, _: &str, program: Address) -> Result<()> {
        if !deploy::is_active(of.session.registry.client, program).await? {
            self.inactive.push(program);
        }
        Ok(())
    }

    async fn publish(&mut self, _: For<'_>, document: Document) -> Result<()> {
        self.document = Some(document);
        Ok(())
    }

    async fn expect(&mut self, _: For<'_>, expected: Expectations) -> Result<()> {
        self.expected = Some(expected);
        Ok(())
    }
}

/// The chain: what is missing is sent.
#[derive(Default)]
pub(crate) struct OnChain {
    /// The transactions so far.
    pub(crate) sent: Vec<Sent>,
}

impl Place for OnChain {
    async fn deploy(&mut self, of: For<'_>, artifact: Artifact) -> Result<Address> {
        let Session { context, registry } = of.session;
        let For { name, open, .. } = of;
        let bump = context.global.data_fee_bump_percent;
        let Placed {
            address,
            because,
            sent,
        } = governance::place(registry, name, open, &artifact, bump).await?;
        self.sent.extend(sent);
        context.note(format!("{} is at {address}: {because}", artifact.name));
        Ok(address)
    }

    async fn activate(&mut self, of: For<'_>, what: &str, program: Address) -> Result<()> {
        let bump = of.session.context.global.data_fee_bump_percent;
        let client = of.session.registry.client;
        let sent = deploy::activate(client, what, program, bump).await?;
        self.sent.extend(sent);
        Ok(())
    }

    async fn publish(&mut self, of: For<'_>, document: Document) -> Result<()> {
        let sent = documents::publish(of.session.registry.client, &document).await?;
        self.sent.extend(sent);
        Ok(())
    }

    async fn expect(&mut self, of: For<'_>, expected: Expectations) -> Result<()> {
        let client = of.session.registry.client;
        let (_, sent) = deploy::create2(client, CHECK, expected.code()).await?;
        self.sent.extend(sent);
        Ok(())
    }
}
