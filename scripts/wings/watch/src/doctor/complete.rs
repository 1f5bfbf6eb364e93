//! Checks whether an endpoint gave all events of the registry: code that it keeps quiet about is not examined.
//! Where the registry runs, its views are compared with them; where it does not, what it stores.

use super::event_records::EventRecords;
use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::ChainError;
use crate::expiry::{INCOMPLETE, Program};
use crate::history::differences;
use crate::model::{Definition, Head, head_differences};
use crate::model::{Difference, Role, Slice};
use crate::questions::ask_all;
use crate::registry::{self, Registry, stored};

/// Differences between events and the registry.
pub(super) async fn examine(
    registry: Registry<'_>,
    recorded: &EventRecords,
    programs: &[Program],
) -> Result<Vec<Finding>, ChainError> {
    let runs = programs
        .iter()
        .filter(|program| is_registry(program))
        .all(|program| program.state.runs());
    compare(registry, recorded, runs).await
}

fn is_registry(program: &Program) -> bool {
    let mut uses = program.accounts.iter().flat_map(|account| &account.uses);
    uses.any(|usage| matches!(usage.role, Role::Registry | Role::RegistryPart))
}

async fn compare(
    registry: Registry<'_>,
    recorded: &EventRecords,
    runs: bool,
) -> Result<Vec<Finding>, ChainError> {
    let untold = |what: &str, view: &str| Difference {
        what: what.into(),
        events: "none".into(),
        view: view.into(),
    };
    let unknown = recorded.unknown.iter().map(|id| {
        let title = format!("the definition {}", id.0);
        finding(&title, untold("its creation", "the event that created it"))
    });
    let mut found: Vec<_> = unknown.collect();
    // The chain counts what an account creates. So a definition whose events are all kept back is missed
    // as soon as it has an instance.
    let counted = registry::counted(registry).await?;
    if counted > recorded.created {
        let difference = Difference {
            what: "the number of proxies that it created".into(),
            events: recorded.created.to_string(),
            view: format!("{counted}, as its account's nonce says"),
        };
        found.push(finding("the registry", difference));
    }
    let compared = recorded.definitions.iter().map(async |definition| {
        if runs {
            match differences(registry, definition, &Slice::whole(definition)).await {
                Err(ChainError::Refused { revert, .. }) => Ok(vec![Difference {
                    what: "the definition".into(),
                    events: "it exists".into(),
                    view: revert.to_string(),
                }]),
                all => all,
            }
        } else {
            compare_stored(registry, definition).await
        }
    });
    let compared: Vec<Vec<Difference>> = ask_all(compared).await?;
    for (definition, all) in recorded.definitions.iter().zip(compared) {
        let title = definition.title();
        let hidden = initial_roles(&definition.name).iter();
        let hidden = hidden.filter(|role| !definition.policies.contains_key(**role));
        found.extend(hidden.map(|role| {
            let what = format!("the policy of {role}");
            finding(title, untold(&what, "a policy since its creation"))
        }));
        found.extend(all.into_iter().map(|difference| finding(title, difference)));
    }
    Ok(found)
}

/// The roles that have a policy from the beginning on.
fn initial_roles(name: &str) -> &'static [&'static str] {
    match name {
        "" => &["define", "policy"],
        _ => &["migrate", "policy", "create"],
    }
}

/// Compares a definition with what the registry stores of it, without running the registry.
async fn compare_stored(
    registry: Registry<'_>,
    definition: &Definition,
) -> Result<Vec<Difference>, ChainError> {
    if definition.name.is_empty() {
        return Ok(Vec::new()); // of itself the registry counts nothing
    }
    let stored = stored::counts(registry, definition.id()).await?;
    let head = Head {
        current: definition.current.clone(),
        sequence: stored.sequence,
        versions: stored.versions,
        instances: stored.instances,
        state: definition.state,
    };
    Ok(head_differences(definition, &head))
}

fn finding(title: &str, difference: Difference) -> Finding {
    let what = difference.what;
    let says = format!(
        "the events of {title} are incomplete or false: {what} differs, and what they leave out is not examined"
    );
    Finding::new(
        Part::Registry,
        Severity::Danger,
        FindingId::error(INCOMPLETE),
        says,
    )
    .with(
        difference.view,
        format!("{}, as the events say", difference.events),
        "ask another endpoint, one that keeps all logs",
    )
}
