//! May it be done? Facts with their origins, findings about them, and what is decided from both. Nothing
//! here asks a chain, reads a file or prints.
//!
//! ```text
//! facts, each with its origin ─→ coverage: what was seen of each part ─┐
//! checks ─→ findings ──────────────────────────────────────────────────┴→ decide(accepted, role) → decision
//! ```

mod accepted;
mod coverage;
mod decision;
mod extent;
mod fact;
mod finding;
mod github;
mod id;
mod id_words;
mod kind;
mod later_changes;
mod origin;
mod promise;
mod refusal;
mod sarif;
mod together;

pub use accepted::Accepted;
pub use coverage::{Coverage, Evidence};
pub use decision::{Consent, Decision, Role, decide};
pub use extent::Extent;
pub use fact::Fact;
pub use finding::{Finding, Severity, SourceLine};
pub use github::annotation;
pub use id::{CodeReplacer, FindingId, error_name};
pub use id_words::member_path;
pub use kind::FindingKind;
pub use later_changes::LaterChanges;
pub use origin::{Origin, Part, Writer, concludes};
pub use promise::ReviewPromise;
pub use refusal::{Refused, told_once};
pub use sarif::sarif_log;
pub use together::Together;
