//! `define`: create a definition.

use super::context::Context;
use super::tell::propose;
use crate::error::Error;
use crate::output::Outcome;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn run(
    context: &Context,
    name: String,
    migrate: &str,
    policy: Option<&str>,
    create: Option<&str>,
) -> Result<Outcome, Error> {
    let call = abi::createDefinitionCall {
        migratePolicy: context.manifest.policy(migrate)?,
        policyPolicy: context.manifest.policy(policy.unwrap_or(migrate))?,
        createPolicy: context.manifest.policy(create.unwrap_or(migrate))?,
        name,
    };
    let registry = context.registry()?;
    let client = context.working_client("define").await?;
    let mut outcome = Outcome::default();
    outcome.field("name", &call.name);
    let bytes = call.abi_encode().into();
    propose(context, &client, registry, &bytes, Vec::new(), outcome).await
}
