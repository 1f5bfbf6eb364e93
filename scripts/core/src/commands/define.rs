//! `define`: create a definition.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::earlier;
use crate::context::prelude::*;
use crate::governance::GovernedCall;
use crate::manifest::is_same_policy;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::confirm;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::check_and_send;
use crate::text::shell_word;
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
pub(crate) struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
}

impl CommandReport for Definition<'_> {}
