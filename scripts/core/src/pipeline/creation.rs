//! The checks of a creation: what its code declares, which initializers stay open on the instance, and who can replace its
//! code without the registry.

use super::check_options::CheckOptions;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::checks::{Assessment, Subject};
use crate::context::prelude::*;
use crate::governance::{Call, deciding_policy_of};
use crate::layout::Initializers;
use crate::plan::{CreationControl, CreationRequest, creation, may_replace_code};
use stylus_layout::Layout;

/// The checks of a creation. It is tried on a copy where the sources of its code are known, as only a run shows what its
/// initializer leaves behind, and where its code names the words of its proxy.
pub(crate) async fn check(
    session: Session<'_>,
    call: &abi::createProxyCall,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    let subject = Subject::Creation {
        call,
        typed: options.typed,
        layout: options.layout,
    };
    let mut checks = session.assess(subject, options.role).await?;
    if checks.is_unsearched() {
        let says = "not checked: which initializers stay open on the instance; the build-info of the code shows them (--layout)";
        let id = FindingId::about(FindingKind::NotSeen, "initializers");
        let finding = Finding::new(Part::Steps, Severity::Unknown, id, says);
        checks.extend([finding]);
    }
    let initializers = checks.initializers();
    let registry = session.registry;
    let code = registry.code(&call.name, &call.version).await?;
    let bytes = registry.client.code(code.implementation).await?;
    if initializers.0.is_empty() && !may_replace_code(&bytes) {
        return Ok(checks);
    }
    let document = session.documents().get(code.layout).await?.into_value();
    let control = CreationControl {
        document,
        sender: options.who,
    };
    let request = CreationRequest {
        control: Some(control),
        ..request(session, call, (None, initializers)).await?
    };
    let untried = match creation(session.registry.client, request).await {
        Ok(tried) => {
            checks.extend(tried.open);
            tried.problem.map(|problem| problem.message)
        }
        Err(error) => Some(error.to_string()),
    };
    checks.extend(untried.map(not_tried));
    Ok(checks)
}

/// Builds the request to try a creation on a copy.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn request(
    session: Session<'_>,
    call: &abi::createProxyCall,
    (layout, initializers): (Option<Layout>, Initializers),
) -> Result<CreationRequest> {
    let registry = session.registry;
    Ok(CreationRequest {
        registry: registry.address,
        call: call.clone(),
        policy: deciding_policy_of(registry, &Call::CreateProxy(call.clone())).await?,
        layout,
        initializers,
        control: None,
        names: session.context.names(),
    })
}

fn not_tried(why: String) -> Finding {
    let id = FindingId::absent(Part::Simulation);
    let next = format!(
        "read its initializers; to accept it: {}",
        FindingId::flag([&id])
    );
    let says =
        "not checked: which initializers stay open on the instance, and who can replace its code";
    let finding = Finding::new(Part::Simulation, Severity::Danger, id, says);
    finding.with("a creation that was tried on a copy", why, next)
}
