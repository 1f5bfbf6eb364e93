//! The engine from outside.

mod activation;
mod code;
mod counters;
mod differential;
mod engine;
mod fuzz;
mod prices;
mod run;
mod support;
mod vectors;
