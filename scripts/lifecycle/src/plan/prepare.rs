//! Before anybody decides: code and layout that are not there yet are deployed and published on the
//! copy, and all code is checked.

use super::code_checks;
use super::instances::Before;
use super::simulated_plan::PlanSimulation;
use super::{PlanRequest, Transaction};
use crate::assess::{Finding, Part};
use crate::client::{ChainError, Client, Sent};
use crate::deploy::{self, Activation};
use crate::error::Explain;
use crate::expect::{Asks, CHECK};
use crate::layout::documents;
use crate::program_code::is_program;
use crate::registry::named;
use crate::simulation::{ANYBODY, Simulation, now};
use alloy::primitives::{Address, Bytes};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::Chain;

/// The chain with those of these programs activated that are not.
///
/// # Errors
/// What the chain says.
pub fn activated(chain: Chain, programs: &[(Address, Bytes)]) -> Result<Chain, ChainError> {
    let mut simulation = Simulation::new(chain);
    for &(program, _) in programs.iter().filter(|(_, code)| is_program(code)) {
        // What is not active is found when the upgrade is tried.
        simulation.live(ANYBODY, async |client| {
            deploy::try_activate(client, &program.to_string(), program, 0).await
        })?;
    }
    Ok(simulation.chain)
}

impl PlanSimulation<'_> {
    /// Deploys and activates what is not on the chain yet, as `migrate` would.
    pub(super) fn deploy(&mut self) -> Result<(), ChainError> {
        let request = self.request;
        for (address, artifact) in &request.undeployed {
            if self.simulation.code(*address)?.is_empty() {
                self.send(async |client| {
                    let mut sent = deploy::deploy_fragments(client, artifact).await?;
                    let created = deploy::create2(client, &artifact.name, &artifact.code);
                    sent.extend(created.await?.1);
                    Ok(sent)
                })?;
            }
            self.activate(&artifact.name, *address)?;
        }
        for program in &request.inactive {
            self.activate(&program.to_string(), *program)?;
        }
        if let Some(expected) = &request.expected {
            self.send(async |client| {
                let (_, sent) = deploy::create2(client, CHECK, expected.code()).await?;
                Ok(sent)
            })?;
        }
        let call = &request.call;
        let code = self.simulation.code(call.step.script)?;
        self.plan.expectations = Asks::of(&call.step, &code);
        self.plan.code_bytes = self.simulation.code(call.code.implementation)?.len();
        Ok(())
    }

    /// Activates a program that is not active, or finds why the chain does not take it.
    fn activate(&mut self, name: &str, program: Address) -> Result<(), ChainError> {
        let PlanRequest {
            data_fee_bump_percent: bump,
            max_data_fee: most,
            ..
        } = *self.request;
        let activation = self.simulation.live(ANYBODY, async |client| {
            let client = client.with_max_data_fee(most);
            deploy::try_activate(&client, name, program, bump).await
        });
        match activation? {
            Activation::Active => {}
            Activation::Sent(sent) => self.note([*sent]),
            Activation::Refused(error) => {
                let found = Finding::refusal(Part::Simulation, None, &error.report());
                self.plan.stuck.get_or_insert_with(|| found.clone());
                self.plan.problems.push(found);
            }
        }
        Ok(())
    }

    /// Sends on the copy, by the function that sends on the chain.
    fn send<S: IntoIterator<Item = Sent>>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<S, ChainError>,
    ) -> Result<(), ChainError> {
        let sent = self.simulation.live(ANYBODY, work)?;
        self.note(sent);
        Ok(())
    }

    /// Notes what was sent on the copy.
    fn note(&mut self, sent: impl IntoIterator<Item = Sent>) {
        let simulation = &self.simulation;
        let sent = sent.into_iter();
        let sent =
            sent.map(|transaction| Transaction::live(simulation, &transaction.what, &transaction));
        self.plan.transactions.extend(sent);
    }

    /// Publishes the layout document, as `migrate` would, unless it is published already.
    pub(super) fn publish(&mut self) -> Result<(), ChainError> {
        let Some(document) = &self.request.document else {
            return Ok(());
        };
        let published = self.send(async |client| documents::publish(client, document).await);
        if let Err(error) = published {
            self.plan.problems.push(error.finding()?);
        }
        Ok(())
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
        let labels = before.iter().map(|before| &before.instance.version);
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
