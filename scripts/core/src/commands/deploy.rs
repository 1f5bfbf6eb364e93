//! `deploy`: build, compress, create, activate, construct.

mod constructor;

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::FindingKind;
use crate::build::{Artifact, BuildInfo};
use crate::client::{Client, Sent, Spent, Transactions};
use crate::context::prelude::*;
use crate::deploy::{self, Construction};
use crate::expiry::expiry_days;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::options::GivenModuleArgs;
use crate::pipeline::verifiable::{keep_deployment, kept_implementation};
use crate::text::count;
use clap::Args;
use constructor::ConstructorArgs;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm, STYLUS_DEPLOYER};

/// `deploy`.
pub(crate) static SPEC: Spec<DeployArgs> = Spec {
    name: "deploy",
    about: "Build, compress, deploy, activate, construct",
    group: Group::Deploy,
    examples: &[
        "deploy . --account ana",
        "deploy . --constructor-args 1000 --account ana",
        "deploy . --no-activate -e https://rpc.example.org --account ana",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Deployed<'_>>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A program to deploy.
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// A crate's folder, a .wasm file, or a contract of this workspace by name
    pub source: String,
    /// The sources of the `.wasm` file, if one is given.
    #[command(flatten)]
    pub file: GivenModuleArgs,
    /// Do not activate it; it cannot run before its activation
    #[arg(long)]
    pub no_activate: bool,
    /// The arguments of its constructor, where it has one.
    #[command(flatten)]
    pub constructor: ConstructorArgs,
}

pub(crate) async fn run(context: &Context, args: &DeployArgs) -> Result<Outcome> {
    let client = context.working_client("deploy").await?;
    let source = context.proven_source(&args.source, &args.file)?;
    let artifact = kept_implementation(context, client.chain_id(), source)?;
    let constructor = args.constructor.of(context, &artifact)?;
    if constructor.is_some() && args.no_activate {
        return Err(Error::Usage {
            message: format!(
                "the constructor of {} runs code that is active",
                artifact.name
            ),
            expected: "a deployment that activates".into(),
            found: "--no-activate".into(),
            next: "leave out --no-activate".into(),
        });
    }
    context.note(format!(
        "deploying {} ({} bytes)",
        artifact.name,
        artifact.size()
    ));
    let mut sent = if constructor.is_some() || !artifact.fragments.is_empty() {
        deploy::ensure_deployers(&client, &*context.output).await?
    } else {
        Vec::new()
    };
    let placed = match &constructor {
        Some((_, construction)) => constructed(context, &client, &artifact, construction).await?,
        None => created(context, &client, &artifact, args.no_activate).await?,
    };
    let (address, created) = (placed.address, placed.created);
    sent.extend(placed.fragments);
    keep_deployment(context, &client, &artifact, (address, &created)).await?;
    sent.push(created.clone());
    sent.extend(placed.activated.clone());
    let activated_days = if placed.is_new {
        Some(expiry_days(&client).await?)
    } else {
        None
    };
    let report = Deployed {
        activated_days,
        transactions: Transactions::of(&sent).with_main(&created),
        address,
        codehash: artifact.codehash(),
        active: !args.no_activate,
        activation: placed.activated.as_ref().map(Spent::of),
        constructor: constructor.map(|(signature, _)| signature),
        wasm_bytes: artifact.wasm.len(),
        code_bytes: artifact.size(),
        fragments: artifact.fragments.len(),
        layout_hash: artifact.layout_hash(),
        source_hash: artifact.source_hash(),
        build: &artifact.info,
    };
    Ok(context.outcome(&report))
}

/// A program that this command put on the chain.
struct Placed {
    address: Address,
    /// The transactions that created its fragments.
    fragments: Vec<Sent>,
    created: Sent,
    /// The transaction that activated it, where that is another one.
    activated: Option<Sent>,
    /// True if it was activated now.
    is_new: bool,
}

impl Placed {
    /// One that a transaction of the Stylus deployer created, activated and constructed.
    fn constructed(address: Address, created: Sent) -> Self {
        let activated = created.event_of::<IArbWasm::ProgramActivated>(ARB_WASM);
        Self {
            address,
            fragments: Vec::new(),
            is_new: activated.is_some(),
            created,
            activated: None,
        }
    }
}

/// Creates a program without a constructor, and activates it.
async fn created(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
    no_activate: bool,
) -> Result<Placed> {
    let fragments = deploy::deploy_fragments(client, artifact).await?;
    let earlier = context
        .earlier(None, &artifact.creation_code())
        .and_then(|sent| Some((sent.receipt.contract_address?, sent)));
    let codehash = artifact.codehash();
    let (address, created) = match earlier {
        Some((address, sent)) if client.codehash(address).await? == Some(codehash) => {
            (address, sent)
        }
        _ => deploy::create(client, artifact).await?,
    };
    let activated = if no_activate {
        None
    } else {
        let bump = context.global.data_fee_bump_percent;
        let sent = deploy::activate(client, &artifact.name, address, bump).await?;
        let call = IArbWasm::activateProgramCall { program: address }.abi_encode();
        sent.or_else(|| context.earlier(Some(ARB_WASM), &call))
    };
    Ok(Placed {
        address,
        fragments,
        created,
        is_new: activated.is_some(),
        activated,
    })
}

/// Creates, activates and constructs a program in one transaction, once that went well on a copy of the chain.
async fn constructed(
    context: &Context,
    client: &Client,
    artifact: &Artifact,
    construction: &Construction,
) -> Result<Placed> {
    for sent in context.all_earlier(STYLUS_DEPLOYER) {
        let earlier = deploy::constructed_by(client, &sent, artifact, construction).await?;
        if let Some(address) = earlier {
            return Ok(Placed::constructed(address, sent));
        }
    }
    let tried = deploy::try_constructor(client, artifact, construction).await?;
    if tried.keeps_deployer && !context.accepted().covers(&FindingKind::Constructor.id()) {
        return Err(Error::Unconfirmed {
            message: format!(
                "what the constructor of {} stores depends on {STYLUS_DEPLOYER}, the Stylus deployer, which calls it: \
                 msg_sender() is not the account that deploys, tx_origin() is",
                artifact.name
            ),
            id: FindingKind::Constructor.id(),
        });
    }
    let fragments = deploy::deploy_fragments(client, artifact).await?;
    let paid = (tried.fee, context.global.data_fee_bump_percent);
    let (address, created) = deploy::construct(client, artifact, construction, paid).await?;
    Ok(Placed {
        fragments,
        ..Placed::constructed(address, created)
    })
}

/// The report of `deploy`.
#[derive(Serialize)]
pub(crate) struct Deployed<'a> {
    #[serde(flatten)]
    transactions: Transactions,
    address: Address,
    codehash: CodeHash,
    active: bool,
    activation: Option<Spent>,
    /// The constructor that ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    constructor: Option<String>,
    /// The duration of an activation on this chain, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_days: Option<u16>,
    wasm_bytes: usize,
    code_bytes: usize,
    fragments: usize,
    layout_hash: LayoutHash,
    source_hash: SourceHash,
    build: &'a BuildInfo,
}

impl CommandReport for Deployed<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![
            format!("address   {}", self.address),
            format!("codehash  {}", self.codehash),
        ];
        lines.extend(self.constructor.as_ref().map(|ran| format!("{ran} ran")));
        lines.push(match (self.active, self.activated_days) {
            (false, _) => "inactive: it cannot run yet".into(),
            (true, Some(days)) => format!("activated for {}", count(days, "day")),
            (true, None) => "active: the same code was activated before".into(),
        });
        lines.extend(self.transactions.lines());
        lines
    }
}
