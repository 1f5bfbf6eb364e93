//! The subject of a census of an instance.

use crate::census::Subject;
use crate::context::prelude::*;
use crate::model::InstanceState;
use crate::program_code::is_program;
use crate::registry::Registry;

/// Reads the subject of a census of an instance, at the block of the client.
///
/// # Errors
/// Errors of the chain.
pub async fn subject(context: &Context, registry: Registry<'_>, proxy: Address) -> Result<Subject> {
    let instance = registry.instance(proxy).await?;
    let name = &instance.definition;
    let code = registry.code(name, &instance.version).await?;
    let layout = context.documents(registry).get(code.layout).await?;
    let unknown = layout.why().to_owned();
    Ok(Subject {
        proxy,
        version: instance.version.clone(),
        implementation: (instance.state == InstanceState::Live).then_some(code.implementation),
        layout: match layout.into_value() {
            Some(document) => Ok(document.layout),
            None => Err(unknown),
        },
        versions: registry.labels(name).await?,
        is_evm: !is_program(&registry.client.code(code.implementation).await?),
    })
}
