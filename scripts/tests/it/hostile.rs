//! The program against what others control: endpoints, contracts, files, names.

mod endpoint;
mod files;
mod keys;
mod limits;
mod networks;
mod policies;
mod proposals;
mod sandbox;
mod secrets;
mod server;
mod terminal;
mod unlocked;
