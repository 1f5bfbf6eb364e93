//! The upgrade of a check, tried on a copy of the chain, and fuzzed.

use super::{Check, FUZZ};
use crate::assess::{Evidence, Finding, FindingKind, Origin, Part, Role, Severity};
use crate::client::Client;
use crate::context::prelude::*;
use crate::options::UpgradeArgs;
use crate::pipeline::calldata;
use crate::pipeline::fuzz::{SEED, fuzzed};
use crate::pipeline::simulated_upgrade::{SimulatedUpgrade, SimulationOptions, simulate};
use crate::plan::{FuzzRequest, FuzzRun, FuzzSettings, Reads, Verdict, not_tried, only_started};

impl Check<'_> {
    /// Tries the upgrade on a copy of the chain.
    pub(super) async fn upgrade(&mut self, context: &Context, to: &str) -> Result<()> {
        let upgrade = UpgradeArgs {
            name: self.args.name.clone(),
            version: to.to_owned(),
            source: Some(self.args.source.clone()),
            action: None,
            step: self.args.step.clone(),
            storage: self.args.storage.clone(),
        };
        let options = SimulationOptions {
            instances: self.args.instances,
            batches: self.args.batches,
            write_expect: None,
        };
        let simulated = simulate(context, &upgrade, options, Role::Ci).await?;
        self.fuzz(&simulated).await;
        let SimulatedUpgrade {
            plan,
            checks,
            taken,
            ..
        } = simulated;
        self.findings.extend(taken);
        self.take(&checks)?;
        let called = calldata::typed(&self.args.step.call);
        let problems = plan.problems.iter().cloned();
        self.findings
            .extend(problems.map(|problem| about(problem, called)));
        self.coverage.seen(Part::Simulation, Origin::Chain);
        if plan.instances.is_empty() && plan.untried == 0 {
            let why = "there is no instance to try it on";
            let some = Evidence::some(Part::Simulation, Origin::NotKnown, why);
            self.coverage.add(some);
        }
        let started = only_started(&plan.instances);
        let untried = (plan.untried > 0).then(|| not_tried(plan.untried));
        let of_gas = plan.reads.iter().filter_map(Reads::reads_gas);
        let is_tried = plan.verdict() != Verdict::NotTried;
        for one in of_gas {
            let is_accepted = context.accepted().covers(&one.id);
            self.is_tried_in_part |= !is_accepted;
            let some = Evidence::some(Part::Simulation, Origin::NotKnown, &one.message);
            self.coverage.add(some);
            self.findings.push(one);
        }
        for why in started.into_iter().chain(untried) {
            self.is_tried_in_part = true;
            self.coverage.add(if is_tried {
                Evidence::some(Part::Simulation, Origin::NotKnown, why)
            } else {
                Evidence::whole(Part::Simulation, Origin::NotKnown, why)
            });
        }
        for calls in plan.reads.iter().filter_map(Reads::of_calls) {
            let finding = Finding::named(
                Part::Simulation,
                Severity::Warning,
                FindingKind::UpgradeCalls,
                calls,
            );
            self.findings.push(finding);
        }
        Ok(())
    }

    /// Fuzzes the upgrade, if that is wanted.
    async fn fuzz(&mut self, simulated: &SimulatedUpgrade<'_>) {
        let is_refused =
            !simulated.plan.problems.is_empty() || simulated.checks.refusal().is_some();
        let Some(time) = self.args.fuzz.filter(|_| !is_refused) else {
            return;
        };
        let settings = FuzzSettings {
            seed: SEED,
            runs: None,
            time: Some(time),
            declared: self.declared.clone(),
            blind: false,
            corpus: None,
        };
        let laboratory = match simulated.session.context.program.wings.laboratory(FUZZ) {
            Ok(laboratory) => laboratory,
            Err(error) => return self.not_fuzzed(&error),
        };
        let fuzz = async |client: &Client, request: FuzzRequest, instances: &[Address]| {
            (laboratory.fuzz)(client, request, instances).await
        };
        let record = |run: &FuzzRun| run.record.clone();
        let run = match fuzzed(simulated, None, settings, fuzz, record).await {
            Ok(run) => run,
            Err(error) => return self.not_fuzzed(&error),
        };
        for (finding, subject) in run.findings {
            self.findings.push(about(finding, &subject));
        }
        self.findings.push(run.summary);
    }

    /// A fuzzer that did not run refuses.
    fn not_fuzzed(&mut self, error: &Error) {
        let refusal = Finding::refusal(Part::Simulation, None, &Report::of(error));
        self.findings.push(refusal);
    }
}

/// The finding, about the function that a call or a signature names.
fn about(finding: Finding, call: &str) -> Finding {
    let function = call.split('(').next().map(str::to_owned);
    Finding {
        about: function,
        ..finding
    }
}
