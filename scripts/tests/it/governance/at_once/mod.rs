//! The same command typed by two and by three people at the same moment, as processes against a
//! chain with a block every 200 ms: what the chain says and what each command reported agree, no matter who
//! comes first. The long run has 50 rounds of each.

mod agreement;
mod fixture;
mod instances;
mod one_block;
mod one_key;
mod proposals;
