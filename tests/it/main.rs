//! Everything that runs on a chain, in one binary: a module per subject.
#![forbid(unsafe_code)]

mod abis;
mod approvers;
mod attacks;
mod attacks_over_rpc;
mod authors;
mod clear_signing;
mod clients;
mod console;
mod dependencies;
mod differential;
mod doctor;
mod edges;
mod erc20;
mod ethers;
mod evm_revert;
mod folders;
mod framework;
mod guards;
mod layouts;
mod life_of_a_program;
mod migrations;
mod outside;
mod own_project;
mod packages;
mod processes;
mod proxy;
mod registry;
mod review;
mod run_migration;
mod snapshots;
mod spec;
mod strangers;
mod upgrade;
mod verifiable;
mod walkthrough;
