//! What a contract is built from, with a real compiler: the sources that are hashed, and nothing
//! else of the machine.

mod clock;
mod ended;
mod kept;
mod outside;
pub(crate) mod project;
mod read;
