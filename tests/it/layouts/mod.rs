//! Storage layouts, from the source to the migrated storage.
//!
//! | module | holds |
//! |---|---|
//! | `project` | a folder and a chain |
//! | `folder` | another operator's folder on the same chain |
//! | `build_infos` | build-infos of the Solidity fixtures |
//! | `solidity` | Solidity by its AST: the places of variables, and the tags of authors |
//! | `validator` | findings of OpenZeppelin's validator, and reasons why it does not run |
//! | `initializers` | initializers of Solidity, by what they compare and leave behind |
//! | `pairs` | types of Solidity that were exchanged, renamed, wrapped or changed |
//! | `callers` | what callers lose, and who knows it, as processes |
//! | `commands` | the commands that look at layouts, as processes |
//! | `second_folder` | what an operator with nothing but an endpoint and a key compares, as processes |
//! | `approver` | what an approver in an empty folder checks, as processes |
//! | `proposer` | what a proposer publishes of the functions of a new version, as processes |
//! | `built` | how a version was built, as it is published with its layout |
//! | `decoded` | the calldata of actions in words, and creations that are reviewed, as processes |
//! | `stragglers` | the older steps of the paths of instances that lag behind, as processes |
//! | `outsider` | fields that come, go and come back in crates of an author's own, as processes |
//! | `many_entries` | names of ten thousand entries of a complex migration |
//! | `components` | whose layout a contract with components carries, in crates of an author's own |
//! | `hidden` | functions that only seem to be there, in crates of an author's own |
//! | `forged` | layouts that an author's own crate forges, as processes |
//! | `listed` | what the layout of an author's crate lists, as processes |
//! | `forked` | what is done on a fork of the chain, and what it leaves of the chain's records |

pub(crate) mod approver;
pub(crate) mod build_infos;
mod built;
mod callers;
mod commands;
mod components;
mod coverage;
mod decoded;
mod folder;
mod forged;
mod forked;
mod hidden;
mod initializers;
mod listed;
mod many_entries;
pub(crate) mod outsider;
mod pairs;
pub(crate) mod project;
mod proposer;
mod published;
mod second_folder;
mod solidity;
mod stragglers;
mod unproven;
mod validator;
