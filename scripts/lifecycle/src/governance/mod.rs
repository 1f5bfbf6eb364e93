//! Deciding together: what is proposed, what it does, who has to approve it still, and what came
//! of it.
//!
//! | module | holds |
//! |---|---|
//! | [`display`](Display) | a governed call as its approvers read it, from the very bytes |
//! | `calls`, `fields`, `arguments` | each governed call, declared once; how each parameter is shown; the arguments |
//! | `kinds` | kinds of proxies and steps in words |
//! | [`shown`](ShownCall) | a governed call as people read it before they decide |
//! | [`descriptors`](descriptors()) | the same fields for wallets (ERC-7730) |
//! | [`pending`](pending()) | open actions: who approved, who is missing, what blocks, until when |
//! | [`already`](already()), [`creation`](creation()) | whether what a call decides holds already; the call that created a proxy |
//! | [`governed`](GovernedCall) | a governed call: decoded, shown, simulated, sent, read from the logs |
//! | `send_call`, `returned` | an approval, or the call that completes the policy; what it would do, and what came of it |
//! | `sent_before` | what came of the call of an earlier run |
//! | [`progress`](progress()) | how far an action is, in words and as fields |
//! | [`rival`](rival()) | open actions that are about the same and differ |
//! | [`later_changes`](later_changes()) | changes after the last approval of an action |
//! | `ends` | open actions that end once a call is executed |
//! | [`reviewed`](Reviewed) | an action as somebody reviewed it, compared with what was proposed |
//! | `approvers_act` | a governed call on a fork where its approvers act: of plans, and of what approvers are told |
//! | [`after_approvals`](SimulatedExecution), `simulated_execution` | what it does once it is approved, and the gas for that |
//! | [`signed`] | approvals given offline: typed data, files, what the registry takes |
//! | [`place`](place()) | the account that holds the code of a call |
//! | [`checks`](after_upgrade) | what holds after an upgrade, and no proxies in it |
//! | `revert_cause` | the instance that keeps a migration from going through |
//! | [`policy`](explain()) | which policy decides, in words and as a tree that says who approved |
//! | `code_control` | the accounts that can replace the code, in numbers: now, and after an action |
//! | [`policy_replacement`](PolicyReplacement) | one account in place of another one in every policy, in their order |
//! | [`guardian`](CancelRights) | role `cancel`: who can still say no; roles without a policy |
//! | [`policy_change`](PolicyChange) | what a change of a policy does, from the old one to the new one |
//! | [`facts`](code_facts) | what the chain and builds say about the code that an action names |

mod after_approvals;
mod already;
mod approver_memory;
mod approvers_act;
mod arguments;
mod calls;
mod checks;
mod code_control;
mod creation;
mod definitions;
mod delegated_approvers;
mod descriptors;
mod display;
mod ends;
mod error;
mod facts;
mod fields;
mod governed;
mod guardian;
mod kinds;
mod later_changes;
mod needed;
mod obstacle;
mod pending;
mod place;
mod policy;
mod policy_change;
mod policy_replacement;
mod progress;
mod returned;
mod revert_cause;
mod reviewed;
mod rival;
mod send_call;
mod sent_before;
mod shown;
pub mod signed;
mod simulated_execution;

pub use after_approvals::{SimulatedExecution, SimulationReport};
pub use already::{already, created_by};
pub use approver_memory::ApproverMemory;
pub use approvers_act::Given;
pub(crate) use approvers_act::{Approvers, End};
pub use arguments::{argument_text, named_arguments, named_function};
pub use calls::{Call, subject, title};
pub use checks::{Check, after_upgrade, pause_stub};
pub use code_control::{
    CodeControl, ControlChange, ControlHolder, ControlPath, ControlRoute, DefinitionControl,
    DefinitionPolicies, HolderFacts,
};
pub use creation::creation;
pub use definitions::definitions;
pub(crate) use definitions::{READ_AGAIN, again};
pub use delegated_approvers::delegated_approvers;
pub use descriptors::{Descriptor, descriptors, is_descriptor};
pub use display::{Display, Field};
pub use ends::{EndedAction, ends_others, find_ended_actions, first_digits, read_ended_actions};
pub use error::{
    events_hidden, executed_already, executed_before, failed_checks, is_unknown_action,
    not_cancelled, not_open,
};
pub use facts::{BuildFacts, CodeFacts, OTHER_COMMIT, code_facts, seconds_left};
pub use governed::GovernedCall;
pub use guardian::{
    CANCEL, CancelReason, CancelRight, CancelRights, PAUSE, UnsetRole, guardian_limits,
    missing_policy_delay,
};
pub use kinds::{kind_in_words, kind_on_device, step_in_words, step_on_device};
pub use later_changes::later_changes;
pub use needed::{Needed, narrow};
pub use obstacle::{Obstacle, obstacle, transfer_obstacle};
pub use pending::{
    OpenActions, PendingAction, RipeAction, all_open, ever_proposed, open, open_readiness, pending,
    proposal, readiness, refused, require_ripe, ripe,
};
pub use place::{Placed, find, place};
pub use policy::{
    Explained, Node, current_policy, deciding_policy, deciding_policy_of, duration, explain,
    is_approver, replaced_policy, require_approver, tree,
};
pub use policy_change::PolicyChange;
pub use policy_replacement::{PolicyReplacement, RolePolicy, policy_replacements};
pub use progress::{not_executed, progress, still_needed};
pub use reviewed::Reviewed;
pub use rival::{rival, same_code_differs};
pub use send_call::{
    Approved, CallOutcome, Executed, Prepared, SimulatedCall, cancellation, outcome_of_ended_action,
};
pub use shown::ShownCall;
pub use simulated_execution::WOULD_FAIL;
