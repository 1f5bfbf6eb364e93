//! What `approve`, also with `--offline`, and `submit` check before anything is sent, as a page shows it: a refusal is a
//! finding, and what the command line takes `--accept` for needs a yes.

use super::super::approver::look_as_approver;
use super::super::args::ReviewArgs;
use super::super::context::Context;
use super::super::facts::Place;
use super::super::review::{add_without_migration, differing, findings_of};
use crate::app_error::Error;
use crate::assess::{Accepted, Consent, Finding, Part, Role, Severity, decide};
use crate::checks::Assessment;
use crate::client::Client;
use crate::console::decision::Decision;
use crate::error::{Exit, Explain};
use crate::governance::{Call, DryRun, GovernedCall, ShownCall, readiness, refused};
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::plan::Verdict;
use crate::review::{TRIED, without_good_steps};
use crate::text::shell_word;
use alloy::primitives::Address;
use std::cmp::Reverse;

/// What the checks say of an action, and what they ask for.
pub(super) struct Checked {
    callers: Vec<CallersOfWay>,
    findings: Vec<Finding>,
    consent: Consent,
}

impl Checked {
    /// Makes the checks.
    ///
    /// # Errors
    /// Where the chain does not answer.
    pub(super) async fn new(
        context: &Context,
        client: &Client,
        (registry, action): (Address, ActionId),
        (governed, shown): (&GovernedCall, &ShownCall),
        approver: Option<Address>,
    ) -> Result<Self, Error> {
        let open = readiness(client, registry, action).await?;
        let (call, said) = (&governed.call, ReviewArgs::default());
        let place = Place::of(context, client, registry);
        let call_bytes = (call, &governed.bytes);
        let (checked, notices) = match look_as_approver(place, call_bytes, (&said, approver)).await
        {
            Ok((checks, notices)) => (Ok(checks), notices),
            Err(error) if error.exit() == Exit::Chain => return Err(error),
            Err(error) => (Err(error), Vec::new()),
        };
        let callers = checked.as_ref().map(Assessment::callers);
        let callers = callers.unwrap_or_default();
        let mut in_the_way = match &checked {
            Ok(checks) => checks.decision().refused,
            Err(error) => error.findings(),
        };
        in_the_way.extend(notices.iter().cloned());
        let consent = decide(&in_the_way, &Accepted::default(), Role::Approver).consent;
        let mut findings = findings_of(place, (call, &shown.facts), open.as_ref(), checked).await?;
        findings.extend(notices);
        if !matches!(call, Call::Migrate(_)) {
            add_without_migration(place, governed, &mut findings).await?;
        }
        findings.extend(differing(shown));
        if let Some(open) = &open {
            let who = refused(client, registry, action, &open.missing).await?;
            let names = context.names();
            findings.extend(who.iter().map(|who| {
                let says = format!(
                    "{} refused this action: ask why before you decide",
                    names.long(*who)
                );
                Finding::named(Part::Action, Severity::Warning, "refused", says)
            }));
        }
        Ok(Self {
            callers,
            findings,
            consent,
        })
    }

    /// What `approve` tries: whether the call succeeds once everybody needed has approved it. What it takes
    /// `--accept would-fail` for takes an explicit yes.
    pub(super) fn with_dry_run(&mut self, governed: &GovernedCall, dry_run: Option<&DryRun>) {
        if let Some(error) = governed.failing(dry_run) {
            self.findings.extend(Error::from(error).findings());
            self.require_yes();
        } else if let Some(DryRun::Untried(why)) = dry_run {
            let says = format!("not tried whether it succeeds: {why}");
            self.findings
                .push(Finding::named(Part::Trial, Severity::Unknown, TRIED, says));
        }
    }

    /// What a plan of the same call adds: steps that it did not carry out to their end, on every instance, are
    /// not shown as good, and a danger in it takes an explicit yes. Without one nothing is known.
    pub(super) fn with_plan(&mut self, plan: Option<(Verdict, &[Finding])>) {
        let (verdict, warnings) = plan.unwrap_or((Verdict::Fails, &[]));
        if !verdict.is_carried_out() {
            without_good_steps(&mut self.findings);
        }
        let is_danger = |one: &Finding| one.severity == Severity::Danger;
        if verdict == Verdict::Fails || warnings.iter().any(is_danger) {
            self.require_yes();
        }
    }

    /// A migration that this page does not try.
    pub(super) fn without_plan(&mut self, governed: &GovernedCall) {
        if let Call::Migrate(call) = &governed.call {
            let (name, version) = (shell_word(&call.name), shell_word(&call.version));
            let says = format!(
                "the migration was not tried; `stylus-upgrades plan {name} {version}` tries it"
            );
            without_good_steps(&mut self.findings);
            self.findings
                .push(Finding::named(Part::Trial, Severity::Unknown, TRIED, says));
        }
    }

    /// Notes findings, the heaviest first, and consent in what is decided on.
    pub(super) fn report(mut self, decision: &mut Decision) {
        if self
            .findings
            .iter()
            .any(|one| one.severity == Severity::Danger)
        {
            self.require_yes();
        }
        self.findings.sort_by_key(|one| Reverse(one.severity));
        (decision.findings, decision.consent) = (self.findings, Some(self.consent));
        decision.callers = self.callers;
    }

    /// A yes is asked for, unless none can be given.
    fn require_yes(&mut self) {
        if self.consent == Consent::NotNeeded {
            self.consent = Consent::Needed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_did_not_carry_out_takes_back_the_good_mark_and_what_fails_takes_a_yes() {
        let with = |plan| {
            let parts = [Part::Steps, Part::Layout];
            let good = |part| Finding::named(part, Severity::Good, "complete", "checked");
            let mut checked = Checked {
                callers: Vec::new(),
                findings: parts.map(good).into(),
                consent: Consent::NotNeeded,
            };
            checked.with_plan(plan);
            (checked.findings.len(), checked.consent)
        };
        for (verdict, findings, consent) in [
            (Verdict::Whole, 2, Consent::NotNeeded),
            (Verdict::IsCurrent, 2, Consent::NotNeeded),
            (Verdict::InPart, 1, Consent::NotNeeded),
            (Verdict::DependsOnGas, 1, Consent::NotNeeded),
            (Verdict::NotTried, 1, Consent::NotNeeded),
            (Verdict::OnlyStarted, 1, Consent::NotNeeded),
            (Verdict::Fails, 1, Consent::Needed),
        ] {
            let found = with(Some((verdict, &[])));
            assert_eq!(found, (findings, consent), "{verdict:?}");
        }
        assert_eq!(with(None), (1, Consent::Needed), "nothing is known");
        let expired = Finding::named(Part::Code, Severity::Danger, "Expired", "it ended");
        assert_eq!(
            with(Some((Verdict::Whole, &[expired]))),
            (2, Consent::Needed)
        );
    }
}
