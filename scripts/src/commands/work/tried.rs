//! What one key decides alone is tried on a copy before it pays for anything: what others have to approve
//! is tried before its first approval.

use super::super::args::VersionArgs;
use super::{Does, Work};
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::checks::Code;
use crate::plan::{PlanError, PlanRequest};
use crate::progress::Progress;
use crate::registry::NewVersion;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances that are tried: more than the registry takes along in the call itself.
const INSTANCES: u32 = 16;

impl Work<'_> {
    /// Refuses what the registry would refuse once code and layout are there, before they are sent.
    ///
    /// # Errors
    /// [`PlanError::Fails`]. What cannot be tried is said, and goes on: nothing but gas is at stake.
    pub(super) async fn try_first(&mut self, args: &VersionArgs, new: &Code) -> Result<(), Error> {
        let Some(artifact) = new.artifact.clone().filter(|_| self.does == Does::Send) else {
            return Ok(());
        };
        if self.context.accepted().contains(&FindingId::WOULD_FAIL) || !self.decides_alone().await?
        {
            return Ok(());
        }
        self.does = Does::Try;
        let placed = self.put(artifact).await;
        let step = self
            .step(&args.version, args.from.as_deref(), &args.step)
            .await;
        self.does = Does::Send;
        let undeployed = std::mem::take(&mut self.undeployed);
        let mut code = new.code;
        code.implementation = placed?;
        let call = abi::migrateCall::from(NewVersion {
            name: self.name.clone(),
            version: args.version.clone(),
            code: code.into(),
            step: step?,
        });
        let request = PlanRequest {
            registry: self.registry,
            call,
            undeployed,
            layout: self.layout.clone(),
            document: new.layout.value().cloned(),
            instances: INSTANCES,
            names: self.context.names(),
        };
        match self.context.try_on_copy(&self.client, request).await {
            Ok(plan) => match plan.stuck {
                Some(finding) => Err(PlanError::Fails(finding.into()).into()),
                None => Ok(()),
            },
            Err(error) => {
                let line = format!("warning: it was not tried on a copy: {error}");
                self.context.output.note(&line);
                Ok(())
            }
        }
    }

    /// Whether the policy of `migrate` asks nobody but this key, now.
    async fn decides_alone(&self) -> Result<bool, Error> {
        let caller = self.client.caller("migrate")?;
        let text = self
            .client
            .registry(self.registry)
            .policy(&self.name, "migrate")
            .await?;
        let policy = parse(text.as_bytes());
        Ok(policy.is_ok_and(|policy| policy.is_satisfied_alone(policy.bit(caller))))
    }
}
