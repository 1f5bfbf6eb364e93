//! Comparisons of the code on the chain with a build here: of the framework, and of a version's sources.

use crate::assess::{Coverage, Evidence, Origin as Source, Part};
use crate::context::prelude::*;
use crate::governance::OTHER_COMMIT;
use crate::history::LiveCheck;
use crate::ids::CodeHash;
use crate::layout::Documents;
use crate::model::{ProxyKind, StepKind, Version};
use crate::pipeline::verifiable::implementation;
use crate::registry::{Origin, runs};
use stylus_layout::BuildMetadata;
use stylus_upgrades_interface::registry::Step;

/// Compares the framework's code on the chain with the code that this program builds.
pub(crate) async fn framework_checks(
    session: Session<'_>,
    proxies: &[(Address, ProxyKind)],
) -> Result<Vec<LiveCheck>> {
    let Session { context, registry } = session;
    let built = context.builder()?.framework()?;
    let mut expected = vec![("registry", registry.address, built.registry.codehash())];
    let contracts = built.contracts().into_iter();
    expected
        .extend(contracts.map(|contract| (contract.name, contract.address, contract.codehash())));
    for part in std::iter::once(&built.storage).chain(&built.parts) {
        expected.push((&part.artifact.name, part.address, part.artifact.codehash()));
    }
    for (proxy, kind) in proxies {
        let codehash = built.proxy_codehash(*kind);
        expected.extend(codehash.map(|codehash| ("proxy", *proxy, codehash)));
    }
    let mut checks = vec![origin(
        context.origin_of(registry.address),
        registry.address,
    )];
    for (what, account, hash) in expected {
        let found = registry.client.codehash(account).await?.unwrap_or_default();
        let what = format!("code of the {what} {account}");
        checks.push(LiveCheck::compare(what, &hash, &found));
    }
    Ok(checks)
}

/// The check that the registry's address follows from its deployment.
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
            None => "an address that does not follow from them".into(),
        },
    }
}

/// Checks that a source builds to the registered code, and has the registered hash. It is always built now.
pub(crate) async fn built(
    session: Session<'_>,
    name: &str,
    version: &str,
    source: &str,
) -> Result<Vec<LiveCheck>> {
    let context = session.context;
    let client = session.registry.client;
    let recorded = session.registry.code(name, version).await?;
    let found = implementation(context, client.chain_id(), source, true)?;
    let what = format!("{source} is the source of {version}");
    let mut code = LiveCheck::compare(what, &recorded.codehash, &found.codehash());
    // A `.wasm` file has no sources, and neither has an address.
    let has_sources = !recorded.source.is_zero() && found.info.source_hash.is_some();
    if !code.ok && has_sources && recorded.source == found.source_hash() {
        code.found = format!("{}; {OTHER_COMMIT}", code.found);
    }
    let mut checks = vec![code];
    if has_sources {
        let what = format!("{source} has the source hash of {version}");
        checks.push(LiveCheck::compare(
            what,
            &recorded.source,
            &found.source_hash(),
        ));
    }
    Ok(checks)
}

/// The parts that `verify` can check of these versions of a definition. `built` is the one whose sources are built and
/// compared. A registry that cannot run answers nothing.
pub(crate) async fn coverage(
    documents: &Documents,
    (name, is_running): (&str, bool),
    versions: &[Version],
    built: Option<&str>,
) -> Result<Coverage> {
    let mut coverage = Coverage::default();
    if !is_running {
        let why = "the registry cannot run, so it returns no layout";
        for part in [Part::Layout, Part::Steps] {
            coverage.add(Evidence::whole(part, Source::NotKnown, why));
        }
        coverage.add(Evidence::whole(
            Part::Source,
            Source::Chain,
            "nothing was built",
        ));
        return Ok(coverage);
    }
    for Version {
        version,
        code,
        steps,
        ..
    } in versions
    {
        let of = format!("{name} {version}");
        let seen = |part, origin| Evidence::whole(part, origin, "");
        let unknown = |part, why| Evidence::whole(part, Source::NotKnown, why);
        let known = documents.get(code.layout).await?;
        coverage.add(match known.value() {
            Some(_) => seen(Part::Layout, Source::Chain),
            None => unknown(Part::Layout, format!("{of}: {}", known.why())),
        });
        let declared = known.value().and_then(|known| known.steps.as_ref());
        let foreign = |step: &Step| runs(step) == StepKind::ForeignCall;
        let is_foreign = !steps.is_empty() && steps.iter().all(foreign);
        // A Solidity layout has no declared steps, and a registration of Solidity no source hash: nobody can add them.
        let is_solidity = known.value().is_some() && declared.is_none();
        let absent = |part, why| {
            if is_solidity {
                Evidence::some(part, Source::NotKnown, why)
            } else {
                unknown(part, why)
            }
        };
        coverage.add(if declared.is_some() || is_foreign {
            seen(Part::Steps, Source::Chain)
        } else {
            absent(
                Part::Steps,
                format!("the code of {of} does not say what it declares"),
            )
        });
        coverage.add(match declared {
            Some(_) => seen(Part::Interface, Source::Chain),
            None => {
                let why = format!("the functions of {of} were not checked");
                Evidence::some(Part::Interface, Source::NotKnown, why)
            }
        });
        coverage.add(if code.source.is_zero() {
            let why = format!("the hash of the sources of {of} was not recorded");
            absent(Part::Source, why)
        } else if built != Some(version.as_str()) {
            let why = format!("the sources of {of} were not built (--source)");
            Evidence::whole(Part::Source, Source::Chain, why)
        } else {
            seen(Part::Source, Source::Build)
        });
    }
    Ok(coverage)
}

/// The published builds of these versions, as claimed by the accounts that registered them. Each with the version and
/// the hash of its code.
pub(crate) async fn published_builds(
    documents: &Documents,
    versions: &[Version],
) -> Result<Vec<(String, CodeHash, BuildMetadata)>> {
    let mut all = Vec::new();
    for Version { version, code, .. } in versions {
        let known = documents.get(code.layout).await?;
        let build = known.value().and_then(|known| known.build.clone());
        all.extend(build.map(|build| (version.clone(), code.codehash, build)));
    }
    Ok(all)
}
