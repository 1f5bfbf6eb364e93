//! `registry deploy`: the registry and everything that it relies on.

use super::args::RegistryCommand;
use super::confirm;
use super::context::Context;
use super::descriptors;
use crate::app_error::Error;
use crate::build::Artifact;
use crate::client::Client;
use crate::client::Transactions;
use crate::deploy::{self, NewRegistry, Shared};
use crate::error::{Exit, Report};
use crate::ids::CodeHash;
use crate::manifest::{Entry, Manifest};
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Origin, Salt};
use crate::report::CommandReport;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use serde::Serialize;
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
    let (file, network) = (context.manifest_file(), context.network());
    let chain_id = client.chain_id();
    let entry = Entry::Registry { chain_id };
    if save && earlier.is_none() {
        Manifest::require_free(&file, network, entry)?;
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
    let saved = match save {
        true => Manifest::save(&file, network, entry, registry),
        false => Ok(()),
    };
    let error = saved.err().map(|error| Report::of(&error));
    error.iter().for_each(|error| context.output.explain(error));
    let deployed = Deployed {
        transactions: Transactions::of(&sent),
        framework: programs,
        framework_is_pinned: framework.is_pinned(),
        registry,
        codehash: framework.registry.codehash(),
        define: policy,
        salt: B256::from(created.origin.salt),
        was_there,
        error,
    };
    Ok(Outcome::of(&deployed, &context.names()))
}

/// What `registry deploy` reports.
#[derive(Serialize)]
struct Deployed {
    #[serde(flatten)]
    transactions: Transactions,
    framework: Vec<Shared>,
    framework_is_pinned: bool,
    registry: Address,
    codehash: CodeHash,
    define: String,
    salt: B256,
    #[serde(skip)]
    was_there: bool,
    /// Why the manifest does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
}

impl CommandReport for Deployed {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        let shared = self.framework.iter().filter(|program| program.shared);
        lines.extend(shared.map(|program| {
            let activated = match program.activated {
                true => ", activated now",
                false => "",
            };
            let place = format!("{} at {}", program.name, program.address);
            format!("shared    {place}: it was there already{activated}")
        }));
        if self.was_there {
            let same = "the same was there already, whoever sent it";
            lines.push(format!("shared    the registry: {same}"));
        }
        lines.push(format!("registry  {}", self.registry));
        lines.push(format!("define    {}", names.policy(&self.define)));
        lines
    }

    fn exit(&self) -> Exit {
        match self.error {
            Some(_) => Exit::Partial,
            None => Exit::Done,
        }
    }
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
