//! The chain from outside.

mod arbos_59_to_61;
mod blocks;
mod common;
mod congestion;
mod empty;
mod fork;
mod frames;
mod hostile;
mod l1_blocks;
mod live_facts;
mod messages;
mod node_interface;
mod pool;
mod posting;
mod precompiles;
mod programs;
mod properties;
mod readers;
mod roots;
mod rules;
mod trace;
mod transactions;
mod versions;
