//! The style sheet and the script, compiled in.

/// How pages look.
pub const STYLE: &str = include_str!("assets/console.css");
/// What wallets need.
pub const SCRIPT: &str = include_str!("assets/console.js");
/// Where they are.
pub const STYLE_PATH: &str = "/console.css";
/// See [`STYLE_PATH`].
pub const SCRIPT_PATH: &str = "/console.js";
