//! `define`: create a definition.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::GovernedCall;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::confirm;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::check_and_send;
use clap::Args;

/// `define`.
pub(crate) static SPEC: Spec<DefineArgs> = Spec {
    name: "define",
    about: "Create a definition",
    group: Group::Deploy,
    examples: &[
        "define Counter --migrate ana --account ana",
        "define Counter --migrate 'OutOf(2,ana,ben,cleo)' --account ana",
        "define Counter --migrate 'AND(ana,AFTER(2d))' --create ana --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<Definition<'_>>>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A definition to create.
#[derive(Debug, Args)]
pub(crate) struct DefineArgs {
    /// Its name
    pub name: String,
    /// Who may add versions and upgrade: addresses, aliases, AND(…), OR(…), OutOf(n,…)
    #[arg(long, value_name = "POLICY")]
    pub migrate: String,
    /// Who may change policies [default: the policy of --migrate]
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// Who may create instances [default: the policy of --migrate]
    #[arg(long, value_name = "POLICY")]
    pub create: Option<String>,
}

pub(crate) async fn run(context: &Context, args: &DefineArgs) -> Result<Outcome> {
    let migrate = args.migrate.as_str();
    let (policy, create) = (args.policy.as_deref(), args.create.as_deref());
    let name = args.name.clone();
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
    let effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// What is defined.
#[derive(Serialize)]
pub(crate) struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
}

impl CommandReport for Definition<'_> {}
