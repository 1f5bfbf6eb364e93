//! What the chain says about the code that an action names: shown beside the action, never part
//! of what is approved.

use super::calls::Call;
use crate::client::{ChainError, Client};
use crate::expect::Asks;
use crate::ids::CodeHash;
use crate::model::named;
use crate::program_code::is_program;
use alloy::primitives::Address;
use serde::Serialize;
use std::borrow::Cow;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

/// What the chain says about one account that an action names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeFacts {
    /// `code`, `script` or `check`.
    pub what: Cow<'static, str>,
    /// The account.
    pub account: Address,
    /// Bytes on chain.
    pub size: usize,
    /// keccak256 of these bytes.
    pub codehash: CodeHash,
    /// Whether that is the hash which the action names.
    pub is_as_named: bool,
    /// Seconds of activation left; `None` if it is no Stylus program or cannot run.
    pub seconds_left: Option<u64>,
    /// Whether it is a Stylus program.
    pub is_program: bool,
    /// What it asks, where it is the check of the call's step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Asks>,
}

/// Looks at every account whose code `call` names.
///
/// # Errors
/// What the chain says.
pub async fn code_facts(client: &Client, call: &Call) -> Result<Vec<CodeFacts>, ChainError> {
    let mut facts = Vec::new();
    let step = call.version().map(|(_, _, step)| step);
    for (what, account, expected) in call.subjects() {
        let code = client.code(account).await?;
        let codehash = CodeHash::of(&code);
        let is_program = is_program(&code);
        let checked = step.filter(|step| what == named(step).word());
        facts.push(CodeFacts {
            what: what.into(),
            account,
            size: code.len(),
            codehash,
            is_as_named: codehash == expected,
            seconds_left: match is_program {
                true => seconds_left(client, account).await?,
                false => None,
            },
            is_program,
            expectations: checked.and_then(|step| Asks::of(step, &code)),
        });
    }
    Ok(facts)
}

/// Seconds of activation that a program has left; `None` if it cannot run.
///
/// # Errors
/// What the chain says, refusals aside.
pub async fn seconds_left(client: &Client, program: Address) -> Result<Option<u64>, ChainError> {
    let query = client
        .call(ARB_WASM, &IArbWasm::programTimeLeftCall { program })
        .await;
    match query {
        Ok(seconds) => Ok(Some(seconds)),
        Err(ChainError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl CodeFacts {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let asks = self.expectations.iter().flat_map(Asks::lines);
        std::iter::once(self.line()).chain(asks).collect()
    }

    /// The account, in a line.
    fn line(&self) -> String {
        format!("{:<13} {}", self.what, self.words("above"))
    }

    /// What is there, compared with the hash `named` somewhere.
    pub fn words(&self, named: &str) -> String {
        let hash = match self.is_as_named {
            true => format!("with the hash {named}"),
            false => format!("BUT ITS HASH IS {}", self.codehash),
        };
        let life = match (self.is_program, self.seconds_left) {
            (false, _) => "EVM code".into(),
            (true, Some(seconds)) => format!("active for {} more days", seconds / 86_400),
            (true, None) => "NOT ACTIVE".into(),
        };
        format!("{} bytes on chain {hash}, {life}", self.size)
    }
}
