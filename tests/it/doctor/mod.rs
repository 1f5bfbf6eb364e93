//! `doctor`, from outside: the program alone in an empty folder, with an endpoint, a registry's address
//! and, where it sends, the key of somebody who is nobody.
//!
//! | module | holds |
//! |---|---|
//! | `fixture`, `program` | instances of every kind; the program and what it says |
//! | `cured` | expiry and upgrades of the chain, and one command behind them |
//! | `killed` | the same where that command is killed |
//! | `reported` | what is reported beforehand, and exit codes |
//! | `watched` | metrics |
//! | `policies` | policies that nobody can satisfy |

mod cured;
mod fixture;
mod killed;
mod policies;
mod program;
mod reported;
mod watched;
