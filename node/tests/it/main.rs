//! The node from outside: as a process, over HTTP and WebSocket, and embedded.

mod access;
mod accounts;
mod connections;
mod control;
mod debug;
mod embedded;
mod errors;
mod evm;
mod fidelity;
mod filters;
mod fork;
mod fork_endpoint;
mod front;
mod fuzz;
mod hostile;
mod ipc;
mod limits;
mod process;
mod provider;
mod readme;
mod simulated;
mod state;
mod stylus;
mod subscriptions;
mod support;
mod tracers;
