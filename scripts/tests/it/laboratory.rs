//! The laboratory where people decide together: processes of this program against a node.

mod fuzz;
mod replay;
mod replay_governance;
mod trace;
