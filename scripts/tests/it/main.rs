//! The command line: processes of this program, each against a node or a compiler, and what the library alone does.

mod circles;
mod clone;
mod commands;
mod errors;
mod governance;
mod hostile;
#[cfg(feature = "laboratory")]
mod laboratory;
mod modules;
mod prelude;
mod processes;
mod reports;
mod sources;
mod wings;
