//! Every slot of an instance, proven and explained.
//!
//! | module | holds |
//! |---|---|
//! | `fixture` | a folder, a chain, and instances of contracts of the workspace |
//! | `explained` | what slots are, as processes |
//! | `deceived` | endpoints that lie, prove nothing, or are reorganized |
//! | `killed` | a census that is killed |
//! | `scale` | many slots |
//! | `by_proofs` | real anvil, which lists no slots |

mod by_proofs;
mod deceived;
mod explained;
mod fixture;
mod killed;
mod scale;
