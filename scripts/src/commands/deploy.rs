//! `deploy`: build, compress, create, activate.

use super::context::{Context, report};
use super::verifiable::{keep_deployment, kept_implementation};
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::deploy;
use crate::output::Outcome;
use crate::plan::has_constructor;
use crate::progress::Progress;
use alloy::sol_types::SolCall;
use serde_json::json;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

pub(super) async fn run(
    context: &Context,
    source: &str,
    no_activate: bool,
) -> Result<Outcome, Error> {
    let client = context.working_client("deploy").await?;
    let artifact = kept_implementation(context, client.chain_id(), source)?;
    if has_constructor(&artifact.wasm) && !context.accepted().contains(&FindingId::CONSTRUCTOR) {
        let name = artifact.name.clone();
        return Err(Error::HasConstructor { name });
    }
    context.output.note(&format!(
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
    keep_deployment(context, &client, &artifact, std::slice::from_ref(&created)).await?;
    let activated = if no_activate {
        None
    } else {
        let bump = context.global.data_fee_bump_percent;
        let sent = deploy::activate(&client, &artifact.name, address, bump).await?;
        let call = IArbWasm::activateProgramCall { program: address }.abi_encode();
        sent.or_else(|| context.earlier(Some(ARB_WASM), &call))
    };
    let mut outcome = Outcome::default();
    let sent = fragments.into_iter().chain([created.clone()]);
    let sent: Vec<_> = sent.chain(activated.clone()).collect();
    report(&mut outcome, &sent);
    outcome.field("tx", created.tx);
    outcome.field("gas", created.gas);
    let active = !no_activate;
    let activation = activated
        .as_ref()
        .map(|sent| json!({"tx": sent.tx, "gas": sent.gas}));
    outcome.field("address", address);
    outcome.field("codehash", codehash);
    outcome.field("active", active);
    outcome.field("activation", activation);
    outcome.field("wasm_bytes", artifact.wasm.len());
    outcome.field("code_bytes", artifact.size());
    outcome.field("fragments", artifact.fragments.len());
    outcome.field("layout_hash", artifact.layout_hash());
    outcome.field("source_hash", artifact.source_hash());
    outcome.field("build", &artifact.info);
    outcome.line(format!("address   {address}"));
    outcome.line(format!("codehash  {codehash}"));
    outcome.line(match (active, &activated) {
        (false, _) => "inactive: nobody can run it yet",
        (true, Some(_)) => "activated for 365 days",
        (true, None) => "active: the same code was activated before",
    });
    Ok(outcome)
}
