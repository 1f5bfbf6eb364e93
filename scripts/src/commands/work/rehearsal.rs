//! Puts a version on chain: first only planned, compared with open actions and tried on a copy with the approvals that
//! it needs; then what is missing is sent.

use super::super::args::INSTANCES;
use super::super::confirm;
use super::{Becomes, CodeFrom, Wanted, Work};
use crate::assess::FindingId;
use crate::checks::{Assessment, Code};
use crate::commands::prelude::*;
use crate::governance::{GovernedCall, require_approver};
use crate::plan::{PlanRequest, fails};
use crate::registry::{self, NewVersion};
use stylus_upgrades_interface::registry::Step;

impl Work<'_> {
    /// Puts code, layout and check of a version on the chain, with the registered or the described step. Before
    /// anything is sent, refuses a version that differs from an open action, or that the registry would refuse.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`]; what the registry would refuse.
    pub(super) async fn place_all(
        &mut self,
        wanted: &Wanted<'_>,
        new: &Code,
        way: Option<&Step>,
    ) -> Result<NewVersion> {
        if self.sends {
            let mut thought = self.thought();
            let version = thought.put_all(wanted, new, way).await?;
            thought.rehearse(wanted, version).await?;
        }
        self.put_all(wanted, new, way).await
    }

    /// The same work, only planned.
    fn thought(&self) -> Self {
        Self {
            place: self.place,
            name: self.name.clone(),
            current: self.current.clone(),
            known: self.known.clone(),
            open: self.open.clone(),
            sent: Vec::new(),
            sends: false,
            undeployed: Vec::new(),
            inactive: Vec::new(),
            checks: Assessment::default(),
            expected: None,
            layout: self.layout.clone(),
            document: None,
        }
    }

    async fn put_all(
        &mut self,
        wanted: &Wanted<'_>,
        new: &Code,
        way: Option<&Step>,
    ) -> Result<NewVersion> {
        let mut code = new.code;
        if let Some(artifact) = new.artifact.clone() {
            code.implementation = self.put(artifact).await?;
        }
        if let CodeFrom::Version(old) = wanted.code
            && new.is_old
        {
            self.revive(old, new).await?;
        }
        self.publish(new).await?;
        let step = match way {
            Some(way) => way.clone(),
            None if wanted.initial => registry::initial(),
            None => self.step(wanted).await?,
        };
        Ok(NewVersion {
            name: self.name.clone(),
            version: wanted.version.into(),
            code: code.into(),
            step,
        })
    }

    /// What has to be tried, with everything that is only planned.
    pub(crate) fn trial(&mut self, call: abi::migrateCall, instances: u32) -> PlanRequest {
        PlanRequest {
            undeployed: std::mem::take(&mut self.undeployed),
            inactive: std::mem::take(&mut self.inactive),
            expected: self.expected.take(),
            document: self.document.take(),
            layout: self.layout.clone(),
            ..self.place.plan_request(call, instances)
        }
    }

    /// If it cannot be tried, prints a warning and continues: only gas is at risk.
    async fn rehearse(&mut self, wanted: &Wanted<'_>, new: NewVersion) -> Result<()> {
        let (place, context) = (self.place, self.place.context);
        let trial = self.trial(new.clone().into(), INSTANCES);
        let is_done = self.is_done(&new);
        let call = wanted.becomes.call(new);
        if !trial.inactive.is_empty() {
            // Anybody may activate it, but it is paid for before the registry refuses the key.
            // Once the others have approved it, anybody may send it.
            let role = (self.name.as_str(), confirm::MIGRATE);
            let proposed = self.open.iter().find(|open| open.call == call);
            let approved = proposed.map_or(&[][..], |open| &open.readiness.approved);
            require_approver(place.registry, "a rollback", role, approved).await?;
        }
        if !is_done {
            let governed = GovernedCall::decode(place.registry.address, call, U256::ZERO)?;
            confirm::require(context, &confirm::rivals(place, &governed).await?)?;
        }
        let is_checked = wanted.step.expect.is_some() || wanted.step.check.is_some();
        let is_paid = !trial.undeployed.is_empty() || !trial.inactive.is_empty();
        let is_new = is_paid || is_checked;
        let is_accepted = context.accepted().contains(&FindingId::WOULD_FAIL);
        if wanted.becomes != Becomes::Current || wanted.initial || !is_new || is_accepted {
            return Ok(());
        }
        match context.try_on_copy(place.registry.client, trial).await {
            Ok(plan) => {
                if let Some(mut finding) = plan.stuck.clone() {
                    let next = finding.next.unwrap_or_default();
                    let sends = "to send it anyway: --accept would-fail";
                    finding.next = Some(format!("{next}; {sends}"));
                    return Err(fails(&finding).into());
                }
            }
            Err(error) => context.note(format!("warning: it was not tried on a copy: {error}")),
        }
        Ok(())
    }
}
