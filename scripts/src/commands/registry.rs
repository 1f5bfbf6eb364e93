//! `registry deploy`: the registry and everything that it relies on.

use super::confirm::{self, AllowArgs};
use super::context::{Context, report};
use super::propose::stop;
use crate::app_error::Error;
use crate::deploy;
use crate::error::Exit;
use crate::manifest::Manifest;
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::chain::IStylusDeployer::ContractDeployed;
use stylus_upgrades_interface::chain::STYLUS_DEPLOYER;

pub(super) async fn deploy(
    context: &Context,
    define: Option<&str>,
    save: bool,
    allow: &AllowArgs,
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
    confirm::require(context, allow, &notices)?;
    let framework = context.builder()?.framework()?;
    let bump = context.global.data_fee_bump_percent;
    let call = deploy::registry_call(&framework.registry, &policy).abi_encode();
    let earlier = context
        .earlier_call(&client, STYLUS_DEPLOYER, &call.into())
        .await?
        .and_then(|sent| {
            Some((
                sent.event_of::<ContractDeployed>(STYLUS_DEPLOYER)?
                    .deployedContract,
                sent,
            ))
        });
    if save && earlier.is_none() {
        Manifest::require_no_registry(&context.manifest_file(), context.network())?;
    }
    let deploy::Ensured { mut sent, programs } =
        deploy::ensure_framework(&client, &framework, bump, &*context.output).await?;
    let (registry, created) = match earlier {
        Some(found) => found,
        None => {
            context.output.note("deploying the registry");
            deploy::deploy_registry(&client, &framework.registry, &policy, bump).await?
        }
    };
    sent.push(created);
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
