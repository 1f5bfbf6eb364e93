//! `doctor`, from outside: the program alone in an empty folder, with an endpoint, a registry's address
//! and, where it sends, the key of somebody who is nobody.
//!
//! | module | holds |
//! |---|---|
//! | `fixture`, `instances`, `program` | instances of every kind; the program and what it says |
//! | `cured` | expiry and upgrades of the chain, and one command after them |
//! | `kinds`, `governor` | the same of EVM and adopted proxies; who makes them |
//! | `deceived` | endpoints and cache managers that lie |
//! | `killed` | the same where that command is killed |
//! | `reported` | what is reported beforehand, and exit codes |
//! | `policies` | policies that nobody can satisfy |

mod cured;
mod deceived;
mod fixture;
mod governor;
mod instances;
mod killed;
mod kinds;
mod policies;
mod program;
mod reported;
