//! Mappings and arrays that a new version newly uses: a kept census proves that they are empty.

use crate::census::Subject;
use crate::client::ChainError;
use crate::context::Session;
use crate::layout::{Live, Upgrade, Who};
use stylus_layout::Layout;

/// Maximum number of instances whose census is read.
const INSTANCES_MAX: u32 = 64;

/// Drops the findings about mappings and arrays if every instance is at the version before, and its layout explains
/// everything that it stores.
pub(crate) async fn drop_proven(
    session: Session<'_>,
    upgrade: Upgrade<'_>,
    old: &Layout,
    live: &mut Live,
) -> Result<(), ChainError> {
    if live.dirty.iter().all(|one| one.instance.is_some()) {
        return Ok(());
    }
    // Without the laboratory nothing is proven, and the findings stay.
    let Some(laboratory) = session.context.program.wings.laboratory else {
        return Ok(());
    };
    let registry = session.registry;
    let versions = registry.labels(upgrade.name).await?;
    let count = registry.head(upgrade.name).await?.instances;
    let instances = match upgrade.who {
        Who::Instance(one) => vec![registry.instance(one).await?],
        Who::All if count <= INSTANCES_MAX => registry.instances(upgrade.name).await?,
        Who::All | Who::Newcomer(_) => Vec::new(),
    };
    let mut proven_at = None;
    for one in instances {
        let subject = Subject {
            proxy: one.proxy,
            version: one.version,
            implementation: None,
            layout: Ok(old.clone()),
            versions: versions.clone(),
            is_evm: false,
        };
        // A census without a proof does not count.
        let proven = (laboratory.proven)(session.registry.client, &subject)
            .await
            .ok()
            .flatten();
        match proven.filter(|_| subject.version == upgrade.from) {
            Some(block) => proven_at = Some(block),
            None => return Ok(()),
        }
    }
    if let Some(block) = proven_at {
        live.dirty.retain(|one| one.instance.is_some());
        session.context.note(format!(
            "the mappings and arrays that {} newly uses are empty: proven by a census at block {block}",
            upgrade.to
        ));
    }
    Ok(())
}
