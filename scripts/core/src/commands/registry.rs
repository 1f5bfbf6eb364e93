//! `registry deploy`: the registry and everything that it needs. `registry descriptors`: files with which wallets show
//! its calls and signatures in words.

use super::spec::{Governs, Group, Spec, report_type_of};
use crate::assess::Role;
use crate::build::Artifact;
use crate::client::{Sent, Transactions};
use crate::context::prelude::*;
use crate::deploy::{self, NewRegistry, Shared};
use crate::governance::{descriptors, is_descriptor};
use crate::ids::{CalldataHash, CodeHash};
use crate::manifest::{Entry, Manifest};

use crate::own_file;
use crate::pipeline::confirm;
use crate::registry::{Origin, Salt};
use crate::text::count;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use stylus_upgrades_interface::chain::IStylusDeployer::ContractDeployed;
use stylus_upgrades_interface::chain::STYLUS_DEPLOYER;

/// `registry`.
pub(crate) static SPEC: Spec<RegistryArgs> = Spec {
    name: "registry",
    about: "The registry itself",
    group: Group::Deploy,
    examples: &[
        "registry deploy --save --account ana",
        "registry deploy --define 'OR(ana,ben)' --save --account ana",
        "registry descriptors --out clear-signing",
    ],
    writes: |args| match args.command {
        RegistryCommand::Descriptors { .. } => Some("registry descriptors"),
        RegistryCommand::Deploy { save: true, .. } => Some("--save"),
        RegistryCommand::Deploy { .. } => None,
    },
    governed: Governs::Never,
    reports: || {
        vec![
            report_type_of::<Deployed>("deploy"),
            report_type_of::<Descriptors>("descriptors"),
        ]
    },
    run: |context, args| Box::pin(run(context, &args.command)),
};

/// The arguments of `registry`.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// The command below `registry`.
    #[command(subcommand)]
    pub command: RegistryCommand,
}

/// Commands on the registry itself.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Deploy the registry and everything that it needs
    Deploy {
        /// Who may create definitions [default: the key's address]
        #[arg(long, value_name = "POLICY")]
        define: Option<String>,
        /// The salt of its address, which also depends on the policy: a number, or 0x and hexadecimal
        /// digits [default: the first number from 1 whose address has no code]
        #[arg(long, value_name = "SALT")]
        salt: Option<Salt>,
        /// Save its address and the chain id in the manifest
        #[arg(long)]
        save: bool,
    },
    /// Write the descriptors (ERC-7730) with which wallets show its calls and signatures in words
    Descriptors {
        /// The folder to write them to
        #[arg(long, value_name = "DIR", default_value = "clear-signing")]
        out: std::path::PathBuf,
    },
}

pub(crate) async fn run(context: &Context, command: &RegistryCommand) -> Result<Outcome> {
    match command {
        RegistryCommand::Deploy { define, salt, save } => {
            deploy(context, define.as_deref(), *salt, *save).await
        }
        RegistryCommand::Descriptors { out } => write_descriptors(context, out).await,
    }
}

async fn deploy(
    context: &Context,
    define: Option<&str>,
    salt: Option<Salt>,
    save: bool,
) -> Result<Outcome> {
    let policy = define.map(|policy| confirm::typed(context, "define", policy));
    let policy = policy.transpose()?;
    let client = context.working_client("registry deploy").await?;
    let sender = client.sender("registry deploy")?;
    let policy = policy.unwrap_or_else(|| format!("{sender:#x}"));
    let notices = confirm::of_policies(&client, sender, &[("define", &policy)]).await?;
    confirm::require_accepted(context, Role::Proposer, &context.accepted(), &notices)?;
    let framework = context.builder()?.framework()?;
    let bump = context.global.data_fee_bump_percent;
    let earlier = earlier(context, &framework.registry, &policy, salt);
    let (file, network) = (context.manifest_file(), context.network());
    let chain_id = client.chain_id();
    let entry = |block| Entry::Registry { chain_id, block };
    if save && earlier.is_none() {
        Manifest::require_free(&file, network, entry(None))?;
    }
    let mut sent = deploy::ensure_deployers(&client, &*context.output).await?;
    let deploy::Ensured {
        sent: framework_sent,
        programs,
    } = deploy::ensure_framework(&client, &framework, bump, &*context.output).await?;
    sent.extend(framework_sent);
    let created = match earlier {
        Some(found) => found,
        None => {
            context.note("deploying the registry");
            deploy::deploy_registry(&client, &framework.registry, &policy, salt, bump).await?
        }
    };
    let registry = created.address;
    let there = client.registry(registry);
    context.remember(there, &created.origin).await;
    let was_there = created.sent.is_none();
    let sent_registry = created.sent.as_ref();
    let block = sent_registry.and_then(|sent| sent.receipt.block_number);
    sent.extend(created.sent);
    let saved = if save {
        Manifest::save(&file, network, entry(block), registry)
    } else {
        Ok(())
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
        is_full: context.global.full,
        error,
    };
    Ok(context.outcome(&deployed))
}

