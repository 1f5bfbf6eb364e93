//! `define`: create a definition.

use super::confirm;
use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use crate::app_error::Error;
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::Bytes;
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn run(
    context: &Context,
    name: String,
    migrate: &str,
    (policy, create): (Option<&str>, Option<&str>),
) -> Result<Outcome, Error> {
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
    let (client, registry) = context.verified_working("define").await?;
    let notices = confirm::notices(&client, client.caller("define")?, &policies).await?;
    let bytes: Bytes = call.abi_encode().into();
    let notices = confirm::unless_proposed(&client, registry, &bytes, notices).await?;
    confirm::require(context, &notices)?;
    let mut outcome = Outcome::default();
    let copied = [("policy", policy), ("create", create)];
    let copied = copied.iter().filter(|(_, given)| given.is_none());
    let copied: Vec<&'static str> = copied.map(|(role, _)| *role).collect();
    for role in &copied {
        let policy = context.names().policy(&call.migratePolicy);
        let line = format!("role {role}: no --{role}, so as --migrate: {policy}");
        context.output.note(&line);
    }
    outcome.fields(&Definition {
        name: &call.name,
        as_migrate: copied,
    });
    confirm::require_no_rival(context, (&client, registry), &bytes).await?;
    propose(
        Place::of(context, &client, registry),
        &bytes,
        Vec::new(),
        outcome,
    )
    .await
}

/// What is defined.
#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
}
