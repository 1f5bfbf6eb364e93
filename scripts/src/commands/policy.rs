//! `policy update` and `policy explain`: who decides.

use super::confirm;
use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use super::unknown::unknown;
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::export;
use crate::governance::{current_policy, deciding_policy, explain};
use crate::history::{self, Wanted};
use crate::names::Names;
use crate::output::Outcome;
use crate::report::CommandReport;
use crate::review::Policies;
use crate::text::nearest;
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The role that is there without being set.
const PAUSE: &str = "pause";

/// Changes the policy of a role; the definition with the empty name is the registry itself.
pub(super) async fn update(
    context: &Context,
    name: &str,
    role: &str,
    expression: &str,
) -> Result<Outcome, Error> {
    let expression = context.manifest.policy(expression)?;
    confirm::parsed(role, &expression)?;
    let (client, registry) = context.verified_working("policy update").await?;
    let names = context.names();
    let mut update = PolicyUpdate {
        name,
        role,
        policy: expression.clone(),
        was: None,
        executed: None,
    };
    let sender = client.caller("policy update")?;
    let mut is_own = false;
    let mut notices = confirm::notices(&client, sender, &[(role, &expression)]).await?;
    match current_policy(&client, registry, name, role).await? {
        Some(old) if old == expression && context.is_export() => {
            let what = format!("the policy of {role} is that already");
            return Err(export::nothing(&what).into());
        }
        Some(old) if old == expression => {
            update.executed = Some(true);
            return Ok(Outcome::of(&update, &names));
        }
        Some(old) => {
            is_own = confirm::has_part(role, &old, sender)?;
            update.was = Some(old);
        }
        None => {
            let mut known = roles(Place::of(context, &client, registry), name).await?;
            known.push(PAUSE.into());
            let meant = nearest(role, &known).filter(|meant| *meant != role);
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant:?}?"));
            let words = format!("{name:?} has no role {role:?}: it is new{meant}");
            notices.push(confirm::notice(FindingId::NEW_ROLE, words));
        }
    }
    let mut policies = Vec::new();
    for other in [confirm::MIGRATE, confirm::POLICY] {
        match other == role {
            true => policies.push(expression.clone()),
            false => policies.extend(current_policy(&client, registry, name, other).await?),
        }
    }
    if let [migrate, policy] = policies.as_slice() {
        confirm::warn_of_weaker(context, name, (migrate, policy))?;
    }
    let call = abi::setPolicyCall {
        name: name.into(),
        role: role.into(),
        expression,
    };
    let bytes = call.abi_encode().into();
    // Who gives his own part away says so himself, whoever proposed it.
    if !is_own {
        notices = confirm::unless_proposed(&client, registry, &bytes, notices).await?;
    }
    confirm::require(context, &notices)?;
    confirm::require_no_rival(context, (&client, registry), &bytes).await?;
    let mut outcome = Outcome::default();
    outcome.fields(&update);
    propose(
        Place::of(context, &client, registry),
        &bytes,
        Vec::new(),
        outcome,
    )
    .await
}

/// A policy that is to change.
#[derive(Serialize)]
struct PolicyUpdate<'a> {
    name: &'a str,
    role: &'a str,
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    /// Set where it is that already.
    #[serde(skip_serializing_if = "Option::is_none")]
    executed: Option<bool>,
}

impl CommandReport for PolicyUpdate<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("the policy of {} is that already", self.role)]
    }
}

/// Explains the policy of one role, or of every role that a definition has.
pub(super) async fn explain_it(
    context: &Context,
    name: &str,
    role: Option<&str>,
) -> Result<Outcome, Error> {
    let roles = role.map(|role| vec![role.to_owned()]);
    let policies = policies(context, name, roles).await?;
    Ok(Outcome::of(&policies, &context.names()))
}

/// The policies of these roles, or of every role.
///
/// # Errors
/// `UnknownRole`; what the chain says.
pub(super) async fn policies(
    context: &Context,
    name: &str,
    roles: Option<Vec<String>>,
) -> Result<Policies, Error> {
    let (client, registry) = context.verified_snapshot().await?;
    let place = Place::of(context, &client, registry);
    let names = context.names();
    let roles = match roles {
        Some(roles) => roles,
        None => self::roles(place, name).await?,
    };
    let mut policies = Vec::new();
    for role in &roles {
        let (decides, text) = match deciding_policy(&client, registry, name, role).await {
            Err(error) if error.is_refused_as::<abi::UnknownRole>() => {
                let known = self::roles(place, name).await?;
                let message = format!("{name:?} has no role {role:?}");
                let all = "leave --role out: that explains every role".into();
                return Err(unknown("UnknownRole", message, (role, &known), all).into());
            }
            found => found?,
        };
        policies.push(explain(&decides, &text, &names)?);
    }
    Ok(Policies {
        name: name.into(),
        policies,
        roles,
    })
}

/// Every role that ever had a policy, from the events.
async fn roles(place: Place<'_>, name: &str) -> Result<Vec<String>, Error> {
    let (context, client, registry) = place.parts();
    if !name.is_empty() {
        // An unknown name is refused by the registry, not reported as one without roles.
        place.reader().head(name).await?;
    }
    let history = history::read(client, registry, name, &context.names(), Wanted::None).await?;
    Ok(history.definition.policies.into_keys().collect())
}
