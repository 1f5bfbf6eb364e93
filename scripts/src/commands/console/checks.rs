//! What `approve`, `sign` and `submit` check before anything is sent, as a page shows it: a refusal is a
//! card, and what the command line takes a flag for needs a yes.

use super::super::approve::check_as_approver;
use super::super::context::Context;
use super::super::review::{cards_of, nothing_said};
use crate::app_error::Error;
use crate::client::Client;
use crate::error::{Exit, Explain};
use crate::governance::{GovernanceError, GovernedCall, readiness};
use crate::ids::ActionId;
use crate::layout::LayoutError;
use crate::output::Outcome;
use crate::review::{STEPS, Weight};
use crate::steps::StepsError;
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
/// shown as good, and what would fail takes an explicit yes.
pub(super) fn with_plan(outcome: &mut Outcome, plan: &Map<String, Value>) {
    let is = |name: &str, value: Value| plan.get(name) == Some(&value);
    let instances = plan.get("instances").and_then(Value::as_array);
    let mut instances = instances.into_iter().flatten();
    let is_failing = !is("problems", json!([]));
    let is_whole = is("untried", json!(0)) && !instances.any(|one| one["migrating"] == true);
    if let Some(cards) = outcome.document.get_mut("cards")
        && (is_failing || !is_whole)
        && let Some(cards) = cards.as_array_mut()
    {
        let good = json!(Weight::Good);
        cards.retain(|card| (&card["about"], &card["weight"]) != (&json!(STEPS), &good));
    }
    let not_needed = json!(Consent::NotNeeded);
    if is_failing && outcome.document.get("consent") == Some(&not_needed) {
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
    use crate::review::Card;

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
