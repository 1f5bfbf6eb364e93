//! `define`: create a definition.

use super::check_options::CheckOptions;
use super::confirm;
use super::effects::Governed;
use super::judge::check_and_send;
use super::prelude::*;
use crate::governance::GovernedCall;

pub(super) async fn run(
    context: &Context,
    name: String,
    migrate: &str,
    (policy, create): (Option<&str>, Option<&str>),
) -> Result<Outcome> {
    let call = abi::createDefinitionCall {
        migratePolicy: context.manifest.policy(migrate)?,
        policyPolicy: context.manifest.policy(policy.unwrap_or(migrate))?,
        createPolicy: context.manifest.policy(create.unwrap_or(migrate))?,
        name,
    };
    let policies = [
        ("migrate", &*call.migratePolicy),
        ("policy", &*call.policyPolicy),
        ("create", &*call.createPolicy),
    ];
    for (role, expression) in policies {
        confirm::parsed(role, expression)?;
    }
    confirm::warn_of_weaker(
        context,
        &call.name,
        (&call.migratePolicy, &call.policyPolicy),
    )?;
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
    let effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    Ok(Outcome::of(
        &Governed { subject, effects },
        &context.names(),
    ))
}

/// What is defined.
#[derive(Serialize)]
pub(super) struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
}

impl CommandReport for Definition<'_> {}