/// The report of `registry deploy`.
#[derive(Serialize)]
pub(crate) struct Deployed {
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
    #[serde(skip)]
    is_full: bool,
    /// The reason why the manifest does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
}

impl CommandReport for Deployed {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = vec![
            format!("registry  {}", self.registry),
            format!("define    {}", names.policy(&self.define)),
        ];
        lines.extend(self.transactions.lines());
        let shared: Vec<&Shared> = self
            .framework
            .iter()
            .filter(|program| program.shared)
            .collect();
        if self.is_full {
            lines.extend(shared.iter().map(|program| {
                let activated = if program.activated {
                    ", activated now"
                } else {
                    ""
                };
                let place = format!("{} at {}", program.name, program.address);
                format!("shared    {place}: already deployed{activated}")
            }));
        } else if !shared.is_empty() {
            let all = count(shared.len(), "program");
            lines.push(format!(
                "shared    {all} that somebody deployed before (--full lists them)"
            ));
        }
        if self.was_there {
            lines.push("shared    the registry: already deployed with this code".into());
        }
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
fn earlier(
    context: &Context,
    registry: &Artifact,
    policy: &str,
    salt: Option<Salt>,
) -> Option<NewRegistry> {
    let release = deploy::registry_release(registry);
    let of = |sent: Sent| {
        let address = sent.event_of::<ContractDeployed>(STYLUS_DEPLOYER)?;
        let address = address.deployedContract;
        let is_it = |origin: &Origin| origin.address(release) == address;
        let origin = match salt {
            Some(salt) => Some(Origin::new(policy, salt)).filter(is_it),
            None => Origin::counted(policy).find(is_it),
        }?;
        let call = deploy::registry_call(registry, &origin).abi_encode();
        (sent.call == CalldataHash::of(&call)).then_some(NewRegistry {
            address,
            origin,
            sent: Some(sent),
        })
    };
    let all = context.all_earlier(STYLUS_DEPLOYER).into_iter();
    all.filter_map(of).next()
}

/// Writes the descriptors (ERC-7730) of the registry.
async fn write_descriptors(context: &Context, folder: &Path) -> Result<Outcome> {
    let unverified = context.registry()?;
    let client = context.reader().await?;
    let registry = context.verified(&client, unverified).await?;
    // An account that is not a registry answers nothing, or another domain.
    registry.require_domain().await?;
    own_file::folder(folder)?;
    let mut files = Vec::new();
    for descriptor in descriptors(client.chain_id(), registry.address) {
        let path = folder.join(descriptor.file);
        // Text, numbers and lists: serde_json refuses none of them.
        let text = serde_json::to_string_pretty(&descriptor.content).unwrap_or_default();
        own_file::replace(&path, format!("{text}\n").as_bytes(), is_descriptor)?;
        files.push(path);
    }
    let written = Descriptors {
        chain_id: client.chain_id(),
        registry: registry.address,
        files,
    };
    Ok(context.outcome(&written))
}

/// The report of `registry descriptors`.
#[derive(Serialize)]
pub(crate) struct Descriptors {
    chain_id: u64,
    registry: Address,
    files: Vec<PathBuf>,
}

impl CommandReport for Descriptors {
    fn lines(&self, _: &Names) -> Vec<String> {
        let files = self.files.iter();
        let mut lines: Vec<_> = files.map(|path| format!("✓ {}", path.display())).collect();
        lines.push(
            "next: give both files to the wallets of the approvers; see the book, Clear signing"
                .into(),
        );
        lines
    }
}
