//! What a contract is built from, with a real compiler: the sources that are hashed, and nothing
//! else of the machine.
#![forbid(unsafe_code)]

mod kept;
mod outside;
mod project;
mod read;
mod unusual;
