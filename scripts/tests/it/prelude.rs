//! What most tests here name.

pub(crate) use crate::governance::relay::Relay;
pub(crate) use crate::governance::sandbox::{
    ABSENT, Answer, BOTH, CREATE, CREATE_SAVED, DAY, Has, MANIFEST, MIGRATE, PLAN, REGISTER,
    ROLLBACK, Sandbox, TEAM, TIMEOUT, account, checks, contains, error, holds, list, mined, text,
    texts,
};
pub(crate) use alloy::primitives::{Address, B256, Bytes, U256, hex, keccak256};
pub(crate) use alloy::sol_types::SolCall;
pub(crate) use insta::assert_snapshot;
pub(crate) use serde_json::{Value, json};
pub(crate) use std::os::unix::fs::PermissionsExt;
pub(crate) use std::path::{Path, PathBuf};
pub(crate) use std::sync::Arc;
pub(crate) use std::time::Duration;
pub(crate) use stylus_chain::{BlockId, CallRequest};
pub(crate) use stylus_devnode::NodeConfig;
pub(crate) use stylus_upgrades_interface::registry::IRegistry as abi;
pub(crate) use stylus_upgrades_interface::slots;
pub(crate) use stylus_upgrades_test_support::{Words, masked, notes, refusal};
