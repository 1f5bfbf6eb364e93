//! `register` and `migrate`: a version, its code, and the way into it.

use super::args::VersionArgs;
use super::calldata;
use super::context::{Context, report};
use super::define::tell;
use super::rollout;
use crate::client::{Client, Sent};
use crate::error::Error;
use crate::output::Outcome;
use crate::registry::{self, NewVersion};
use alloy::primitives::Address;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};

pub(super) async fn register(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let prepared = prepare(context, args).await?;
    let Prepared {
        client,
        registry,
        new,
        mut sent,
    } = prepared;
    let governed = registry::add_version(&client, registry, new.clone()).await?;
    sent.push(governed.sent.clone());
    let mut outcome = describe(&new, &sent);
    tell(&mut outcome, &governed);
    Ok(outcome)
}

pub(super) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let Prepared {
        client,
        registry,
        new,
        mut sent,
    } = prepare(context, args).await?;
    let governed = registry::migrate(&client, registry, new.clone()).await?;
    sent.push(governed.sent.clone());
    let mut outcome = describe(&new, &sent);
    tell(&mut outcome, &governed);
    if governed.progress.executed {
        let call = abi::definitionCall {
            name: new.name.clone(),
        };
        let instances = client.call(registry, &call).await?.instances;
        if instances > INSTANCES_AT_ONCE {
            outcome.line(format!("activated, rollout 0/{instances}"));
            rollout::roll(&client, registry, &new.name, None, &mut outcome).await?;
        }
    }
    Ok(outcome)
}

/// All that the governed call needs.
struct Prepared {
    client: Client,
    registry: Address,
    new: NewVersion,
    sent: Vec<Sent>,
}

async fn prepare(context: &Context, args: &VersionArgs) -> Result<Prepared, Error> {
    let registry = context.registry()?;
    let data = calldata::encode(&args.call, &context.manifest)?;
    let client = context.client().await?;
    let definition = client
        .call(
            registry,
            &abi::definitionCall {
                name: args.name.clone(),
            },
        )
        .await?;
    let (implementation, mut sent) = context.deployed(&client, &args.source).await?;
    let code = registry::code_at(&client, implementation).await?;
    let from = match &args.from {
        _ if args.born => String::new(),
        Some(from) => from.clone(),
        None => definition.current,
    };
    let step: Step = match &args.script {
        Some(source) => {
            let (script, more) = context.deployed(&client, source).await?;
            sent.extend(more);
            registry::script(&client, &from, script, data).await?
        }
        None if data.is_empty() => registry::nothing(&from),
        None => registry::call(&from, data),
    };
    let new = NewVersion {
        name: args.name.clone(),
        version: args.version.clone(),
        code,
        step,
    };
    Ok(Prepared {
        client,
        registry,
        new,
        sent,
    })
}

fn describe(new: &NewVersion, sent: &[Sent]) -> Outcome {
    let mut outcome = Outcome::default();
    report(&mut outcome, sent);
    outcome.field("name", &new.name);
    outcome.field("version", &new.version);
    outcome.field("from", &new.step.from);
    outcome.field("implementation", new.code.implementation);
    outcome.field("codehash", new.code.codehash);
    outcome.line(format!(
        "{} {}  {}",
        new.name, new.version, new.code.implementation
    ));
    outcome
}
