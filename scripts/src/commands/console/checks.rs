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
use crate::review::Weight;
use crate::steps::StepsError;
use alloy::primitives::Address;
use serde::Serialize;

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
