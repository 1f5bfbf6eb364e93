//! What proxies refuse.

use super::reasons::{not_runnable_cure, not_runnable_reason};
use super::{Advice, Advise};
use crate::text::shell_word;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::IUpgradeabilityProxyErrors;

impl Advise for IUpgradeabilityProxyErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::NotAProxy(_) => {
                Advice::new("a proxy", "a direct call", "call it through a proxy")
            }
            Self::UpgradeInProgress(_) => Advice::new(
                "an instance that is live",
                "a paused contract, or an upgrade of it that is running",
                "wait, then try again; stylus-upgrades status tells what it is in",
            ),
            Self::VersionNotFound(error) => Advice::new(
                format!("a registered version of {}", error.name),
                error.version.as_str(),
                format!(
                    "stylus-upgrades register {} {} <crate|wasm|address>",
                    shell_word(&error.name),
                    shell_word(&error.version)
                ),
            ),
            Self::UpgradeNotAuthorized(error) => Advice::new(
                "the registry, or a caller who alone satisfies the role `migrate`",
                error.caller.to_string(),
                "let the approvers run `stylus-upgrades migrate`, then `rollout`",
            ),
            Self::AlreadyAtVersion(error) => Advice::new(
                "another version",
                error.version.as_str(),
                "nothing: it is done",
            ),
            Self::NoPath(error) => Advice::new(
                format!("a chain of steps from {} to {}", error.from, error.to),
                "none within the limits",
                format!(
                    "stylus-upgrades register {} with --from {}",
                    shell_word(&error.name),
                    shell_word(&error.from)
                ),
            ),
            Self::ImplementationNotRunnable(error) => Advice::new(
                "code that can run: activated, current, unexpired",
                format!(
                    "{}: {}",
                    error.implementation,
                    not_runnable_reason(error.reason)
                ),
                not_runnable_cure(error.reason),
            ),
            Self::MigrationNotApplied(error) if error.from.is_empty() => Advice::new(
                format!("an initializer of {} that marks itself", error.to),
                "no mark: it reverted without data, as a panic does, ran out of gas, or is no such initializer",
                "stylus-upgrades create-proxy tries it first and says which; stylus-upgrades trace shows its calls",
            ),
            Self::MigrationNotApplied(error) => Advice::new(
                format!(
                    "a migration {} → {} that marks itself",
                    error.from, error.to
                ),
                "no mark: it reverted without data, as a panic does, ran out of gas, or is no such migration",
                "stylus-upgrades plan tries it on a copy and says which",
            ),
            Self::UpgradeSlotsTouched(error) => Advice::new(
                "a step that leaves the framework's slots alone",
                format!("a write to {}", error.slot),
                "correct the migration",
            ),
            Self::ValueNotAccepted(error) => {
                Advice::new("no value", error.value.to_string(), "send it without value")
            }
        }
    }
}
