//! `policy update`, `policy replace` and `policy explain`: who decides.

mod replace;

use super::spec::{Governs, Group, Spec, no_file, report_type_of};
use crate::address::is_address;
use crate::context::prelude::*;
use crate::governance::{
    CANCEL, GovernedCall, UnsetRole, current_policy, deciding_policy, explain,
};
use crate::manifest::is_same_policy;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::confirm;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::check_and_send;
use crate::pipeline::unknown::unknown;
use crate::review::Policies;
use clap::{Args, Subcommand};
use replace::ReplacementReport;

/// `policy`.
pub(crate) static SPEC: Spec<PolicyArgs> = Spec {
    name: "policy",
    about: "Change policies, or explain them in words",
    group: Group::Approve,
    examples: &[
        "policy explain Counter",
        "policy update Counter 'OutOf(2,ana,ben,cleo)' --account ana",
        "policy replace ana dora --account ben",
    ],
    writes: no_file,
    governed: Governs::When("policy update and replace", |args| {
        !matches!(args.command, PolicyCommand::Explain { .. })
    }),
    reports: || {
        vec![
            report_type_of::<Governed<PolicyUpdate<'_>>>("update"),
            report_type_of::<ReplacementReport>("replace"),
            report_type_of::<Policies>("explain"),
        ]
    },
    run: |context, args| Box::pin(run(context, &args.command)),
};

/// The arguments of `policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The command below `policy`.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// Commands on policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Change the policy of a role
    Update {
        /// The definition; '' is the registry itself
        name: String,
        /// The policy: addresses, aliases, AND(…), OR(…), OutOf(n,…), CALL(…), AFTER(…), NONE
        policy: String,
        /// The role
        #[arg(long, default_value = "migrate")]
        role: String,
    },
    /// Replace an account by another one in every role of every definition and of the registry. Each change is an
    /// action of its own; the same command approves them, and continues after an interruption
    Replace {
        /// The account that leaves: an address or an alias
        old: String,
        /// The account that takes its place
        new: String,
    },
    /// Explain in words who decides
    Explain {
        /// The definition; '' is the registry itself. Or a policy, such as 'AND(Ana,Ben)'; if it is a definition's
        /// name too, --role tells them apart
        #[arg(value_name = "NAME|POLICY")]
        name: String,
        /// The role of the definition [default: every role]
        #[arg(long)]
        role: Option<String>,
    },
}

/// Changes a policy, or explains policies.
pub(crate) async fn run(context: &Context, command: &PolicyCommand) -> Result<Outcome> {
    match command {
        PolicyCommand::Update { name, role, policy } => update(context, name, role, policy).await,
        PolicyCommand::Replace { old, new } => replace::replace(context, old, new).await,
        PolicyCommand::Explain { name, role } => explain_it(context, name, role.as_deref()).await,
    }
}

/// Changes the policy of a role; the definition with the empty name is the registry itself.
async fn update(context: &Context, name: &str, role: &str, expression: &str) -> Result<Outcome> {
    let expression = confirm::typed(context, role, expression)?;
    let session = Session::sending(context, "policy update").await?;
    let registry = session.registry;
    let was = current_policy(registry, name, role).await?;
    let subject = PolicyUpdate {
        name,
        role,
        policy: expression.clone(),
        was: was.filter(|was| !is_same_policy(was, &expression)),
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
pub(crate) struct PolicyUpdate<'a> {
    name: &'a str,
    role: &'a str,
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
}

impl CommandReport for PolicyUpdate<'_> {}

/// Explains the policy of one role, or of every role that a definition has; or an expression, which needs no chain.
async fn explain_it(context: &Context, name: &str, role: Option<&str>) -> Result<Outcome> {
    if role.is_none() && is_expression(name) {
        let expression = confirm::typed(context, "", name)?;
        let policies = Policies {
            name: name.into(),
            policies: vec![explain("", &expression, &context.names())?],
            roles: vec![String::new()],
            unset: Vec::new(),
        };
        return Ok(context.outcome(&policies));
    }
    let roles = role.map(|role| vec![role.to_owned()]);
    let policies = policies(context, name, roles).await?;
    Ok(context.outcome(&policies))
}

/// Returns true if a text is a policy and no definition's name. An alias alone may be either: it is taken for a name.
fn is_expression(text: &str) -> bool {
    text.contains(['(', ' ']) || is_address(text) || text.eq_ignore_ascii_case("NONE")
}

/// The policies of these roles, or of every role.
///
/// # Errors
/// `UnknownRole`; what the chain says.
pub async fn policies(
    context: &Context,
    name: &str,
    roles: Option<Vec<String>>,
) -> Result<Policies> {
    let session = Session::reading(context).await?;
    let (roles, is_every) = match roles {
        Some(roles) => (roles, false),
        None => (confirm::roles(session, name).await?, true),
    };
    all_policies(session, name, roles, is_every).await
}

/// The policies of a definition, of which every role that has one is known, and the roles that act without one.
///
/// # Errors
/// Errors of the chain.
pub async fn policies_in_force(
    context: &Context,
    name: &str,
    roles: Vec<String>,
) -> Result<Policies> {
    let session = Session::reading(context).await?;
    all_policies(session, name, roles, true).await
}

/// The policies of these roles; where they are every role, with those that act without a policy.
async fn all_policies(
    session: Session<'_>,
    name: &str,
    roles: Vec<String>,
    is_every: bool,
) -> Result<Policies> {
    let Session { context, registry } = session;
    let names = context.names();
    let (mut policies, mut set_roles, mut is_unset) = (Vec::new(), Vec::new(), false);
    for role in &roles {
        let (decides, text) = match deciding_policy(registry, name, role).await {
            Err(error) if error.is_refused_as::<abi::UnknownRole>() && role == CANCEL => {
                is_unset = true;
                continue;
            }
            Err(error) if error.is_refused_as::<abi::UnknownRole>() => {
                let known = confirm::roles(session, name).await?;
                let message = format!("{name:?} has no role {role:?}");
                let all = "leave --role out: that explains every role".into();
                return Err(unknown("UnknownRole", message, (role, &known), all).into());
            }
            found => found?,
        };
        policies.push(explain(&decides, &text, &names)?);
        set_roles.push(role.clone());
    }
    let migrate = policies.iter().find(|policy| policy.role == "migrate");
    let unset = if is_every || is_unset {
        UnsetRole::all(
            |role| set_roles.iter().any(|set| set == role),
            migrate.filter(|_| is_every),
        )
    } else {
        Vec::new()
    };
    Ok(Policies {
        name: name.into(),
        unset,
        policies,
        roles: set_roles,
    })
}
