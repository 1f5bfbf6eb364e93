//! `define`: create a definition.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::{
    CANCEL, Explained, GovernedCall, UnsetRole, explain, guardian_limits, missing_policy_delay,
};
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::confirm;
use crate::pipeline::effects::{Effects, Governed};
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
        "define Counter --migrate 'AND(OutOf(2,ana,ben,cleo),AFTER(1d))' --policy 'AND(OutOf(2,ana,ben,cleo),AFTER(2d))' --cancel gus --account ana",
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
    /// The guardian: who, each of them alone, may end an open action until it is executed; set by a second action, under
    /// role `policy` [default: nobody]
    #[arg(long, value_name = "POLICY")]
    pub cancel: Option<String>,
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
    let guardian = args.cancel.as_deref();
    let guardian = guardian
        .map(|typed| confirm::typed(context, CANCEL, typed))
        .transpose()?;
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
    let names = context.names();
    let policies = [
        ("migrate", &call.migratePolicy),
        ("policy", &call.policyPolicy),
        ("create", &call.createPolicy),
    ];
    let policies = policies.map(|(role, text)| explain(role, text, &names));
    let policies: Vec<Explained> = policies.into_iter().collect::<Result<_, _>>()?;
    let bytes = call.abi_encode().into();
    let governed = GovernedCall::decode(session.registry.address, bytes, U256::ZERO)?;
    let mut effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    let mut is_set = false;
    if let Some(line) = missing_policy_delay(&policies) {
        context.note(line);
    }
    if let Some(expression) = &guardian {
        for line in guardian_limits(&policies) {
            context.note(line);
        }
        if effects.exit() == Exit::Done && !context.is_export() {
            effects = set_guardian(session, &call.name, expression, effects).await?;
            is_set = effects.exit() == Exit::Done;
        } else {
            context.note(
                "cancel: nobody until the definition exists: run the same command again, it then sets the guardian",
            );
        }
    }
    let subject = Definition {
        name: &call.name,
        as_migrate: copied,
        unset: UnsetRole::all(|role| is_set && role == CANCEL, policies.first()),
        guardian: guardian.filter(|_| is_set),
        policies,
    };
    Ok(context.outcome(&Governed { subject, effects }))
}

/// Sets the policy of the guardian of a definition that exists.
async fn set_guardian(
    session: Session<'_>,
    name: &str,
    expression: &str,
    defined: Effects,
) -> Result<Effects> {
    let call = abi::setPolicyCall {
        name: name.into(),
        role: CANCEL.into(),
        expression: expression.into(),
    };
    let bytes = call.abi_encode().into();
    let governed = GovernedCall::decode(session.registry.address, bytes, U256::ZERO)?;
    match check_and_send(session, governed, CheckOptions::proposer(session)).await {
        Ok(set) => Ok(set.after(defined)),
        Err(error) => {
            let mut stopped = defined;
            stopped.stop(session.context, &error, Exit::Partial);
            Ok(stopped)
        }
    }
}

/// The definition, its guardian and its policies.
#[derive(Serialize)]
pub(crate) struct Definition<'a> {
    name: &'a str,
    /// The roles whose policy is that of `migrate`.
    as_migrate: Vec<&'static str>,
    /// The policy of its guardian, once it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    guardian: Option<String>,
    /// The roles that act without a policy of their own.
    unset: Vec<UnsetRole>,
    #[serde(skip)]
    policies: Vec<Explained>,
}

impl CommandReport for Definition<'_> {
    fn lines(&self, names: &Names) -> Vec<String> {
        let set = self.policies.iter();
        let set = set.map(|policy| format!("{}: {}", policy.role, policy.named));
        let guardian = self.guardian.iter();
        let guardian = guardian.map(|text| format!("{CANCEL}: {}", names.policy(text)));
        let unset = self.unset.iter().map(|role| role.line(names));
        set.chain(guardian).chain(unset).collect()
    }
}
