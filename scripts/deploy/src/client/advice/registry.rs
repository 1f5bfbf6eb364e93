//! What the registry refuses.

use super::reasons::{instance_state_name, label_reason, policy_reason, step_cure, step_reason};
use super::{Advice, Advise};
use crate::output::shortened;
use crate::text::shell_word;
use stylus_upgrades_interface::limits::{LABEL_MAX, LAYOUT_MAX};
use stylus_upgrades_interface::registry::IRegistry::IRegistryErrors;

impl Advise for IRegistryErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::DefinitionExists(error) => Advice::new(
                "a new name",
                error.name.as_str(),
                "choose another name, or go on with this definition",
            ),
            Self::DefinitionNotFound(error) => Advice::new(
                "a definition of this registry",
                error.name.as_str(),
                format!(
                    "stylus-upgrades status lists the definitions; a new one: stylus-upgrades define {}",
                    shell_word(&error.name)
                ),
            ),
            Self::DefinitionPaused(error) => Advice::new(
                "a definition that is live",
                format!("{} is paused", error.name),
                format!(
                    "to pause it, nothing; for all else stylus-upgrades resume {}, then the same \
                     command; register prepares it while the definition is paused",
                    shell_word(&error.name)
                ),
            ),
            Self::DefinitionNotPaused(error) => Advice::new(
                "a definition that is paused",
                format!("{} is live", error.name),
                "nothing: it is live already",
            ),
            Self::VersionExists(error) => Advice::new(
                "a new label, or the very code, layout and sources that are registered",
                format!("{} with something else of these", error.version),
                "a version never changes: undo what was changed beside it, or choose another label",
            ),
            Self::InvalidLabel(error) => Advice::new(
                "1 to 64 bytes of printable ASCII without spaces",
                format!(
                    "{:?}: {}",
                    shortened(&error.label, 2 * LABEL_MAX),
                    label_reason(error.reason)
                ),
                "choose another label",
            ),
            Self::InvalidStep(error) => Advice::new(
                "a step that can be taken",
                step_reason(error.reason),
                step_cure(error.reason),
            ),
            Self::UnknownRole(error) => Advice::new(
                "a role that is set",
                error.role.as_str(),
                "stylus-upgrades policy explain lists the roles",
            ),
            Self::InvalidPolicy(error) => Advice::new(
                "a policy such as 0xaddr, AND(p,…), OR(p,…), OutOf(n,p,…)",
                format!("at byte {}: {}", error.offset, policy_reason(error.reason)),
                "correct the expression",
            ),
            Self::NotAnApprover(error) => Advice::new(
                "an address that the policy names",
                error.caller.to_string(),
                "use the key of an approver; only who proposed an action cancels it, while he is needed, or who alone satisfies its role",
            ),
            Self::AlreadyApproved(error) => Advice::new(
                "the approval of somebody else",
                error.approver.to_string(),
                "wait for the other approvers",
            ),
            Self::NotApproved(error) => Advice::new(
                "an approval of one's own, or an action that was not refused before",
                format!("none by {}", error.approver),
                "nothing: no signature of that account counts any more, or it is no approver of it",
            ),
            Self::TooManyActions(error) => Advice::new(
                "at most 16 open actions of one proposer",
                error.open.to_string(),
                "cancel what is not needed any more (stylus-upgrades pending, cancel)",
            ),
            Self::ActionNotFound(error) => Advice::new(
                "an open action",
                error.action.to_string(),
                "stylus-upgrades pending lists what is open: it may be executed, cancelled, or ended by a policy change",
            ),
            Self::ActionExpired(error) => Advice::new(
                "an action that is still open",
                error.action.to_string(),
                "type the command again: that proposes it anew; what was signed for it: have it signed again, with a later --deadline",
            ),
            Self::InvalidSignature(error) => Advice::new(
                format!(
                    "a signature of this action by {}, once, and not withdrawn",
                    error.signer
                ),
                format!(
                    "at position {} another one, or one that its signer has withdrawn",
                    error.index
                ),
                "who has withdrawn an approval approves again by stylus-upgrades approve only; otherwise have it signed again",
            ),
            Self::CodeChanged(error) => Advice::new(
                error.expected.to_string(),
                error.found.to_string(),
                "stop and find out who changed it",
            ),
            Self::NotAnInstance(error) => Advice::new(
                "a proxy of this registry",
                error.proxy.to_string(),
                "check the address",
            ),
            Self::NotMigrating(error) => Advice::new(
                "an instance in a complex step",
                format!("{} is {}", error.proxy, instance_state_name(error.state)),
                "stylus-upgrades status tells what it is in",
            ),
            Self::DirectCallRequired(error) => Advice::new(
                "an account without code that sends the call directly",
                format!("a call of {}", error.caller),
                "send the same call with a key whose account has no code: stylus-upgrades approve, or rollout for instances that wait; anybody may",
            ),
            Self::InstanceNotObeying(error) => Advice::new(
                "a proxy that does what this registry orders",
                error.proxy.to_string(),
                format!(
                    "find out who else decides about it; stylus-upgrades transfer {} --remove drops it",
                    error.proxy
                ),
            ),
            Self::TransferNotAccepted(error) => Advice::new(
                "a definition that has accepted this proxy from this registry",
                format!("{} from {}", error.proxy, error.registry),
                format!(
                    "first, at the receiving registry: stylus-upgrades adopt NAME {} VERSION --from {}",
                    error.proxy, error.registry
                ),
            ),
            Self::Reentered(_) => Advice::new(
                "one call at a time",
                "a call within another one",
                "call it from outside of the registry's own calls",
            ),
            Self::InsufficientGas(error) => Advice::new(
                error.needed.to_string(),
                error.left.to_string(),
                "send it with more gas",
            ),
            Self::ProxyExists(error) => Advice::new(
                "a new salt",
                error.proxy.to_string(),
                "choose another --salt",
            ),
            Self::NotSupported(error) => Advice::new(
                "something that is built",
                error.what.as_str(),
                "do without it",
            ),
            Self::InvalidLayout(error) => Advice::new(
                format!("a layout document of 1 to {LAYOUT_MAX} bytes"),
                format!("{} bytes", error.size),
                "make the layout smaller: fewer or shorter names of fields and types",
            ),
        }
    }
}
