//! The book in `docs/`: reading its pages, and everything that is generated from them.
//!
//! `cargo run -p stylus-upgrades-tests --bin book` writes the generated files, `-- build` builds the HTML with
//! mdbook. The tests fail when a generated file is stale, a link leads nowhere, or a code block is
//! neither executed nor an excerpt.

mod comparison;
mod digest;
mod excerpt;
mod generate;
mod html;
mod page;
mod summary;
mod terminal;

pub use comparison::Comparison;
pub use excerpt::{Excerpt, Mismatch};
pub use generate::{Generated, generated, write};
pub use html::build;
pub use page::{Block, Page};
pub use summary::{Entry, Summary};
pub use terminal::picture;

use std::path::{Path, PathBuf};

/// The pages whose `console` blocks a test executes, in order, in one shell each
/// (`tests/it/walkthrough.rs`).
pub const EXECUTED: [&str; 18] = [
    "docs/tutorial.md",
    "docs/adopting.md",
    "docs/testing.md",
    "docs/internals/harness.md",
    "docs/walkthrough.md",
    "docs/forking.md",
    "docs/fuzzing.md",
    "docs/doctor.md",
    "docs/trace.md",
    "docs/coverage.md",
    "docs/census.md",
    "docs/recipes.md",
    "docs/governance.md",
    "docs/lambdas.md",
    "docs/approvers.md",
    "docs/kinds.md",
    "docs/migrations.md",
    "skills/stylus-upgrades/SKILL.md",
];

/// The demo's output as it was recorded last: what the picture in the README shows.
pub const DEMO: &str = "docs/diagrams/demo.txt";

/// The folder of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
