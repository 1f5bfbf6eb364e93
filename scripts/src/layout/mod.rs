//! Layouts of storage in the tool's hands: where they come from, where they are kept, and whether
//! one version may take over the storage of another.
//!
//! ```text
//! crate, .wasm, compiler's JSON → Layout → its hash on chain (layoutHash)
//!                                   ↓ kept by hash, beside the manifest
//! the version before, by the hash on chain ──┐
//! the new version ───────────────────────────┴→ judge → accepted, or refused before anything is sent
//! ```

mod allowed;
mod error;
mod judge;
mod source;
mod store;

pub use allowed::{Allowed, AllowedLog};
pub use error::LayoutError;
pub use judge::{Accepted, Judgement, Known, Pair, Said, finding_id, judge, report};
pub use source::{Named, read_file};
pub use store::{Build, FOLDER, Store};
