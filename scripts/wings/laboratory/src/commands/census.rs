//! `census`: every slot of an instance at one block, with a proof, and what each one is.

use crate::census::{self, BlockSelector, CensusOptions, CensusReport, StorageAnchor};
use crate::client::{Client, Endpoint};
use crate::context::prelude::*;
use crate::context::spec::{Governs, Group, Spec, report_type};
use crate::options::word;
use crate::pipeline::census_subject::subject;
use crate::secret::Secret;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use clap::Args;
use stylus_upgrades_core::census::CensusPage;

/// `census`.
pub(crate) static SPEC: Spec<CensusArgs> = Spec {
    name: "census",
    about: "List every slot of an instance at one block, with a proof that none is missing, and what each one is",
    group: Group::Look,
    examples: &[
        "census counter",
        "census counter --block 1200 --confirm-url https://rpc.example.org",
        "census token --keys owners.txt --out slots.jsonl",
    ],
    writes: |_| Some("census"),
    governed: Governs::Never,
    reports: || vec![report_type::<CensusReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// An instance whose slots are collected and explained.
#[derive(Debug, Args)]
pub(crate) struct CensusArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The block: a number, latest, safe or finalized [default: latest, or the one of --block-hash]
    #[arg(long, value_name = "BLOCK", value_parser = block)]
    pub block: Option<BlockNumberOrTag>,
    /// The hash of the block, against which everything is proven
    #[arg(long, value_name = "HASH", value_parser = word)]
    pub block_hash: Option<B256>,
    /// A second endpoint, which must have the same block
    #[arg(long, value_name = "URL")]
    pub confirm_url: Option<Secret>,
    /// How it is taken
    #[command(flatten)]
    pub options: CensusOptions,
}

/// A block by its number or tag.
fn block(text: &str) -> Result<BlockNumberOrTag, String> {
    match text.parse::<u64>() {
        Ok(number) => Ok(number.into()),
        Err(_) => text
            .parse()
            .map_err(|_| "not a number, and not latest, safe or finalized".into()),
    }
}

pub(crate) async fn run(context: &Context, args: &CensusArgs) -> Result<Outcome> {
    let registry = context.verified_snapshot().await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let second = match &args.confirm_url {
        Some(url) => Some(second(url.expose()).await?),
        None => None,
    };
    let wanted = BlockSelector {
        number: args.block,
        hash: args.block_hash,
    };
    let anchor = StorageAnchor::find(registry.client, proxy, wanted, second.as_ref()).await?;
    let subject = subject(
        context,
        registry.client.at(anchor.block).registry(registry.address),
        proxy,
    )
    .await?;
    let census = census::take(registry.client, anchor, &subject, &args.options).await?;
    Ok(context.outcome(&census))
}

/// The endpoint that confirms the block.
///
/// # Errors
/// What keeps it from that, with the flag that named it.
async fn second(url: &str) -> Result<Client, Refusal> {
    let connected = match Endpoint::parse(url) {
        Ok(endpoint) => Client::connect_to(endpoint).await,
        Err(error) => Err(error.into()),
    };
    connected.map_err(|error| {
        let next = error.next().unwrap_or_default();
        Refusal::of(&error).advising(next.replace("--rpc-url", "--confirm-url"))
    })
}

/// Takes the census that a page shows: of the newest block, with the keys that are known.
pub(crate) async fn take_for_page(context: &Context, instance: &str) -> Result<CensusPage> {
    let registry = context.verified_snapshot().await?;
    let proxy = context.manifest.address(instance)?;
    let anchor =
        StorageAnchor::find(registry.client, proxy, BlockSelector::default(), None).await?;
    let subject = subject(
        context,
        registry.client.at(anchor.block).registry(registry.address),
        proxy,
    )
    .await?;
    let options = CensusOptions {
        no_replay: true,
        ..CensusOptions::default()
    };
    let census = census::take(registry.client, anchor, &subject, &options).await?;
    Ok(CensusPage {
        proxy,
        heading: census.heading(&context.names()),
        fields: census.stored().cloned().collect(),
        findings: census.findings(),
    })
}
