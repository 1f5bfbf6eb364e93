//! `deploy`: build, compress, create, activate.

use super::context::{Context, report};
use crate::deploy::{self, Deployed};
use crate::error::Error;
use crate::output::Outcome;
use crate::progress::Progress;
use serde_json::json;

pub(super) async fn run(
    context: &Context,
    source: &str,
    no_activate: bool,
) -> Result<Outcome, Error> {
    let client = context.client().await?;
    let artifact = context.artifact(source)?;
    context.output.note(&format!(
        "deploying {} ({} bytes)",
        artifact.name,
        artifact.code.len()
    ));
    let Deployed {
        address,
        codehash,
        created,
        activated,
    } = if no_activate {
        let (address, created) = deploy::create(&client, &artifact).await?;
        Deployed {
            address,
            codehash: artifact.codehash(),
            created,
            activated: None,
        }
    } else {
        deploy::deploy(&client, &artifact, context.global.data_fee_bump_percent).await?
    };
    let mut outcome = Outcome::default();
    report(&mut outcome, std::slice::from_ref(&created));
    let active = !no_activate;
    let activation = activated
        .as_ref()
        .map(|sent| json!({"tx": sent.tx, "gas": sent.gas}));
    if let Some(sent) = &activated {
        report(&mut outcome, &[created.clone(), sent.clone()]);
        outcome.lines.remove(0);
        outcome.field("tx", created.tx);
        outcome.field("gas", created.gas);
    }
    outcome.field("address", address);
    outcome.field("codehash", codehash);
    outcome.field("active", active);
    outcome.field("activation", activation);
    outcome.field("wasm_bytes", artifact.wasm.len());
    outcome.field("code_bytes", artifact.code.len());
    outcome.line(format!("address   {address}"));
    outcome.line(format!("codehash  {codehash}"));
    outcome.line(match (active, &activated) {
        (false, _) => "inactive: nobody can run it yet",
        (true, Some(_)) => "activated for 365 days",
        (true, None) => "active: the same code was activated before",
    });
    Ok(outcome)
}
