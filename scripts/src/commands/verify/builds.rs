//! Whether the code on the chain is what is built here: the framework's, and that of a version's sources.

use crate::app_error::Error;
use crate::commands::facts::Place;
use crate::commands::verifiable::implementation;
use crate::history::LiveCheck;
use crate::ids::CodeHash;
use crate::model::ProxyKind;
use crate::registry::{Origin, relay_of};
use alloy::primitives::Address;

/// Whether the framework's code on the chain is what this program builds.
pub(super) async fn framework_checks(
    place: Place<'_>,
    proxies: &[(Address, ProxyKind)],
) -> Result<Vec<LiveCheck>, Error> {
    let (context, client, registry) = place.parts();
    let built = context.builder()?.framework()?;
    let mut expected = vec![
        ("registry", registry, built.registry.codehash()),
        ("pause stub", built.stub_address, CodeHash::of(&built.stub)),
    ];
    for part in std::iter::once(&built.storage).chain(&built.parts) {
        expected.push((&part.artifact.name, part.address, part.artifact.codehash()));
    }
    for (proxy, kind) in proxies {
        let relay = match *kind {
            ProxyKind::Evm => relay_of(client, registry, *proxy).await?,
            _ => None,
        };
        let codehash = built.proxy_codehash(*kind, relay.unwrap_or(registry));
        expected.extend(codehash.map(|codehash| ("proxy", *proxy, codehash)));
    }
    let mut checks = vec![origin(context.origin_of(registry), registry)];
    for (what, account, hash) in expected {
        let found = client.codehash(account).await?.unwrap_or_default();
        let what = format!("code of the {what} {account}");
        checks.push(LiveCheck::compare(what, &hash, &found));
    }
    Ok(checks)
}

/// Whether the registry's address follows from its deployment.
fn origin(found: Option<Origin>, registry: Address) -> LiveCheck {
    LiveCheck {
        what: format!("origin of the registry {registry}"),
        ok: found.is_some(),
        expected: "an address that follows from deployer, init code and constructor's data".into(),
        found: match found {
            Some(Origin {
                define_policy,
                salt,
            }) => format!("it follows, with the policy {define_policy} and the salt {salt}"),
            None => "an address that follows from nothing".into(),
        },
    }
}

/// Whether a source builds to the code that is registered, and is the one that was registered. It
/// is built now, whatever was built before.
pub(super) async fn built(
    place: Place<'_>,
    name: &str,
    version: &str,
    source: &str,
) -> Result<Vec<LiveCheck>, Error> {
    let (context, client, _) = place.parts();
    let recorded = place.reader().code(name, version).await?;
    let found = implementation(context, client.chain_id(), source, true)?;
    let what = format!("{source} is the source of {version}");
    let mut checks = vec![LiveCheck::compare(
        what,
        &recorded.codehash,
        &found.codehash(),
    )];
    // A `.wasm` file has no sources, and who registers an address tells of none.
    if !recorded.source.is_zero() && found.info.source_hash.is_some() {
        let what = format!("{source} has the source hash of {version}");
        checks.push(LiveCheck::compare(
            what,
            &recorded.source,
            &found.source_hash(),
        ));
    }
    Ok(checks)
}
