//! `deploy`: build, compress, create, activate.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::FindingId;
use crate::build::BuildInfo;
use crate::client::{Spent, Transactions};
use crate::context::prelude::*;
use crate::deploy;
use crate::expiry::expiry_days;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::pipeline::verifiable::{keep_deployment, kept_implementation};
use crate::plan::has_constructor;
use crate::text::count;
use clap::Args;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

/// `deploy`.
pub(crate) static SPEC: Spec<DeployArgs> = Spec {
    name: "deploy",
    about: "Build, compress, deploy, activate",
    group: Group::Deploy,
    examples: &[
        "deploy . --account ana",
        "deploy counter.wasm --private-key-path key",
        "deploy . --no-activate -e https://rpc.example.org --account ana",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Deployed<'_>>()],
    run: |context, args| Box::pin(run(context, &args.source, args.no_activate)),
};

/// A program to deploy.
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// A crate's folder, a .wasm file, or a contract of this workspace by name
    pub source: String,
    /// Do not activate it; it cannot run before its activation
    #[arg(long)]
    pub no_activate: bool,
}

pub(crate) async fn run(context: &Context, source: &str, no_activate: bool) -> Result<Outcome> {
    let client = context.working_client("deploy").await?;
    let artifact = kept_implementation(context, client.chain_id(), source)?;
    if has_constructor(&artifact.wasm) && !context.accepted().covers(&FindingId::CONSTRUCTOR) {
        let says = format!(
            "{} has a #[constructor], which `deploy` does not run: the first account that \
             calls it sets up the contract",
            artifact.name
        );
        let refusal = Refusal::new("HasConstructor", says).with(
            "an #[initializer], which runs when a proxy is created",
            "a #[constructor] of the SDK",
            "replace it with an #[initializer]; if something else calls it immediately, give --accept constructor",
        );
        return Err(refusal.exiting(Exit::Usage).into());
    }
    context.note(format!(
        "deploying {} ({} bytes)",
        artifact.name,
        artifact.size()
    ));
    let fragments = deploy::deploy_fragments(&client, &artifact).await?;
    let earlier = context
        .earlier(None, &artifact.creation_code())
        .and_then(|sent| Some((sent.receipt.contract_address?, sent)));
    let codehash = artifact.codehash();
    let (address, created) = match earlier {
        Some((address, sent)) if client.codehash(address).await? == Some(codehash) => {
            (address, sent)
        }
        _ => deploy::create(&client, &artifact).await?,
    };
    keep_deployment(context, &client, &artifact, &created).await?;
    let activated = if no_activate {
        None
    } else {
        let bump = context.global.data_fee_bump_percent;
        let sent = deploy::activate(&client, &artifact.name, address, bump).await?;
        let call = IArbWasm::activateProgramCall { program: address }.abi_encode();
        sent.or_else(|| context.earlier(Some(ARB_WASM), &call))
    };
    let sent: Vec<_> = (fragments.into_iter())
        .chain([created.clone()])
        .chain(activated.clone())
        .collect();
    let activated_days = match activated {
        Some(_) => Some(expiry_days(&client).await?),
        None => None,
    };
    let report = Deployed {
        activated_days,
        transactions: Transactions::of(&sent).with_main(&created),
        address,
        codehash,
        active: !no_activate,
        activation: activated.as_ref().map(Spent::of),
        wasm_bytes: artifact.wasm.len(),
        code_bytes: artifact.size(),
        fragments: artifact.fragments.len(),
        layout_hash: artifact.layout_hash(),
        source_hash: artifact.source_hash(),
        build: &artifact.info,
    };
    Ok(context.outcome(&report))
}

/// What `deploy` reports.
#[derive(Serialize)]
pub(crate) struct Deployed<'a> {
    #[serde(flatten)]
    transactions: Transactions,
    address: Address,
    codehash: CodeHash,
    active: bool,
    activation: Option<Spent>,
    /// How long the activation lasts on this chain.
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
        lines.push(match (self.active, self.activated_days) {
            (false, _) => "inactive: it cannot run yet".into(),
            (true, Some(days)) => format!("activated for {}", count(days, "day")),
            (true, None) => "active: the same code was activated before".into(),
        });
        lines.extend(self.transactions.lines());
        lines
    }
}
