//! The frames as people read them: contracts, versions, functions and reverts by their names.
//!
//! A function has a name only if the interface of its code is known: the registry's answer, the pinned bytes of the
//! framework, or the interface kept with a version. A public directory of selectors would name functions of
//! unrelated contracts.

use super::TransactionTrace;
use super::known_accounts::KnownAccounts;
use crate::call_tree::{Frame, Kind};
use crate::client::{ChainError, Client};
use crate::functions::{Functions, unknown_call};
use crate::output::shortened;
use crate::program_code::is_program;
use alloy::primitives::Address;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts whose code is looked at, at most.
const ACCOUNTS_MAX: usize = 256;
/// Requests on their way at once.
const AT_ONCE: usize = 16;
/// Bytes of what a call returned that are printed, at most.
const RETURNED_MAX: usize = 64;
/// Characters of the endpoint's words that are printed, at most.
const WORDS_MAX: usize = 120;

/// The code that runs a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// A Stylus program.
    Stylus,
    /// EVM code.
    Evm,
    /// The chain itself.
    Precompile,
    /// The account has no code.
    None,
}

/// A frame with names.
#[derive(Debug, Clone, Serialize)]
pub struct NamedFrame {
    /// The frame.
    #[serde(flatten)]
    pub frame: Frame,
    /// The code that runs it; none where that was not looked up.
    pub code: Option<CodeKind>,
    /// The name of the account whose code ran.
    pub contract: Option<String>,
    /// The definition whose instance or code it is.
    pub definition: Option<String>,
    /// The versions whose code it is.
    pub versions: Vec<String>,
    /// The function's signature.
    pub function: Option<String>,
    /// The function with its arguments, or the selector.
    pub call: String,
    /// The values that it returned, where the function's interface is known.
    pub returned: Option<String>,
    /// The reason why it reverted.
    pub revert: Option<String>,
}

impl TransactionTrace {
    /// Names the frames.
    ///
    /// # Errors
    /// What the chain says about the accounts' code.
    pub async fn name_frames(
        &self,
        client: &Client,
        known: &KnownAccounts,
    ) -> Result<Vec<NamedFrame>, ChainError> {
        let codes = read_code_kinds(client, &self.frames).await?;
        let frames = self.frames.iter();
        Ok(frames
            .map(|frame| NamedFrame::new(frame, known, &codes))
            .collect())
    }
}

impl NamedFrame {
    fn new(frame: &Frame, known: &KnownAccounts, codes: &BTreeMap<Address, CodeKind>) -> Self {
        // What an unknown kind of frame does with an account is not known.
        let is_other = matches!(frame.kind, Kind::Other(_));
        let account = known.find(frame).filter(|_| !is_other);
        let unknown = Functions::default();
        let functions = account.filter(|_| frame.kind.is_call());
        let functions = functions.map_or(&unknown, |account| &account.functions);
        let (input, output) = (&frame.input, &frame.output);
        let call = match &frame.kind {
            Kind::SelfDestruct => "the contract ends".into(),
            Kind::Transfer => format!("by ArbOS, from {}", known.title(frame.from)),
            kind if kind.is_creation() => format!("{} bytes of init code", input.len()),
            _ => functions.call(input).unwrap_or_else(|| unknown_call(input)),
        };
        let code = match (&frame.kind, frame.ink) {
            (Kind::Transfer, _) => None,
            (kind, _) if kind.is_creation() => Some(CodeKind::Evm),
            (_, Some(_)) => Some(CodeKind::Stylus),
            (_, None) => frame.to.and_then(|to| codes.get(&to).copied()),
        };
        let failed = frame.error.is_some();
        Self {
            frame: frame.clone(),
            code,
            contract: frame.to.map(|to| {
                if is_other {
                    to.to_string()
                } else {
                    known.title_of(to, account)
                }
            }),
            definition: account.and_then(|account| account.definition.clone()),
            versions: account.map_or_else(Vec::new, |account| account.versions.clone()),
            function: functions.signature(input),
            call,
            returned: if failed {
                None
            } else {
                functions.returned(input, output)
            },
            revert: (failed && !output.is_empty()).then(|| functions.revert(output)),
        }
    }

    /// Describes it on one line: the call, and how it ended.
    pub fn line(&self) -> String {
        let frame = &self.frame;
        let to = self.contract.clone().unwrap_or_else(|| "nothing".into());
        let program = match self.code {
            Some(CodeKind::Stylus) => " [stylus]",
            Some(CodeKind::Evm) => " [evm]",
            Some(CodeKind::Precompile) => " [precompile]",
            Some(CodeKind::None) => " [no code]",
            None => "",
        };
        let value = if frame.value.is_zero() || frame.kind.is_delegated() {
            String::new()
        } else {
            format!(" with {} wei", frame.value)
        };
        let end = match (&self.revert, &frame.error, &self.returned) {
            (Some(revert), ..) => format!(" ✗ {revert}"),
            (None, Some(error), _) => format!(" ✗ fails: {:?}", shortened(error, WORDS_MAX)),
            (None, None, Some(returned)) => format!(" → {returned}"),
            (None, None, None) => self.raw_output(),
        };
        format!(
            "{} {to}{program}: {}{value}{end}",
            frame.kind.name(),
            self.call
        )
    }

    /// Describes what a function returned whose interface does not say what that is.
    fn raw_output(&self) -> String {
        let Frame { kind, output, .. } = &self.frame;
        match output.len() {
            0 => String::new(),
            length if kind.is_creation() => format!(" → {length} bytes of code"),
            length if length <= RETURNED_MAX => format!(" → {output}"),
            length => format!(" → {length} bytes"),
        }
    }
}

/// Finds what kind of code the accounts of the frames have.
async fn read_code_kinds(
    client: &Client,
    frames: &[Frame],
) -> Result<BTreeMap<Address, CodeKind>, ChainError> {
    let accounts: BTreeSet<Address> = frames.iter().filter_map(|frame| frame.to).collect();
    let queries = accounts.into_iter().take(ACCOUNTS_MAX);
    let queries = queries.map(|account| async move {
        if account.starts_with(&[0; 18]) && !account.is_zero() {
            return Ok((account, CodeKind::Precompile));
        }
        let code = client.code(account).await?;
        let kind = if code.is_empty() {
            CodeKind::None
        } else if is_program(&code) {
            CodeKind::Stylus
        } else {
            CodeKind::Evm
        };
        Ok::<_, ChainError>((account, kind))
    });
    stream::iter(queries).buffered(AT_ONCE).try_collect().await
}
