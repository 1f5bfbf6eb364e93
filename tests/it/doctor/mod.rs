//! `doctor`, from outside: the program alone in an empty folder, with an endpoint, a registry's address
//! and, where it sends, the key of somebody who is nobody.
//!
//! | module | holds |
//! |---|---|
//! | `fixture` | instances of every kind, and the program |
//! | `cured` | expiry and upgrades of the chain, and one command behind them |
//! | `killed` | the same where that command is killed |
//! | `told` | what is told beforehand, and exit codes |
//! | `policies` | policies that nobody can satisfy |

mod cured;
mod fixture;
mod killed;
mod policies;
mod told;
