//! What `approve`, `sign` and `submit` check before anything is sent, as a page shows it: a refusal is a
//! card, and what the command line takes a flag for needs a yes.

use super::super::approve::check_as_approver;
use super::super::context::Context;
use super::super::review::{cards_of, nothing_said};
use crate::app_error::Error;
use crate::client::Client;
use crate::doctor::Severity;
use crate::error::{Exit, Explain, Report};
use crate::governance::{Call, DryRun, GovernanceError, GovernedCall, readiness};
use crate::ids::ActionId;
use crate::layout::LayoutError;
use crate::output::Outcome;
use crate::review::{Card, STEPS, TRIED, Weight};
use crate::steps::StepsError;
use crate::text::shell_word;
use alloy::primitives::Address;
use serde::Serialize;
use serde_json::{Map, Value, json};

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

/// Makes the checks, and notes what they say in `cards` and what it takes in `consent`.
///
/// # Errors
/// Where the chain does not answer.
pub(super) async fn run(
    context: &Context,
    client: &Client,
    (registry, action): (Address, ActionId),
    governed: &GovernedCall,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let open = match readiness(client, registry, action).await {
        Ok(open) => Some(open),
        Err(GovernanceError::NotOpen { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (call, said) = (&governed.call, nothing_said());
    let checked = check_as_approver(context, client, registry, call, &said).await;
    let consent = match &checked {
        Ok(_) => Consent::NotNeeded,
        Err(error) if error.exit() == Exit::Chain => return checked.map(|_| ()),
        Err(error) if takes_flag(error) => Consent::Needed,
        Err(_) => Consent::Refused,
    };
    let cards = cards_of(context, client, registry, governed, open.as_ref(), checked).await?;
    let is_danger = cards.iter().any(|card| card.weight == Weight::Danger);
    let consent = match (consent, is_danger) {
        (Consent::NotNeeded, true) => Consent::Needed,
        (consent, _) => consent,
    };
    outcome.field("cards", cards);
    outcome.field("consent", consent);
    Ok(())
}

/// What a plan of the same call adds: steps that it did not carry out to their end, on every instance, are not
/// shown as good, and a danger in it takes an explicit yes.
pub(super) fn with_plan(outcome: &mut Outcome, plan: &Map<String, Value>) {
    let all = |name: &str| {
        plan.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let is_failing = plan.get("problems") != Some(&json!([]));
    let is_whole = plan.get("untried") == Some(&json!(0))
        && !all("instances").any(|one| one["migrating"] == true);
    if is_failing || !is_whole {
        without_good_steps(outcome);
    }
    let failure = json!(Severity::Failure);
    if is_failing || all("warnings").any(|one| one["severity"] == failure) {
        require_yes(outcome);
    }
}

/// What `approve` tries: whether the call succeeds once everybody needed has approved it. What it takes
/// `--allow-failing` for takes an explicit yes.
pub(super) fn with_dry_run(
    outcome: &mut Outcome,
    governed: &GovernedCall,
    dry_run: Option<&DryRun>,
) {
    if let Some(error) = governed.failing(dry_run) {
        add(outcome, &Card::refusal(TRIED, &Report::of(&error)));
        require_yes(outcome);
    } else if let Some(DryRun::Untried(why)) = dry_run {
        let says = format!("not tried whether it succeeds: {why}");
        add(outcome, &Card::new(TRIED, Weight::Unknown, says));
    }
}

/// A migration that this page does not try.
pub(super) fn without_plan(outcome: &mut Outcome, governed: &GovernedCall) {
    if let Call::Migrate(call) = &governed.call {
        let (name, version) = (shell_word(&call.name), shell_word(&call.version));
        let says = format!(
            "the migration was not tried; `stylus-upgrades plan {name} {version}` tries it"
        );
        without_good_steps(outcome);
        add(outcome, &Card::new(TRIED, Weight::Unknown, says));
    }
}

fn cards(outcome: &mut Outcome) -> Option<&mut Vec<Value>> {
    outcome.document.get_mut("cards")?.as_array_mut()
}

fn add(outcome: &mut Outcome, card: &Card) {
    if let Some(cards) = cards(outcome) {
        cards.push(json!(card));
    }
}

fn without_good_steps(outcome: &mut Outcome) {
    let of_steps = (json!(STEPS), json!(Weight::Good));
    if let Some(cards) = cards(outcome) {
        cards.retain(|card| (&card["about"], &card["weight"]) != (&of_steps.0, &of_steps.1));
    }
}

/// A yes is asked for, unless none can be given.
fn require_yes(outcome: &mut Outcome) {
    if outcome.document.get("consent") == Some(&json!(Consent::NotNeeded)) {
        outcome.field("consent", Consent::Needed);
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

    #[test]
    fn what_a_plan_did_not_carry_out_takes_back_the_good_mark_and_what_fails_takes_a_yes() {
        let with = |plan: Value| {
            let mut outcome = Outcome::default();
            let about = [STEPS, "storage"];
            let cards = about.map(|about| Card::new(about, Weight::Good, "checked"));
            outcome.field("cards", cards);
            outcome.field("consent", Consent::NotNeeded);
            with_plan(&mut outcome, plan.as_object().expect("an object"));
            let cards = outcome.document["cards"].as_array().map(Vec::len);
            (cards, outcome.document["consent"].clone())
        };
        let instance = |migrating: bool| json!([{ "migrating": migrating }]);
        let whole = json!({ "problems": [], "untried": 0, "instances": instance(false) });
        assert_eq!(with(whole), (Some(2), json!("not-needed")));
        let failing = json!({ "problems": [{}], "untried": 0, "instances": [] });
        assert_eq!(with(failing), (Some(1), json!("needed")));
        let in_part = json!({ "problems": [], "untried": 1, "instances": instance(false) });
        assert_eq!(with(in_part), (Some(1), json!("not-needed")));
        let started = json!({ "problems": [], "untried": 0, "instances": instance(true) });
        assert_eq!(with(started), (Some(1), json!("not-needed")));
        assert_eq!(
            with(json!({})),
            (Some(1), json!("needed")),
            "nothing is known"
        );
    }
}
