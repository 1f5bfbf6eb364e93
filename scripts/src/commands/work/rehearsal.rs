//! A version goes on chain: first as a thought, which is compared with what is open and tried on a copy with the
//! approvals that it needs; then what is missing is sent.

use super::super::args::VersionArgs;
use super::super::confirm::require_no_rival;
use super::super::facts::Place;
use super::{Becomes, Work};
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::checks::{Assessment, Code};
use crate::plan::{PlanRequest, fails};
use crate::progress::Progress;
use crate::registry::{self, NewVersion};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Step;

/// Instances that are tried: more than the registry takes along in the call itself.
const INSTANCES: u32 = 16;

impl Work<'_> {
    /// Has code, layout and check of a version on the chain, by the way that is registered or that the arguments
    /// describe. Before anything is sent for it, it is refused where an open action says something else, and where the
    /// registry would refuse it.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`]; what would be refused.
    pub(in crate::commands) async fn place_all(
        &mut self,
        args: &VersionArgs,
        new: &Code,
        way: Option<&Step>,
        becomes: Becomes,
    ) -> Result<NewVersion, Error> {
        if self.sends {
            let mut thought = self.thought();
            let version = thought.put_all(args, new, way).await?;
            thought.rehearse(args, version, becomes).await?;
        }
        self.put_all(args, new, way).await
    }

    /// The same work, only thought of.
    fn thought(&self) -> Self {
        Self {
            context: self.context,
            client: self.client.clone(),
            registry: self.registry,
            name: self.name.clone(),
            current: self.current.clone(),
            known: self.known.clone(),
            open: self.open.clone(),
            sent: Vec::new(),
            sends: false,
            undeployed: Vec::new(),
            checks: Assessment::default(),
            expected: None,
            layout: self.layout.clone(),
            document: None,
        }
    }

    async fn put_all(
        &mut self,
        args: &VersionArgs,
        new: &Code,
        way: Option<&Step>,
    ) -> Result<NewVersion, Error> {
        let mut code = new.code;
        if let Some(artifact) = new.artifact.clone() {
            code.implementation = self.put(artifact).await?;
        }
        self.publish(new).await?;
        let step = match way {
            Some(way) => way.clone(),
            None if args.initial => registry::initial(),
            None => {
                let from = args.from.as_deref();
                self.step(&args.version, from, &args.step).await?
            }
        };
        Ok(NewVersion {
            name: self.name.clone(),
            version: args.version.clone(),
            code: code.into(),
            step,
        })
    }

    /// Tries what was only thought of. What cannot be tried is said, and goes on: nothing but gas is at stake.
    async fn rehearse(
        self,
        args: &VersionArgs,
        new: NewVersion,
        becomes: Becomes,
    ) -> Result<(), Error> {
        let is_done = self.is_done(&new);
        let is_checked = args.step.expect.is_some() || args.step.check.is_some();
        let is_new = !self.undeployed.is_empty() || is_checked;
        let (version, migrate) = (abi::addVersionCall::from(new.clone()), new.into());
        let bytes = match becomes {
            Becomes::Registered => version.abi_encode(),
            Becomes::Current => abi::migrateCall::abi_encode(&migrate),
        };
        if !is_done {
            let there = (&self.client, self.registry);
            require_no_rival(self.context, there, &bytes.into()).await?;
        }
        let is_accepted = self.context.accepted().contains(&FindingId::WOULD_FAIL);
        if becomes == Becomes::Registered || args.initial || !is_new || is_accepted {
            return Ok(());
        }
        let request = PlanRequest {
            undeployed: self.undeployed,
            expected: self.expected,
            document: self.document,
            layout: self.layout,
            ..Place::of(self.context, &self.client, self.registry).plan_request(migrate, INSTANCES)
        };
        let tried = self.context.try_on_copy(&self.client, request).await;
        match tried {
            Ok(plan) => {
                if let Some(mut finding) = plan.stuck.clone() {
                    let next = finding.next.unwrap_or_default();
                    let sends = "--accept would-fail sends it all the same";
                    finding.next = Some(format!("{next}; {sends}"));
                    return Err(fails(&finding).into());
                }
            }
            Err(error) => {
                let line = format!("warning: it was not tried on a copy: {error}");
                self.context.output.note(&line);
            }
        }
        Ok(())
    }
}
