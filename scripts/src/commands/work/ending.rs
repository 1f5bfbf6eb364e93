//! How a complex migration ends: its program was linked to UpgradeabilityStorage, which goes on from
//! there. Where that is not on the chain, a contract that began would stay paused.

use super::{Run, Work};
use crate::app_error::Error;
use crate::build::Artifact;
use crate::model::StepKind;
use crate::registry::runs;
use crate::steps::StepsError;
use alloy::primitives::{Address, Bytes};
use stylus_upgrades_interface::registry::Step;

/// The program of a complex migration, as a command or an action names it.
pub(in crate::commands) enum Program {
    /// The step is not complex.
    None,
    /// Its module, built here.
    Built(Bytes),
    /// Where it lies.
    At(Address),
}

impl Program {
    /// The program of a step that is registered or proposed.
    pub(in crate::commands) fn of(step: &Step) -> Self {
        match runs(step) {
            StepKind::Complex => Self::At(step.script),
            _ => Self::None,
        }
    }
}

impl Work<'_> {
    /// Refuses a program that is not linked to the framework's UpgradeabilityStorage, or to one that
    /// is not on this chain.
    pub(super) async fn require_ending(&mut self, run: &Run) -> Result<(), Error> {
        let module = match &run.program {
            Program::None => return Ok(()),
            Program::Built(module) => module.clone(),
            Program::At(account) => {
                let code = self.client.code(*account).await?;
                let fragments = self.client.fragments(&code).await?;
                match Artifact::from_chain("the program", code.clone(), &fragments) {
                    Ok(artifact) => artifact.wasm,
                    Err(_) => code, // EVM code names addresses as they are
                }
            }
        };
        let storage = self.context.builder()?.framework()?.storage.address;
        let is_linked = module.windows(20).any(|bytes| bytes == storage.as_slice());
        if !is_linked {
            self.refuse(StepsError::ProgramOfOtherFramework { storage });
        } else if self.client.code(storage).await?.is_empty() {
            self.refuse(StepsError::ProgramCannotEnd { storage });
        }
        Ok(())
    }
}
