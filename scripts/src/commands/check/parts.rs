//! What `check` compares beside storage: the interface, the steps that the code declares, and the
//! upgrade itself, tried on a copy.

use super::Check;
use super::baseline::Baseline;
use crate::app_error::Error;
use crate::assess::{Evidence, Finding, FindingId, Origin, Part, Role, Severity};
use crate::build::Artifact;
use crate::commands::args::PlanArgs;
use crate::commands::calldata;
use crate::commands::context::Context;
use crate::commands::plan::{Tried, tried};
use crate::commands::work::interface_of;
use crate::interface::{added, compare};
use crate::layout::finding_id;
use crate::plan::{Reads, Verdict, not_tried, only_started};
use crate::steps::{PROGRAM_UNKNOWN, PlannedStep, check_step, lost_initializer};
use stylus_layout::{Decision, DeclaredStep, StepKind};
use stylus_upgrades_interface::reasons::step;

impl Check<'_> {
    /// What changed in storage and loses nothing.
    pub(super) fn safe_fields(&mut self, findings: &[stylus_layout::Finding]) {
        for safe in findings.iter().filter(|one| one.decision == Decision::Safe) {
            let message = format!("{}: {}", safe.field, safe.note);
            let at = self.places.field(&safe.field);
            let finding = Finding::new(Part::Layout, Severity::Note, finding_id(safe), message);
            self.findings
                .push(finding.from(Origin::Build).at(at, &self.root));
        }
    }

    /// Whether callers find everything as it was.
    pub(super) fn abi(&mut self, artifact: &Artifact, base: &Baseline) {
        let old = match &base.abi {
            Ok(old) => old,
            Err(why) => return self.absent(Part::Interface, why),
        };
        let Some(new) = &artifact.interface else {
            let why = "the new code was not built from sources here";
            return self.absent(Part::Interface, why);
        };
        let unseen = [&new.unseen, &old.unseen, &base.unseen];
        for why in unseen.into_iter().flatten() {
            let some = Evidence::some(Part::Interface, Origin::NotKnown, why);
            self.coverage.add(some);
        }
        self.coverage.seen(Part::Interface, Origin::Build);
        for change in compare(old, new) {
            let finding = Finding {
                next: Some(format!("keep it, or {}", FindingId::flag([&change.id()]))),
                ..change.finding().from(Origin::Build)
            };
            let at = self.places.function(&change.name);
            self.findings.push(finding.at(at, &self.root));
        }
        for change in added(&old.abi, &new.abi) {
            let finding = Finding {
                severity: Severity::Note,
                ..change.finding().from(Origin::Build)
            };
            let at = self.places.function(&change.name);
            self.findings.push(finding.at(at, &self.root));
        }
        if artifact.steps.is_none() {
            self.coverage.add(interface_of(&artifact.code, &[]));
        }
    }

    /// Whether instances that are created at the new version can still be initialised.
    pub(super) fn initializers(&mut self, artifact: &Artifact, base: &Baseline, to: &str) {
        let document = base.side.known.document();
        let old = document.and_then(|known| known.steps.as_ref());
        let lost = match (old, &artifact.steps) {
            (Some(old), Some(new)) => initializer_finding(old, new, to),
            _ => None,
        };
        let Some((finding, name)) = lost else {
            return;
        };
        let at = self.places.function(&name);
        self.findings.push(finding.at(at, &self.root));
    }

    /// Tries the upgrade on a copy of the chain. What the comparison of layouts said already is not
    /// said again.
    pub(super) async fn upgrade(
        &mut self,
        context: &Context,
        to: &str,
        refused: &[FindingId],
    ) -> Result<(), Error> {
        let plan = PlanArgs {
            name: self.args.name.clone(),
            version: to.to_owned(),
            source: Some(self.args.source.clone()),
            action: None,
            step: self.args.step.clone(),
            storage: self.args.storage.clone(),
            instances: self.args.instances,
            replay: None,
            replay_blocks: 1,
            replay_report: None,
        };
        let Tried { plan, checks, .. } = tried(context, &plan, Role::Ci).await?;
        // What callers lose is compared above.
        self.coverage
            .merge(&checks.coverage.without(Part::Interface));
        let of_steps = |one: &Finding| one.part == Part::Steps && one.id.kind() != "absent";
        self.findings
            .extend(checks.accepted.into_iter().filter(of_steps));
        let is_new = |one: &&Finding| {
            let is_absent = FindingId::absent(one.part) == one.id;
            one.part != Part::Interface && !is_absent && !refused.contains(&one.id)
        };
        let called = calldata::typed(&self.args.step.call);
        let called = called.split('(').next().unwrap_or_default();
        let at = self.places.function(called);
        let problems = plan.problems.iter().filter(is_new);
        let placed = problems.map(|problem| problem.clone().at(at, &self.root));
        self.findings.extend(placed);
        self.coverage.seen(Part::Trial, Origin::Chain);
        if plan.instances.is_empty() && plan.untried == 0 {
            let why = "there is no instance to try it on";
            let some = Evidence::some(Part::Trial, Origin::NotKnown, why);
            self.coverage.add(some);
        }
        let started = only_started(&plan.instances);
        let untried = (plan.untried > 0).then(|| not_tried(plan.untried));
        let of_gas = plan.reads.iter().filter_map(Reads::of_gas);
        let is_tried = plan.verdict() != Verdict::NotTried;
        for why in of_gas {
            self.is_tried_in_part = true;
            let some = Evidence::some(Part::Trial, Origin::NotKnown, why);
            self.coverage.add(some);
        }
        for why in started.into_iter().chain(untried) {
            self.is_tried_in_part = true;
            self.coverage.add(match is_tried {
                true => Evidence::some(Part::Trial, Origin::NotKnown, why),
                false => Evidence::whole(Part::Trial, Origin::NotKnown, why),
            });
        }
        for calls in plan.reads.iter().filter_map(Reads::of_calls) {
            let finding = Finding::named(Part::Trial, Severity::Warning, "upgrade-calls", calls);
            self.findings.push(finding);
        }
        Ok(())
    }

    /// Whether the way runs what the code declares, where no chain is asked.
    pub(super) fn steps(
        &mut self,
        context: &Context,
        artifact: &Artifact,
        base: &Baseline,
        to: &str,
    ) -> Result<(), Error> {
        let way = &self.args.step;
        let Some(steps) = &artifact.steps else {
            let why = "the code does not say which initializers and migrations it declares";
            self.absent(Part::Steps, why);
            return Ok(());
        };
        let Some(from) = &base.label else {
            let why = "the label of the version before is not known; --from says it";
            self.absent(Part::Steps, why);
            return Ok(());
        };
        let program = match &way.complex {
            Some(source) => context.artifact(source)?.steps,
            None => None,
        };
        if way.kind() == step::COMPLEX && program.is_none() {
            let some = Evidence::some(Part::Steps, Origin::NotKnown, PROGRAM_UNKNOWN);
            self.coverage.add(some);
        }
        let same_code = [from.clone()];
        let labels = base.labels(context, &self.args.name)?;
        let planned = PlannedStep {
            name: &self.args.name,
            from,
            same_code: &same_code,
            to,
            labels: &labels,
            kind: way.kind(),
            data: &calldata::encode(&way.call, &context.manifest)?,
            typed: calldata::typed(&way.call),
            program: program.as_deref(),
        };
        self.coverage.seen(Part::Steps, Origin::Build);
        if let Err(error) = check_step(steps, &planned) {
            let own = steps
                .iter()
                .find(|one| one.kind == StepKind::Migration && one.from == *from);
            let name = own.and_then(|own| own.signature.split('(').next());
            let at = name.and_then(|name| self.places.function(name));
            let found = Error::from(error).findings().into_iter();
            self.findings
                .extend(found.map(|one| one.at(at, &self.root)));
        }
        Ok(())
    }
}

/// What keeps instances that are created at the new version from being initialised, and the name of the
/// initializer that they lose.
pub(in crate::commands) fn initializer_finding(
    old: &[DeclaredStep],
    new: &[DeclaredStep],
    to: &str,
) -> Option<(Finding, String)> {
    let (message, name) = lost_initializer(old, new, to)?;
    let finding = Finding::named(Part::Steps, Severity::Warning, "initializer-lost", message);
    Some((finding, name))
}
