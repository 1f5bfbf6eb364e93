//! Every slot of an instance, proven and explained.
//!
//! | module | holds |
//! |---|---|
//! | `fixture` | a folder, a chain, and instances of contracts of the workspace |
//! | `explained` | what slots are, as processes |
//! | `deceived` | endpoints that lie, prove nothing, or are reorganized |
//! | `gathered` | entries of a mapping as items of a migration |
//! | `lazy` | how many entries a lazy migration has left |
//! | `killed` | a census that is killed |
//! | `others` | contracts that were not written for it |
//! | `by_proofs` | real anvil, which lists no slots |

mod by_proofs;
mod deceived;
mod explained;
mod fixture;
mod gathered;
mod killed;
mod lazy;
mod others;
