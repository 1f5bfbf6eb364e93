//! What `check` compares beside storage: the interface, the steps that the code declares, and the
//! upgrade itself, tried on a copy.

use super::Check;
use super::baseline::{Baseline, NoAbi};
use crate::app_error::{Error, INTERFACE_LOST};
use crate::build::Artifact;
use crate::check::{CheckFinding, CheckPart, Level, kebab_case};
use crate::commands::args::PlanArgs;
use crate::commands::calldata;
use crate::commands::context::Context;
use crate::commands::plan::{Tried, tried};
use crate::coverage::{Extent, Part};
use crate::interface::{Change, added, compare};
use crate::plan::{Reads, Verdict, not_tried, only_started};
use crate::steps::{PROGRAM_UNKNOWN, PlannedStep, check_step, lost_initializer};
use crate::text::shell_word;
use stylus_layout::{Decision, DeclaredStep, Finding, StepKind};
use stylus_upgrades_interface::reasons::step;

impl Check<'_> {
    /// What changed in storage and loses nothing.
    pub(super) fn safe_fields(&mut self, findings: &[Finding]) {
        for safe in findings.iter().filter(|one| one.decision == Decision::Safe) {
            let code = format!("layout-{}", safe.verdict.name());
            let message = format!("{}: {}", safe.field, safe.note);
            let at = self.interface.place_of(&safe.field);
            let finding = CheckFinding::new(code, Level::Notice, message);
            self.findings.push(finding.at(at, &self.root));
        }
    }

    /// Whether callers find everything as it was.
    pub(super) fn abi(&mut self, artifact: &Artifact, base: &Baseline) {
        let old = match &base.abi {
            Ok(old) => old,
            Err(NoAbi { why, cure }) => {
                return self
                    .done
                    .lower_by(CheckPart::Abi, Extent::Absent, why, *cure);
            }
        };
        if self.interface.functions.is_empty() && artifact.source_hash().is_zero() {
            let why = "the new code was not built from sources here";
            return self.done.lower(CheckPart::Abi, Extent::Absent, why);
        }
        let unseen = [&self.interface.unseen, &old.unseen, &base.unseen];
        for why in unseen.into_iter().flatten() {
            self.done.lower(CheckPart::Abi, Extent::Partial, why);
        }
        for change in compare(old, &self.interface.callable()) {
            let flag = format!("--allow-abi {}", shell_word(&change.id()));
            let finding = CheckFinding::new(change.code, Level::Error, &change.message);
            let finding = finding.at(self.interface.function_at(&change.name), &self.root);
            let is_allowed = self.args.allow_abi.contains(&change.id());
            self.findings.push(match is_allowed {
                true => finding.allowed(&flag),
                false => CheckFinding {
                    allow: Some(flag),
                    ..finding
                },
            });
        }
        for Change {
            code,
            message,
            name,
            ..
        } in added(&old.abi, &self.interface)
        {
            let finding = CheckFinding::new(code, Level::Notice, message);
            let at = self.interface.function_at(&name);
            self.findings.push(finding.at(at, &self.root));
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
        let at = self.interface.function_at(&name);
        self.findings.push(finding.at(at, &self.root));
    }

    /// Tries the upgrade on a copy of the chain. What the comparison of layouts said already is not
    /// said again.
    pub(super) async fn upgrade(
        &mut self,
        context: &Context,
        to: &str,
        refused: Option<&str>,
    ) -> Result<(), Error> {
        let mut storage = self.args.storage.clone();
        storage.allow_absent.push(Part::Interface); // it is compared with the version above
        let plan = PlanArgs {
            name: self.args.name.clone(),
            version: to.to_owned(),
            source: Some(self.args.source.clone()),
            action: None,
            no_init: false,
            step: self.args.step.clone(),
            storage,
            allow_abi: self.args.allow_abi.clone(),
            instances: self.args.instances,
            replay: None,
            replay_blocks: 1,
            allow_empty_replay: false,
            replay_report: None,
        };
        let Tried { plan, checks, .. } = tried(context, &plan).await?;
        let of_callers = self.done.abi;
        self.coverage
            .merge(&checks.coverage.with_most(Part::Interface, of_callers));
        let is_new = |name: &str| Some(name) != refused && name != INTERFACE_LOST;
        for problem in plan.problems.iter().filter(|one| is_new(&one.name)) {
            let code = format!("upgrade-{}", kebab_case(&problem.name));
            let mut finding = CheckFinding::new(code, Level::Error, &problem.message);
            finding.expected = problem.expected.clone();
            finding.next = problem.next.clone();
            let named = self
                .interface
                .functions
                .iter()
                .find(|one| problem.message.contains(&format!("{}(", one.item.name)));
            let at = named.map(|one| (one.file.as_path(), one.line));
            self.findings.push(finding.at(at, &self.root));
        }
        if plan.instances.is_empty() && plan.untried == 0 {
            let why = "there is no instance to try it on";
            self.done.lower(CheckPart::Upgrade, Extent::Partial, why);
        }
        let started = only_started(&plan.instances);
        let untried = (plan.untried > 0).then(|| not_tried(plan.untried));
        let of_gas = plan.reads.iter().filter_map(Reads::of_gas);
        let (extent, cure) = match plan.verdict() {
            Verdict::NotTried => (
                Extent::Absent,
                Some("end what is under way, `stylus-upgrades status` names it"),
            ),
            _ => (Extent::Partial, None),
        };
        for why in of_gas {
            self.is_tried_in_part = true;
            self.done.lower(CheckPart::Upgrade, Extent::Partial, &why);
        }
        for why in started.into_iter().chain(untried) {
            self.is_tried_in_part = true;
            self.done.lower_by(CheckPart::Upgrade, extent, &why, cure);
        }
        for calls in plan.reads.iter().filter_map(Reads::of_calls) {
            let finding = CheckFinding::new("upgrade-calls", Level::Warning, calls);
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
            self.coverage.lower(Part::Steps, Extent::Absent, why);
            return Ok(());
        };
        let Some(from) = &base.label else {
            let why = "the label of the version before is not known; --from says it";
            self.coverage.lower(Part::Steps, Extent::Absent, why);
            return Ok(());
        };
        let program = match &way.complex {
            Some(source) => context.artifact(source)?.steps,
            None => None,
        };
        if way.kind() == step::COMPLEX && program.is_none() {
            self.coverage
                .lower(Part::Steps, Extent::Partial, PROGRAM_UNKNOWN);
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
        if let Err(error) = check_step(steps, &planned, way.no_migration) {
            let own = steps
                .iter()
                .find(|one| one.kind == StepKind::Migration && one.from == *from);
            let name = own.and_then(|own| own.signature.split('(').next());
            let at = name.and_then(|name| self.interface.function_at(name));
            self.findings
                .push(CheckFinding::of("steps", &error).at(at, &self.root));
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
) -> Option<(CheckFinding, String)> {
    let (message, name) = lost_initializer(old, new, to)?;
    let finding = CheckFinding::new("steps-initializer", Level::Warning, message);
    Some((finding, name))
}
