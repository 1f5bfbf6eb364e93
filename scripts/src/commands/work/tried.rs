//! What is proposed is tried on a copy, with the approvals that it needs, before anything is paid for.

use super::super::args::{RollbackArgs, StepArgs, VersionArgs};
use super::{Does, Work};
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::build::Artifact;
use crate::checks::Code;
use crate::plan::{PlanError, PlanRequest};
use crate::progress::Progress;
use crate::registry::{NewVersion, RecordedCode};
use std::collections::BTreeMap;
use stylus_layout::Document;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances that are tried: more than the registry takes along in the call itself.
const INSTANCES: u32 = 16;

impl Work<'_> {
    /// Refuses what the registry would refuse once code and layout are there, before they are sent.
    ///
    /// # Errors
    /// [`PlanError::Fails`]. What cannot be tried is said, and goes on: nothing but gas is at stake.
    pub(super) async fn try_first(&mut self, args: &VersionArgs, new: &Code) -> Result<(), Error> {
        let is_checked = args.step.expect.is_some() || args.step.check.is_some();
        if new.artifact.is_none() && !is_checked {
            return Ok(());
        }
        let way = (args.version.as_str(), args.from.as_deref(), &args.step);
        self.try_code(
            way,
            new.code,
            new.artifact.clone(),
            new.layout.value().cloned(),
        )
        .await
    }

    /// The same of code that is there, whose script may not be.
    ///
    /// # Errors
    /// As [`Self::try_first`].
    pub(in crate::commands) async fn try_rollback(
        &mut self,
        args: &RollbackArgs,
        code: RecordedCode,
    ) -> Result<(), Error> {
        if args.step.script.is_none() {
            return Ok(());
        }
        let way = (args.version.as_str(), None, &args.step);
        self.try_code(way, code, None, None).await
    }

    async fn try_code(
        &mut self,
        (version, from, step): (&str, Option<&str>, &StepArgs),
        mut code: RecordedCode,
        artifact: Option<Artifact>,
        document: Option<Document>,
    ) -> Result<(), Error> {
        let is_accepted = self.context.accepted().contains(&FindingId::WOULD_FAIL);
        if self.does != Does::Send || is_accepted {
            return Ok(());
        }
        self.does = Does::Try;
        let placed = match artifact {
            Some(artifact) => self.put(artifact).await,
            None => Ok(code.implementation),
        };
        let step = self.step(version, from, step).await;
        self.does = Does::Send;
        let undeployed = std::mem::take(&mut self.undeployed);
        code.implementation = placed?;
        let call = abi::migrateCall::from(NewVersion {
            name: self.name.clone(),
            version: version.to_owned(),
            code: code.into(),
            step: step?,
        });
        let request = PlanRequest {
            registry: self.registry,
            call,
            undeployed,
            expected: self.expected.take(),
            getters: Vec::new(),
            layout: self.layout.clone(),
            layouts: BTreeMap::new(),
            document,
            instances: INSTANCES,
            names: self.context.names(),
        };
        match self.context.try_on_copy(&self.client, request).await {
            Ok(plan) => match plan.stuck.clone() {
                Some(mut finding) => {
                    let next = finding.next.unwrap_or_default();
                    finding.next =
                        Some(format!("{next}; --accept would-fail sends it all the same"));
                    Err(PlanError::Fails(finding.into()).into())
                }
                None => Ok(()),
            },
            Err(error) => {
                let line = format!("warning: it was not tried on a copy: {error}");
                self.context.output.note(&line);
                Ok(())
            }
        }
    }
}
