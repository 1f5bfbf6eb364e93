//! The shared base of every part of the command line.
//!
//! | module | holds |
//! |---|---|
//! | [`address`], [`own_file`] | addresses with their checksum; files that nobody else can have written |
//! | [`assess`] | findings, where facts come from, how much was seen, what follows |
//! | [`children`] | programs that end with this one |
//! | [`cost`] | gas, with the part for L1 or without it, and ether |
//! | [`error`], [`app_error`] | how a failure is reported; everything that can end a command |
//! | [`error_catalogue`] | the page of errors, with the words of refusals |
//! | [`file_names`] | what the files and folders beside the manifest are called |
//! | [`manifest`], [`keys`], [`output`] | `stylus-upgrades.toml`; signing keys; stdout and stderr |
//! | [`ids`], [`model`] | hashes that are not interchangeable; a registry as plain data, and who asks its views |
//! | [`kill_point`] | a test aid |
//! | [`loopback`] | HTTP for this machine alone |
//! | [`project_file`] | files of a project, which others may have written: read through no link |
//! | [`progress`], [`text`] | how long work reports what it is doing |
//! | [`questions`] | questions that are asked together |
//! | [`secret`] | text that is never printed |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod address;
pub mod assess;
pub mod children;
pub mod cost;
pub mod error;
pub mod error_catalogue;
pub mod file_names;
pub mod ids;
pub mod keys;
pub mod kill_point;
pub mod loopback;
pub mod manifest;
pub mod model;
pub mod names;
pub mod output;
pub mod own_database;
pub mod own_file;
pub mod progress;
pub mod project_file;
pub mod questions;
pub mod report;
pub mod secret;
pub mod state_folder;
pub mod text;
