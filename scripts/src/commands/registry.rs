//! `registry deploy`: the registry and everything that it relies on.

use super::args::RegistryCommand;
use super::confirm;
use super::context::{Context, report};
use super::descriptors;
use super::propose::stop;
use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::Client;
use crate::deploy::{self, NewRegistry};
use crate::error::Exit;
use crate::manifest::Manifest;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Origin, Salt};
use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::chain::IStylusDeployer::ContractDeployed;
use stylus_upgrades_interface::chain::STYLUS_DEPLOYER;

pub(super) async fn run(context: &Context, command: &RegistryCommand) -> Result<Outcome, Error> {
    match command {
        RegistryCommand::Deploy { define, salt, save } => {
            deploy(context, define.as_deref(), *salt, *save).await
        }
        RegistryCommand::Descriptors { out } => descriptors::run(context, out).await,
    }
}

async fn deploy(
    context: &Context,
    define: Option<&str>,
    salt: Option<Salt>,
    save: bool,
) -> Result<Outcome, Error> {
    let policy = define.map(|policy| context.manifest.policy(policy));
    let policy = policy.transpose()?;
    if let Some(policy) = &policy {
        confirm::parsed("define", policy)?;
    }
    let client = context.working_client("registry deploy").await?;
    let sender = client.sender("registry deploy")?;
    let policy = policy.unwrap_or_else(|| format!("{sender:#x}"));
    let notices = confirm::notices(&client, sender, &[("define", &policy)]).await?;
    confirm::require(context, &notices)?;
    let framework = context.builder()?.framework()?;
    let bump = context.global.data_fee_bump_percent;
    let earlier = earlier(context, &client, &framework.registry, &policy, salt).await?;
    if save && earlier.is_none() {
        Manifest::require_no_registry(&context.manifest_file(), context.network())?;
    }
    let deploy::Ensured { mut sent, programs } =
        deploy::ensure_framework(&client, &framework, bump, &*context.output).await?;
    let created = match earlier {
        Some(found) => found,
        None => {
            context.output.note("deploying the registry");
            deploy::deploy_registry(&client, &framework.registry, &policy, salt, bump).await?
        }
    };
    let registry = created.address;
    context.remember(&client, registry, &created.origin).await;
    let was_there = created.sent.is_none();
    sent.extend(created.sent);
    let mut outcome = Outcome::default();
    report(&mut outcome, &sent);
    for program in programs.iter().filter(|program| program.shared) {
        let activated = if program.activated {
            ", activated now"
        } else {
            ""
        };
        outcome.line(format!(
            "shared    {} at {}: it was there already{activated}",
            program.name, program.address
        ));
    }
    outcome.field("framework", &programs);
    outcome.field("framework_is_pinned", framework.is_pinned());
    outcome.field("registry", registry);
    outcome.field("codehash", framework.registry.codehash());
    outcome.field("define", &policy);
    outcome.field("salt", B256::from(created.origin.salt));
    if was_there {
        outcome.line("shared    the registry: the same was there already, whoever sent it");
    }
    outcome.line(format!("registry  {registry}"));
    outcome.line(format!("define    {}", context.names().policy(&policy)));
    if save {
        let (file, network) = (context.manifest_file(), context.network());
        if let Err(error) = Manifest::save_registry(&file, network, (client.chain_id(), registry)) {
            stop(context, &mut outcome, &error, Exit::Partial);
        }
    }
    Ok(outcome)
}

/// The registry that an earlier run deployed and did not report.
async fn earlier(
    context: &Context,
    client: &Client,
    registry: &Artifact,
    policy: &str,
    salt: Option<Salt>,
) -> Result<Option<NewRegistry>, Error> {
    let origins: Vec<_> = match salt {
        Some(salt) => vec![Origin::new(policy, salt)],
        None => Origin::counted(policy).collect(),
    };
    let release = deploy::registry_release(registry);
    for origin in origins {
        let call = deploy::registry_call(registry, &origin).abi_encode().into();
        let sent = context.earlier_call(client, STYLUS_DEPLOYER, &call).await?;
        let Some(sent) = sent else { continue };
        if sent.event_of::<ContractDeployed>(STYLUS_DEPLOYER).is_some() {
            return Ok(Some(NewRegistry {
                address: origin.address(release),
                origin,
                sent: Some(sent),
            }));
        }
    }
    Ok(None)
}
