//! What `approve`, `sign` and `submit` check before anything is sent, as a page shows it: a refusal is a
//! card, and what the command line takes a flag for needs a yes.

use super::super::approve::check_as_approver;
use super::super::context::Context;
use super::super::review::{add_without_migration, built, cards_of, nothing_said};
use crate::app_error::Error;
use crate::client::Client;
use crate::doctor::Severity;
use crate::error::{Exit, Explain, Report};
use crate::governance::{Call, DryRun, GovernanceError, GovernedCall, readiness};
use crate::ids::ActionId;
use crate::layout::LayoutError;
use crate::output::Outcome;
use crate::plan::Verdict;
use crate::review::{Card, TRIED, Weight, without_good_steps};
use crate::steps::StepsError;
use crate::text::shell_word;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;

/// What the page asks for before the wallet is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Consent {
    /// Nothing: no check refuses it.
    NotNeeded,
    /// An explicit yes, where the command line takes a flag.
    Needed,
    /// It cannot be given: no flag of the command line goes on either.
    Refused,
}

/// What the checks say of an action, and what they ask for.
pub(super) struct Checked {
    cards: Vec<Card>,
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
        governed: &GovernedCall,
        approver: Option<Address>,
    ) -> Result<Self, Error> {
        let open = match readiness(client, registry, action).await {
            Ok(open) => Some(open),
            Err(GovernanceError::NotOpen { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let (call, said) = (&governed.call, nothing_said());
        let checked = check_as_approver(context, client, registry, call, (&said, approver)).await;
        let checked = match checked {
            Err(error) if error.exit() == Exit::Chain => return Err(error),
            checked => checked,
        };
        let consent = match &checked {
            Ok(_) => Consent::NotNeeded,
            Err(error) if takes_flag(error) => Consent::Needed,
            Err(_) => Consent::Refused,
        };
        let mut cards =
            cards_of(context, client, registry, governed, open.as_ref(), checked).await?;
        if !matches!(call, Call::Migrate(_)) {
            add_without_migration(context, client, registry, governed, &mut cards).await?;
        }
        cards.extend(built(context, call)?.1);
        Ok(Self { cards, consent })
    }

    /// What `approve` tries: whether the call succeeds once everybody needed has approved it. What it takes
    /// `--allow-failing` for takes an explicit yes.
    pub(super) fn with_dry_run(&mut self, governed: &GovernedCall, dry_run: Option<&DryRun>) {
        if let Some(error) = governed.failing(dry_run) {
            self.cards.push(Card::refusal(TRIED, &Report::of(&error)));
            self.require_yes();
        } else if let Some(DryRun::Untried(why)) = dry_run {
            let says = format!("not tried whether it succeeds: {why}");
            self.cards.push(Card::new(TRIED, Weight::Unknown, says));
        }
    }

    /// What a plan of the same call adds: steps that it did not carry out to their end, on every instance, are
    /// not shown as good, and a danger in it takes an explicit yes.
    pub(super) fn with_plan(&mut self, plan: &Map<String, Value>) {
        let verdict = plan
            .get("verdict")
            .and_then(|one| Verdict::deserialize(one).ok());
        let verdict = verdict.unwrap_or(Verdict::Fails); // nothing is known
        if !verdict.is_carried_out() {
            without_good_steps(&mut self.cards);
        }
        let failure = json!(Severity::Failure);
        let warnings = plan.get("warnings").and_then(Value::as_array);
        let mut warnings = warnings.into_iter().flatten();
        if verdict == Verdict::Fails || warnings.any(|one| one["severity"] == failure) {
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
            without_good_steps(&mut self.cards);
            self.cards.push(Card::new(TRIED, Weight::Unknown, says));
        }
    }

    /// Notes cards, the heaviest first, and consent in the page's document.
    pub(super) fn report(mut self, outcome: &mut Outcome) {
        if self.cards.iter().any(|card| card.weight == Weight::Danger) {
            self.require_yes();
        }
        self.cards.sort_by_key(|card| Reverse(card.weight));
        outcome.field("cards", self.cards);
        outcome.field("consent", self.consent);
    }

    /// A yes is asked for, unless none can be given.
    fn require_yes(&mut self) {
        if self.consent == Consent::NotNeeded {
            self.consent = Consent::Needed;
        }
    }
}

/// Whether `approve` goes on past a refusal if a flag says that it is meant.
fn takes_flag(error: &Error) -> bool {
    match error {
        Error::Unconfirmed { .. } | Error::NotChecked(_) | Error::InterfaceLost { .. } => true,
        Error::Several { first, others } => takes_flag(first) && others.iter().all(takes_flag),
        Error::Layout(refusal) => LayoutError::is_refusal(refusal),
        Error::Steps(refusal) => matches!(
            **refusal,
            StepsError::MigrationOmitted { .. } | StepsError::InitializerOmitted { .. }
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::STEPS;

    #[test]
    fn what_a_plan_did_not_carry_out_takes_back_the_good_mark_and_what_fails_takes_a_yes() {
        let with = |plan: Value| {
            let about = [STEPS, "storage"];
            let cards = about.map(|about| Card::new(about, Weight::Good, "checked"));
            let mut checked = Checked {
                cards: cards.into(),
                consent: Consent::NotNeeded,
            };
            checked.with_plan(plan.as_object().expect("an object"));
            (checked.cards.len(), checked.consent)
        };
        for (verdict, cards, consent) in [
            ("whole", 2, Consent::NotNeeded),
            ("is-current", 2, Consent::NotNeeded),
            ("in-part", 1, Consent::NotNeeded),
            ("depends-on-gas", 1, Consent::NotNeeded),
            ("not-tried", 1, Consent::NotNeeded),
            ("only-started", 1, Consent::NotNeeded),
            ("fails", 1, Consent::Needed),
            ("of a later version", 1, Consent::Needed),
        ] {
            let found = with(json!({ "verdict": verdict }));
            assert_eq!(found, (cards, consent), "{verdict}");
        }
        let nothing = json!({});
        assert_eq!(with(nothing), (1, Consent::Needed), "nothing is known");
        let expired = json!({ "verdict": "whole", "warnings": [{ "severity": "failure" }] });
        assert_eq!(with(expired), (2, Consent::Needed));
    }
}
