//! `create-proxy`: an instance, created and initialized in one transaction.

use super::args::CreateProxyArgs;
use super::calldata;
use super::context::Context;
use super::facts::Place;
use super::propose::{Sending, stop};
use super::storage;
use super::verifiable::LOCAL_CHAINS;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Subject;
use crate::client::{Sent, Transactions};
use crate::error::{Exit, Refusal};
use crate::governance::GovernedCall;
use crate::manifest::{Entry, Kind, Manifest, check_alias};
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What nobody can make up for later.
const CREATED_BARE: &str =
    "no --init: no initializer runs now, and none can ever run on this instance";

pub(super) async fn run(context: &Context, request: &CreateProxyArgs) -> Result<Outcome, Error> {
    let data = calldata::encode(&request.init, &context.manifest)?;
    if request.save.is_some() && context.is_export() {
        return Err(Error::Usage {
            message: "--save with --export: the instance does not exist yet".into(),
            expected: "create-proxy --export without --save".into(),
            found: "--save".into(),
            next:
                "leave it out, and write the alias into the manifest when the instance is created"
                    .into(),
        });
    }
    if let Some(alias) = &request.save {
        check_alias(&context.manifest_file(), alias)?;
    }
    let (client, registry) = context.verified_working("create-proxy").await?;
    let is_local = LOCAL_CHAINS.contains(&client.chain_id()) || client.endpoint().is_loopback();
    let mut call = abi::createProxyCall {
        name: request.name.clone(),
        version: request.version.clone(),
        kind: chosen(request.kind.or(context.manifest.proxy), is_local)?.number(),
        salt: request.salt.unwrap_or_default().into(),
        initData: data,
    };
    let place = Place::of(context, &client, registry);
    let asked = Subject::Creation(&call, calldata::typed(&request.init));
    let checks = place.assess(asked, Role::Proposer).await?;
    storage::require(&checks)?;
    if call.initData.is_empty() {
        context.output.note(CREATED_BARE);
    }
    let mut before = None;
    if request.salt.is_none() {
        before = created_before(place, &call).await?;
        if before.is_none() {
            call.salt = choose(place, &call).await?;
        }
    }
    let (reader, names) = (place.reader(), context.names());
    let proxy = match &before {
        Some((_, proxy)) => *proxy,
        None => {
            let kind = call.kind.into();
            reader.proxy_address(&call.name, kind, call.salt).await?
        }
    };
    let line = format!("proxy  {proxy}");
    let mut outcome = Outcome::default();
    outcome.field("name", &request.name);
    outcome.field("version", &request.version);
    outcome.field("proxy", proxy);
    outcome.line(&line);
    storage::report(&mut outcome, &checks);
    if let Some((sent, _)) = before {
        outcome.field("executed", true);
        let sent = Transactions::of(std::slice::from_ref(&sent));
        sent.add_to(&mut outcome, &names);
        save(context, request.save.as_deref(), proxy, &mut outcome);
        return Ok(outcome);
    }
    outcome.field("salt", U256::from_be_bytes(call.salt.0));
    if let Some(alias) = &request.save {
        let file = context.manifest_file();
        Manifest::require_free(&file, context.network(), Entry::Alias(alias))?;
    }
    let bytes = call.abi_encode().into();
    let governed = GovernedCall::decode(registry, bytes, request.value)?;
    let mut outcome = Sending::of(governed).propose(place, outcome).await?;
    if outcome.exit == Some(Exit::NotReady) || context.is_export() {
        for line in outcome.lines.iter_mut().filter(|one| **one == line) {
            line.push_str(" once it is approved: nothing is there yet");
        }
    }
    match (outcome.exit, &request.save) {
        (None, alias) => save(context, alias.as_deref(), proxy, &mut outcome),
        (Some(Exit::NotReady), Some(alias)) => outcome.line(format!(
            "`--save {alias}` was not done: type the same command after the last approval, or add \
             {alias} = \"{proxy}\" to [aliases]"
        )),
        _ => {}
    }
    Ok(outcome)
}

/// What an earlier run created by the same words and did not report, whatever salt it chose.
async fn created_before(
    place: Place<'_>,
    call: &abi::createProxyCall,
) -> Result<Option<(Sent, Address)>, Error> {
    let (context, client, registry) = place.parts();
    let created = |sent: &Sent| sent.event_of::<abi::ProxyCreated>(registry);
    let Some(sent) = context.earlier_that(|sent| created(sent).is_some()) else {
        return Ok(None);
    };
    let input = client.input_to(registry, sent.tx).await?;
    let same = input.and_then(|input| abi::createProxyCall::abi_decode(&input).ok());
    let same = same.filter(|same| {
        *same
            == abi::createProxyCall {
                salt: same.salt,
                ..call.clone()
            }
    });
    let proxy = created(&sent).map(|created| created.proxy);
    Ok(proxy.filter(|_| same.is_some()).map(|proxy| (sent, proxy)))
}

/// The salt of a call that has none yet. For who alone satisfies the role it is the first that is free from the number
/// of instances on. Where others have to agree, it follows from the words alone: who types the same words as others
/// means the same proxy, whenever that is.
async fn choose(place: Place<'_>, call: &abi::createProxyCall) -> Result<B256, Error> {
    let (_, client, _) = place.parts();
    let (reader, name) = (place.reader(), call.name.as_str());
    let sender = client.caller("create-proxy")?;
    if !reader.satisfies(name, "create", vec![sender]).await? {
        return Ok(keccak256(call.abi_encode()));
    }
    let mut salt = U256::from(reader.head(name).await?.instances);
    loop {
        let address = reader.proxy_address(name, call.kind.into(), salt.into());
        if client.code(address.await?).await?.is_empty() {
            return Ok(salt.into());
        }
        salt += U256::ONE;
    }
}

/// Saves the proxy; where that fails, the rest is done all the same.
fn save(context: &Context, alias: Option<&str>, proxy: Address, outcome: &mut Outcome) {
    let Some(alias) = alias else {
        return;
    };
    let (file, network) = (context.manifest_file(), context.network());
    if let Err(error) = Manifest::save(&file, network, Entry::Alias(alias), proxy) {
        stop(context, outcome, &error, Exit::Partial);
    }
}

/// The kind that was said by flag or manifest. On a chain of users it is chosen knowingly: what a call costs
/// and whether the proxy expires follow from it for good.
fn chosen(said: Option<Kind>, is_local: bool) -> Result<Kind, Error> {
    match said {
        Some(kind) => Ok(kind),
        None if is_local => Ok(Kind::Wasm),
        None => {
            let says = "which proxy is not said, and on this chain it is for good";
            let refusal = Refusal::new("ProxyKindNotChosen", says).with(
                "--kind evm (never expires, costs users least) or --kind wasm (a Stylus program that expires), or \
                 `proxy` in the manifest",
                "none of them",
                "give --kind; docs/kinds.md compares them",
            );
            Err(refusal.exiting(Exit::Usage).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, Explain};

    #[test]
    fn on_a_chain_of_users_the_kind_is_said_and_never_taken_in_silence() {
        let refused = chosen(None, false).expect_err("nobody chose");
        assert_eq!(
            (refused.name().as_str(), refused.exit()),
            ("ProxyKindNotChosen", Exit::Usage)
        );
        assert!(matches!(chosen(Some(Kind::Evm), false), Ok(Kind::Evm)));
        assert!(matches!(chosen(None, true), Ok(Kind::Wasm)));
    }
}
