//! The program against what others control: endpoints, contracts, files, names.

#[path = "../clone/mod.rs"]
mod clone;
mod endpoint;
mod files;
mod keys;
mod place;
mod policies;
mod secrets;
mod server;
mod terminal;
