//! The interfaces and layouts of the two versions of an upgrade, as far as they are known.

use super::simulated_upgrade::SimulatedUpgrade;
use crate::context::prelude::*;
use crate::functions::Functions;
use crate::plan::Plan;
use crate::registry::RecordedCode;
use stylus_layout::Layout;

/// The interface and storage of a version, as far as known.
#[derive(Default)]
pub(crate) struct VersionInterface {
    /// Its interface.
    pub(crate) functions: Functions,
    /// Initializers and migrations.
    pub(crate) steps: Functions,
    /// Its layout; empty if it is not known.
    pub(crate) layout: Layout,
}

/// Reads the interfaces of the version before and of the new one.
pub(crate) async fn both(simulated: &SimulatedUpgrade<'_>) -> Result<[VersionInterface; 2]> {
    let (session, Plan { name, from, .. }) = (simulated.session, &simulated.plan);
    let before = session.registry.known_version(name, from).await?;
    let before = before.map(|one| one.code);
    let documents = session.documents();
    let of = async |code: RecordedCode| -> Result<VersionInterface> {
        let known = session.functions(name, code.codehash).await?;
        let document = documents.get(code.layout).await?.into_value();
        let steps = document.as_ref().and_then(|one| one.steps.as_ref());
        let steps = steps.into_iter().flatten();
        Ok(VersionInterface {
            functions: known.unwrap_or_default(),
            steps: Functions::of_signatures(steps.map(|step| step.signature.as_str())),
            layout: document.map(|one| one.layout).unwrap_or_default(),
        })
    };
    let before = match before {
        Some(code) => of(code).await?,
        None => VersionInterface::default(),
    };
    Ok([
        before,
        of(RecordedCode::from(&simulated.request.call.code)).await?,
    ])
}
