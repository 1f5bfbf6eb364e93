//! Puts a version on chain: first only planned, compared with open actions and simulated on a copy with the approvals
//! that it needs; then what is missing is sent.

use super::{Becomes, CodeFrom, Wanted, Work};
use crate::assess::{FindingId, Refused, Role, decide};
use crate::checks::{Assessment, Code};
use crate::context::prelude::*;
use crate::error::Report;
use crate::governance::{GovernedCall, require_approver};
use crate::options::INSTANCES;
use crate::pipeline::confirm;
use crate::plan::{PlanRequest, fails};
use crate::registry::{self, NewVersion};
use stylus_upgrades_interface::registry::Step;

impl Work<'_> {
    /// Puts code, layout and check of a version on the chain, with the registered or the described step. Before
    /// anything is sent, refuses a version that differs from an open action, or that the registry would refuse.
    ///
    /// # Errors
    /// [`Error::Unconfirmed`]; what the registry would refuse.
    pub(crate) async fn place_all(
        &mut self,
        wanted: &Wanted<'_>,
        new: &Code,
        registered: Option<&Step>,
    ) -> Result<NewVersion> {
        if self.sends {
            let mut planned = self.planned();
            let version = planned.put_all(wanted, new, registered).await?;
            planned.simulate(wanted, version).await?;
        }
        self.put_all(wanted, new, registered).await
    }

    /// The same work, only planned.
    fn planned(&self) -> Self {
        Self {
            session: self.session,
            name: self.name.clone(),
            current: self.current.clone(),
            known: self.known.clone(),
            is_past: self.is_past,
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
        registered: Option<&Step>,
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
        let step = match registered {
            Some(registered) => registered.clone(),
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
    pub(crate) fn plan_request(&mut self, call: abi::migrateCall, instances: u32) -> PlanRequest {
        PlanRequest {
            undeployed: std::mem::take(&mut self.undeployed),
            inactive: std::mem::take(&mut self.inactive),
            expected: self.expected.take(),
            document: self.document.take(),
            layout: self.layout.clone(),
            ..self.session.plan_request(call, instances)
        }
    }

    /// If it cannot be tried, prints a warning and continues: only gas is at risk. Where its author declares what it
    /// moves, the trial is the only evidence, so it is refused unless all of that is accepted.
    async fn simulate(&mut self, wanted: &Wanted<'_>, new: NewVersion) -> Result<()> {
        let (session, context) = (self.session, self.session.context);
        let mut request = self.plan_request(new.clone().into(), INSTANCES);
        let is_done = self.is_done(&new);
        let call = wanted.becomes.call(new);
        if !request.inactive.is_empty() {
            // Anybody may activate it, but it is paid for before the registry refuses the key.
            // Once the others have approved it, anybody may send it.
            let role = (self.name.as_str(), confirm::MIGRATE);
            let proposed = self.open.iter().find(|open| open.call == call);
            let approved = proposed.map_or(&[][..], |open| &open.readiness.approved);
            require_approver(session.registry, "a rollback", role, approved).await?;
        }
        if !is_done {
            let governed = GovernedCall::decode(session.registry.address, call, U256::ZERO)?;
            confirm::require_accepted(context, &confirm::rivals(session, &governed).await?)?;
        }
        let is_checked = wanted.step.expect.is_some() || wanted.step.check.is_some();
        let is_paid = !request.undeployed.is_empty() || !request.inactive.is_empty();
        let is_new = is_paid || is_checked;
        let accepted = context.accepted();
        let is_accepted = accepted.contains(&FindingId::WOULD_FAIL);
        // Whether a migration moves what its author declares, only a copy shows.
        let document = request.document.as_ref();
        let mut declared = document.map_or(Vec::new(), |one| one.migrates.clone());
        let is_tried = !declared.is_empty() || (is_new && !is_accepted);
        if wanted.becomes != Becomes::Current || wanted.initial || !is_tried {
            return Ok(());
        }
        if !declared.is_empty() {
            request.layouts = session.instance_layouts(&self.name, INSTANCES).await?;
        }
        match context
            .simulate_on_copy(session.registry.client, request)
            .await
        {
            Ok(plan) => {
                let mut lost = plan.problems;
                lost.retain(|one| one.id.is_of_layouts());
                let decided = decide(&lost, &accepted, Role::Proposer);
                if let Some(refused) = Refused::of(decided.refused) {
                    return Err(refused.into());
                }
                if let Some(mut finding) = plan.stuck.filter(|_| !is_accepted) {
                    // A registered version never changes: sent later, it would fail as well.
                    if !fails(&finding).is("VersionExists") {
                        let next = finding.next.unwrap_or_default();
                        let sends = "to send it anyway: --accept would-fail";
                        finding.next = Some(format!("{next}; {sends}"));
                    }
                    return Err(fails(&finding).into());
                }
            }
            Err(error) => {
                declared.retain(|one| !accepted.iter().any(|id| *id == **one));
                if declared.is_empty() {
                    context.note(format!("warning: it was not tried on a copy: {error}"));
                    return Ok(());
                }
                let next = Report::of(&error).next().unwrap_or_default();
                let accept = declared.join(",");
                let next = format!("{next}; to send it untried: --accept {accept}");
                let says = format!("what the migration is declared to move was not tried: {error}");
                return Err(Refusal::of(&error).saying(says).advising(next).into());
            }
        }
        Ok(())
    }
}
