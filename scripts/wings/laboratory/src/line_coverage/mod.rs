//! The lines of a contract's sources that ran in transactions of the past, in the very program that is deployed.
//!
//! | module | holds |
//! |---|---|
//! | `selector` | transactions and blocks, as a command names them |
//! | `gather` | how often each basic block of each program ran, on a copy of the chain |
//! | `source_map` | the lines that each instruction of EVM code comes from, and how often each ran |
//! | `line_table` | the lines that each instruction of a program comes from, how often each ran, and its branches |
//! | `report` | lines with their counts by file, for people, programs and lcov |
//! | `error` | why there is no coverage |

mod error;
mod gather;
mod line_table;
mod report;
mod selector;
mod source_map;

pub use error::not_run;
pub use gather::{ExecutionCounts, count_executions};
pub use line_table::LineTable;
pub use report::{FileLines, LineCoverage, is_lcov};
pub use selector::TransactionSelector;
pub use source_map::SourceMap;
