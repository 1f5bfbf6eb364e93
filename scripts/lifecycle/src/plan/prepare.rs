//! Before anybody decides: code and layout that are not there yet are deployed and published on the
//! copy, and all code is checked.

use super::Transaction;
use super::code_checks;
use super::instances::Before;
use super::simulated_plan::PlanSimulation;
use crate::build::evm;
use crate::client::ChainError;
use crate::expect::Asks;
use crate::layout::documents;
use crate::program_code::is_program;
use crate::registry::named;
use crate::simulation::{ANYBODY, Simulation, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{Chain, Receipt};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;
use stylus_upgrades_interface::layouts::ILayouts as abi;

/// The chain with those of these programs activated that are not.
///
/// # Errors
/// What the chain says.
pub fn activated(chain: Chain, programs: &[(Address, Bytes)]) -> Result<Chain, ChainError> {
    let mut simulation = Simulation::new(chain);
    for &(program, _) in programs.iter().filter(|(_, code)| is_program(code)) {
        if !code_checks::is_active(&simulation, program) {
            let what = format!("activate {program}");
            match code_checks::activate(&mut simulation, &what, program) {
                // What is not active is found when the upgrade is tried.
                Err(error) if !error.is_refusal() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(simulation.chain)
}

impl PlanSimulation<'_> {
    /// Deploys and activates what is not on the chain yet, as `migrate` would.
    pub(super) fn deploy(&mut self) -> Result<(), ChainError> {
        let request = self.request;
        for (address, artifact) in &request.undeployed {
            for fragment in &artifact.fragments {
                let there = evm::create2_address(&evm::creation_code(fragment));
                let what = format!("deploy a fragment of {}", artifact.name);
                self.create2(&what, there, fragment)?;
            }
            let what = format!("deploy {}", artifact.name);
            self.create2(&what, *address, &artifact.code)?;
            self.activate(&artifact.name, *address)?;
        }
        for program in &request.inactive {
            self.activate(&program.to_string(), *program)?;
        }
        if let Some(expected) = &request.expected {
            self.create2("deploy the check", expected.account(), expected.code())?;
        }
        let call = &request.call;
        let code = self.simulation.code(call.step.script)?;
        self.plan.expectations = Asks::of(&call.step, &code);
        self.plan.code_bytes = self.simulation.code(call.code.implementation)?.len();
        Ok(())
    }

    /// Activates a program that is not active.
    fn activate(&mut self, name: &str, program: Address) -> Result<(), ChainError> {
        if code_checks::is_active(&self.simulation, program) {
            return Ok(());
        }
        let what = format!("activate {name}");
        let sent = code_checks::activate(&mut self.simulation, &what, program);
        self.note(&what, sent)
    }

    /// Puts code at its account, where there is none.
    fn create2(&mut self, what: &str, address: Address, code: &[u8]) -> Result<(), ChainError> {
        if self.simulation.code(address)?.is_empty() {
            let (to, input) = (CREATE2_DEPLOYER, evm::create2_input(code));
            let done = self.simulation.send(what, ANYBODY, to, input, U256::ZERO)?;
            let done = Transaction::of(&self.simulation, what, &done);
            self.plan.transactions.push(done);
        }
        Ok(())
    }

    /// Notes a transaction, or why it is refused.
    fn note(&mut self, what: &str, sent: Result<Receipt, ChainError>) -> Result<(), ChainError> {
        match sent {
            Ok(done) => {
                let done = Transaction::of(&self.simulation, what, &done);
                self.plan.transactions.push(done);
            }
            Err(error) => self.plan.problems.push(error.finding()?),
        }
        Ok(())
    }

    /// Publishes the layout document, as `migrate` would, unless it is published already.
    pub(super) fn publish(&mut self) -> Result<(), ChainError> {
        let Some(document) = &self.request.document else {
            return Ok(());
        };
        let layouts = documents::address();
        self.create2("deploy the layouts contract", layouts, &evm::layouts_code())?;
        let published = abi::layoutAtCall {
            layoutHash: document.hash(),
        };
        if self.simulation.ask(layouts, &published)? > 0 {
            return Ok(());
        }
        let call = abi::publishLayoutCall {
            document: document.encode().into(),
        };
        let (what, input) = ("publish the layout", call.abi_encode().into());
        let sent = self
            .simulation
            .send(what, ANYBODY, layouts, input, U256::ZERO);
        self.note(what, sent)
    }

    /// Looks at the new code and at the script.
    pub(super) fn check_code(&mut self) -> Result<(), ChainError> {
        let call = &self.request.call;
        let (implementation, script) = (call.code.implementation, call.step.script);
        let what = format!("the {}", named(&call.step).word());
        let new = format!("the code of {}", self.plan.to);
        let (simulation, found) = (&self.simulation, &mut self.plan.problems);
        found.extend(code_checks::hidden_proxy(simulation, &new, implementation)?);
        found.extend(code_checks::clashes(simulation, implementation)?);
        if !script.is_zero() {
            found.extend(code_checks::hidden_proxy(simulation, &what, script)?);
        }
        Ok(())
    }

    /// Looks at these instances, and at the code that is in use: what was found already is not said again.
    pub(super) fn check_instances(&mut self, before: &[Before]) -> Result<(), ChainError> {
        let mut found = Vec::new();
        for (version, account) in self.in_use(before)? {
            let (old, simulation) = (format!("the code of {version}"), &mut self.simulation);
            found.extend(code_checks::hidden_proxy(simulation, &old, account)?);
            let back = code_checks::rollback_possible(simulation, &version, account)?;
            found.extend(back);
        }
        found.extend(before.iter().filter_map(Before::other_code));
        found.retain(|finding| !self.plan.problems.contains(finding));
        self.plan.problems.extend(found);
        Ok(())
    }

    /// The code of every version that is current or in use, except the new one.
    fn in_use(&self, before: &[Before]) -> Result<BTreeMap<String, Address>, ChainError> {
        let plan = &self.plan;
        let labels = before.iter().map(|one| &one.instance.version);
        let labels: BTreeSet<&String> = labels.chain([&plan.from]).collect();
        let labels = labels.into_iter();
        let old = labels.filter(|label| !label.is_empty() && **label != plan.to);
        let registry = self.simulation.registry(self.request.registry);
        let found = old.map(|label| {
            let code = now(registry.code(&plan.name, label))?;
            Ok::<_, ChainError>((label.clone(), code.implementation))
        });
        found.collect()
    }
}
