//! How much of what the registry recorded of a definition's versions can be checked by others, and how
//! others build them again.

use crate::app_error::Error;
use crate::assess::{Coverage, Evidence, Origin, Part};
use crate::ids::CodeHash;
use crate::layout::{Documents, Known};
use crate::model::{StepKind, Version};
use crate::registry::runs;
use stylus_layout::BuildMetadata;
use stylus_upgrades_interface::registry::Step;

/// What `verify` can check of these versions of a definition. `built` is the one whose sources are built and
/// compared. A registry that does not run answers nothing.
pub(super) async fn coverage(
    documents: &Documents,
    (name, is_running): (&str, bool),
    versions: &[Version],
    built: Option<&str>,
) -> Result<Coverage, Error> {
    let mut coverage = Coverage::default();
    if !is_running {
        let why = "the registry cannot run, so it tells of no layout";
        for part in [Part::Layout, Part::Steps] {
            coverage.add(Evidence::whole(part, Origin::NotKnown, why));
        }
        coverage.add(Evidence::whole(
            Part::Source,
            Origin::Chain,
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
        let known = documents.get(code.layout).await?;
        match &known {
            Known::Document(_) => coverage.seen(Part::Layout, Origin::Chain),
            Known::Not(why) => {
                let why = format!("{name} {version}: {why}");
                coverage.add(Evidence::whole(Part::Layout, Origin::NotKnown, why));
            }
        }
        let declared = known.document().and_then(|known| known.steps.as_ref());
        let foreign = |step: &Step| runs(step) == StepKind::ForeignCall;
        if declared.is_none() && (steps.is_empty() || !steps.iter().all(foreign)) {
            let why = format!("the code of {name} {version} does not say what it declares");
            coverage.add(Evidence::whole(Part::Steps, Origin::NotKnown, why));
        } else {
            coverage.seen(Part::Steps, Origin::Chain);
        }
        if declared.is_none() {
            let why = format!("the functions of {name} {version} were not looked at");
            coverage.add(Evidence::some(Part::Interface, Origin::NotKnown, why));
        } else {
            coverage.seen(Part::Interface, Origin::Chain);
        }
        if code.source.is_zero() {
            let why = format!("nobody recorded the hash of the sources of {name} {version}");
            coverage.add(Evidence::whole(Part::Source, Origin::NotKnown, why));
        } else if built != Some(version.as_str()) {
            let why = format!("the sources of {name} {version} were not built (--source)");
            coverage.add(Evidence::whole(Part::Source, Origin::Chain, why));
        } else {
            coverage.seen(Part::Source, Origin::Build);
        }
    }
    Ok(coverage)
}

/// What was published of the builds of these versions: what whoever registered them says. Each with the version and
/// the hash of its code.
pub(super) async fn builds(
    documents: &Documents,
    versions: &[Version],
) -> Result<Vec<(String, CodeHash, BuildMetadata)>, Error> {
    let mut all = Vec::new();
    for Version { version, code, .. } in versions {
        let known = documents.get(code.layout).await?;
        let build = known.document().and_then(|known| known.build.clone());
        all.extend(build.map(|build| (version.clone(), code.codehash, build)));
    }
    Ok(all)
}
