//! The framework's programs as bytes: what they were built from, and who deploys them.

mod origin;
mod pinned;
mod teams;
