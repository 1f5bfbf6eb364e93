//! Attacks on the guarantees of proxy and registry.
//!
//! | module | attacks |
//! |---|---|
//! | `one_transaction` | what an earlier call of the same transaction leaves behind |
//! | `corrupted` | instances whose own code turned against the framework's slots |
//! | `calldata` | calldata that is short, cut, overlapping, oversized or dirty |
//! | `foreign` | code of the framework run by accounts that are none of its proxies |
//! | `frozen` | instances that cannot leave a complex step |
//! | `insiders` | approved code that is malicious |
//! | `resources` | too little gas, too much return data |
//! | `expiry` | programs of the framework that nobody kept alive |
//! | `aborted` | steps that were rolled back, approvals that outlive a step |
//! | `tokens` | tokens that a full migration left out, and receivers that call back |
//! | `starved` | the end of a complex step with any gas |
//! | `readable` | views compared with events |

mod aborted;
mod calldata;
mod corrupted;
mod expiry;
pub(crate) mod fixture;
mod foreign;
mod frozen;
mod insiders;
mod one_transaction;
mod readable;
mod resources;
mod starved;
mod tokens;
