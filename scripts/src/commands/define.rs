//! `define`: create a definition.

use super::check_options::CheckOptions;
use super::confirm;
use super::context::earlier;
use super::effects::{Effects, Governed};
use super::judge::check_and_send;
use super::prelude::*;
use crate::governance::GovernedCall;
use crate::manifest::is_same_policy;
use crate::text::shell_word;

pub(super) async fn run(
    context: &Context,
    name: String,
    migrate: &str,
    (policy, create): (Option<&str>, Option<&str>),
) -> Result<Outcome> {
    let call = abi::createDefinitionCall {
        migratePolicy: confirm::typed(context, "migrate", migrate)?,
        policyPolicy: confirm::typed(context, "policy", policy.unwrap_or(migrate))?,
        createPolicy: confirm::typed(context, "create", create.unwrap_or(migrate))?,
        name,
    };
    let session = Session::sending(context, "define").await?;
    let copied = [("policy", policy), ("create", create)];
    let copied = copied.iter().filter(|(_, given)| given.is_none());
    let copied: Vec<&'static str> = copied.map(|(role, _)| *role).collect();
    for role in &copied {
        let policy = context.names().policy(&call.migratePolicy);
        context.note(format!(
            "role {role}: --{role} not given, using the policy of --migrate: {policy}"
        ));
    }
    let subject = Definition {
        name: &call.name,
        as_migrate: copied,
    };
    let governed = GovernedCall::decode(
        session.registry.address,
        call.abi_encode().into(),
        U256::ZERO,
    )?;
    let effects = match is_defined(session, &governed, &call.name).await? {
        true => Effects::nothing_to_send(context, format!("{} is defined already", call.name))?,
        false => check_and_send(session, governed, CheckOptions::proposer(session)).await?,
    };
    Ok(context.outcome(&Governed { subject, effects }))
}

/// Whether the definition has exactly these policies, and no earlier run of this key is still to be reported.
///
/// # Errors
/// `DefinitionExists`, with the policy that differs.
async fn is_defined(session: Session<'_>, governed: &GovernedCall, name: &str) -> Result<bool> {
    let Session { context, registry } = session;
    if earlier(context, registry.client, governed).await?.is_some()
        || registry.known_head(name).await?.is_none()
    {
        return Ok(false);
    }
    for (role, expression) in governed.call.policies() {
        let found = registry.policy(name, role).await?;
        if !is_same_policy(&found, expression) {
            let names = context.names();
            let message = format!("{name} is defined already, with another policy of {role}");
            let (typed, word) = (names.policy(expression), shell_word(name));
            let next = format!(
                "stylus-upgrades policy update {word} --role {role} {} changes it; or choose another name",
                shell_word(&typed)
            );
            let refusal = Refusal::new("DefinitionExists", message);
            return Err(refusal.with(typed, names.policy(&found), next).into());
        }
    }
    Ok(true)
}

/// What is defined.
#[derive(Serialize)]
pub(super) struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
}

impl CommandReport for Definition<'_> {}
