//! What most tests here name.

pub(crate) use crate::command::{Answer, Runs, text};
pub(crate) use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
pub(crate) use alloy::sol_types::{SolCall, SolError, SolEvent, SolValue};
pub(crate) use insta::assert_snapshot;
pub(crate) use serde_json::{Value, json};
pub(crate) use std::collections::{BTreeMap, BTreeSet};
pub(crate) use std::path::{Path, PathBuf};
pub(crate) use std::process::Command;
pub(crate) use stylus_chain::{BlockId, CallRequest};
pub(crate) use stylus_devnode::{NodeConfig, spawn};
pub(crate) use stylus_upgrades_harness::{
    Chain, Harness, HarnessError, Lines, Npm, Solidity, assert_reverts,
};
pub(crate) use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
pub(crate) use stylus_upgrades_interface::reasons::{instance_state, proxy_kind};
pub(crate) use stylus_upgrades_interface::registry::{Code, IRegistry, Progress, Step};
pub(crate) use stylus_upgrades_interface::slots;
pub(crate) use stylus_upgrades_test_support::{Words, masked, refusal};
pub(crate) use stylus_upgrades_tests::abi::{ICounter, IHostile};
pub(crate) use stylus_upgrades_tests::calls::{self, data};
pub(crate) use stylus_upgrades_tests::hostile::{self, act};
