//! Layouts of storage in the tool's hands: where they come from, where they are kept, and whether
//! one version may take over the storage of another.
//!
//! ```text
//! crate, .wasm, compiler's JSON → layout document → its hash on chain (layoutHash)
//!                                   ↓ published by the registry, kept by hash beside the manifest
//! the version before, by the hash on chain ──┐
//! the new version ───────────────────────────┴→ check → accepted, or refused before anything is sent
//! the live instances ─────────────────────────→ look ↗
//! ```

mod annotations;
mod audit;
mod check;
mod compilations;
mod compiled;
pub mod documents;
mod error;
mod json;
mod key;
mod lazy;
mod library_errors;
mod live;
mod namespaces;
mod nodes;
mod published;
mod roots;
mod solc;
mod source;
mod store;
mod validator;

pub use audit::{Audit, Counter, Initializer, Initializers};
pub use check::{
    Compared, Pair, Side, StorageCheck, check_storage, declaration, finding_id, first_by_hand,
    misplaced, moved_by_migration,
};
pub use compilations::{Compilations, Judgement};
pub use compiled::Compiled;
pub use documents::{Documents, require_publishable};
pub use error::{Unreadable, incomparable, undeclared, unreadable};
pub use json::NotJson;
pub use key::{KeyType, entry, size_of};
pub use lazy::{LazyRoot, lazy_key, lazy_roots};
pub use live::{Dirty, Live, Upgrade, Who, look};
pub use solc::NotCompiled;
pub use source::with_output;
pub use source::{Named, compile_file, file_of, read_file};
pub use store::{Build, Deployment, FOLDER, Memory, Store};
pub use validator::{Validator, ValidatorFinding};
