//! Puts a version on chain: first only planned, and simulated on a copy with the approvals that it needs; then what is
//! missing is sent.

use super::{Becomes, CodeFrom, Resolved, Wanted, Work};
use crate::assess::{FindingId, Refused, Role, decide};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::error::Report;
use crate::governance::require_approver;
use crate::options::INSTANCES;
use crate::pipeline::confirm;
use crate::plan::{PlanRequest, fails};
use crate::registry::{self, NewVersion};

impl Work<'_> {
    /// What a version would be on the chain, with everything that is missing there only planned.
    ///
    /// # Errors
    /// What the chain says.
    pub(crate) async fn trial(&self, resolved: &Resolved<'_>) -> Result<Trial<'_>> {
        let mut planned = self.planned();
        let version = planned.place(resolved).await?;
        Ok(Trial { planned, version })
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

    /// Puts code, layout and check of a version on the chain, with the registered or the described step.
    ///
    /// # Errors
    /// What the chain says.
    pub(crate) async fn place(&mut self, resolved: &Resolved<'_>) -> Result<NewVersion> {
        let Resolved {
            wanted,
            code: new,
            registered,
        } = resolved;
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
}

/// A version that is only planned, before anything is sent for it.
pub(crate) struct Trial<'a> {
    planned: Work<'a>,
    pub(crate) version: NewVersion,
}

impl Trial<'_> {
    /// If it cannot be tried, prints a warning and continues: only gas is at risk. Where its author declares what it
    /// moves, the trial is the only evidence, so it is refused unless all of that is accepted.
    ///
    /// # Errors
    /// What the registry would refuse.
    pub(crate) async fn run(mut self, wanted: &Wanted<'_>) -> Result<()> {
        let (session, context) = (self.planned.session, self.planned.session.context);
        let call: abi::migrateCall = self.version.clone().into();
        let mut request = self.planned.plan_request(call, INSTANCES);
        let call = wanted.becomes.call(self.version);
        if !request.inactive.is_empty() {
            // Anybody may activate it, but it is paid for before the registry refuses the key.
            // Once the others have approved it, anybody may send it.
            let role = (self.planned.name.as_str(), confirm::MIGRATE);
            let proposed = self.planned.open.iter().find(|open| open.call == call);
            let approved = proposed.map_or(&[][..], |open| &open.readiness.approved);
            require_approver(session.registry, "a rollback", role, approved).await?;
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
            request.layouts = session
                .instance_layouts(&self.planned.name, INSTANCES)
                .await?;
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
