//! `policy update` and `policy explain`: who decides.

use super::check_options::CheckOptions;
use super::confirm;
use super::effects::{Effects, Governed};
use super::judge::check_and_send;
use super::prelude::*;
use super::unknown::unknown;
use crate::address::is_address;
use crate::governance::{GovernedCall, current_policy, deciding_policy, explain};
use crate::manifest::is_same_policy;
use crate::review::Policies;

/// Changes the policy of a role; the definition with the empty name is the registry itself.
pub(super) async fn update(
    context: &Context,
    name: &str,
    role: &str,
    expression: &str,
) -> Result<Outcome> {
    let expression = confirm::typed(context, role, expression)?;
    let session = Session::sending(context, "policy update").await?;
    let registry = session.registry;
    let was = current_policy(registry, name, role).await?;
    if (was.as_deref()).is_some_and(|was| is_same_policy(was, &expression)) {
        let subject = PolicyUpdate {
            name,
            role,
            policy: expression,
            was: None,
        };
        let says = format!("unchanged: {role} already has this policy");
        let effects = Effects::nothing_to_send(context, says)?;
        return Ok(context.outcome(&Governed { subject, effects }));
    }
    let subject = PolicyUpdate {
        name,
        role,
        policy: expression.clone(),
        was,
    };
    let call = abi::setPolicyCall {
        name: name.into(),
        role: role.into(),
        expression,
    };
    let governed = GovernedCall::decode(registry.address, call.abi_encode().into(), U256::ZERO)?;
    let effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// A policy that is to change.
#[derive(Serialize)]
pub(super) struct PolicyUpdate<'a> {
    name: &'a str,
    role: &'a str,
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
}

impl CommandReport for PolicyUpdate<'_> {}

/// Explains the policy of one role, or of every role that a definition has; or an expression, which needs no chain.
pub(super) async fn explain_it(
    context: &Context,
    name: &str,
    role: Option<&str>,
) -> Result<Outcome> {
    if role.is_none() && is_expression(name) {
        let expression = confirm::typed(context, "", name)?;
        let policies = Policies {
            name: name.into(),
            policies: vec![explain("", &expression, &context.names())?],
            roles: vec![String::new()],
        };
        return Ok(context.outcome(&policies));
    }
    let roles = role.map(|role| vec![role.to_owned()]);
    let policies = policies(context, name, roles).await?;
    Ok(context.outcome(&policies))
}

/// Whether a text is a policy and no definition's name. An alias alone may be either: it is taken for a name.
fn is_expression(text: &str) -> bool {
    text.contains('(') || is_address(text) || text.eq_ignore_ascii_case("NONE")
}

/// The policies of these roles, or of every role.
///
/// # Errors
/// `UnknownRole`; what the chain says.
pub(super) async fn policies(
    context: &Context,
    name: &str,
    roles: Option<Vec<String>>,
) -> Result<Policies> {
    let session = Session::reading(context).await?;
    let registry = session.registry;
    let names = context.names();
    let roles = match roles {
        Some(roles) => roles,
        None => confirm::roles(session, name).await?,
    };
    let mut policies = Vec::new();
    for role in &roles {
        let (decides, text) = match deciding_policy(registry, name, role).await {
            Err(error) if error.is_refused_as::<abi::UnknownRole>() => {
                let known = confirm::roles(session, name).await?;
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
