//! The file of an approval: the typed data as every wallet takes them, what they were made of, and
//! the signature once there is one.
use super::{Approval, malformed};
use crate::client::ChainError;
use crate::error::Refusal;
use crate::own_file;
use alloy::primitives::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The members of a file that hold typed data.
const TYPED: [&str; 4] = ["types", "primaryType", "domain", "message"];

/// A file, as it was read or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The approval and its approver.
    pub approval: Approval,
    /// The approver's signature.
    pub signature: Option<Bytes>,
}

/// The content of the file beside the typed data.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    approval: Approval,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Bytes>,
    #[serde(flatten)]
    typed: Value,
}

impl ApprovalFile {
    /// Reads a file. What it shows to wallets must be what it approves.
    ///
    /// # Errors
    /// As [`Self::parse`]; that the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ChainError> {
        let text = own_file::read(path)?.ok_or_else(|| malformed(path, "there is no file"))?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file that somebody handed on, as [`Self::read`] does.
    ///
    /// # Errors
    /// `ApprovalMalformed`; `ApprovalTampered` where its parts do not belong together.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ChainError> {
        let content: Content =
            serde_json::from_str(text).map_err(|error| malformed(path, &error.to_string()))?;
        let mut members = content.typed.as_object().into_iter().flatten();
        if let Some((name, _)) = members.find(|(name, _)| !TYPED.contains(&name.as_str())) {
            return Err(malformed(path, &format!("it has the member {name:?}")));
        }
        let typed = content.approval.typed_data()?;
        if let Some((part, expected, found)) = difference(&TYPED, &typed, &content.typed) {
            let file = path.display();
            let message =
                format!("{file} says one thing in {part} and another in what is approved");
            let refusal = Refusal::new("ApprovalTampered", message).with(
                expected,
                found,
                "do not use it: somebody changed it; ask its signer for the file as it was written",
            );
            return Err(refusal.into());
        }
        Ok(Self {
            path: path.to_owned(),
            approval: content.approval,
            signature: content.signature,
        })
    }

    /// Refuses a file that is no approval, and a signed one of somebody else or of another call.
    fn require_replaceable(&self) -> Result<(), ChainError> {
        let found = match Self::read(&self.path) {
            Err(_) => "no approval".to_owned(),
            Ok(Self {
                signature: None, ..
            }) => return Ok(()),
            Ok(Self { approval, .. }) => {
                let signer = approval.approver;
                let is_new = self.signature.is_some() && self.approval.approver == signer;
                if is_new && approval.call == self.approval.call {
                    return Ok(());
                }
                format!("an approval that {signer} signed")
            }
        };
        let message = format!("{} is there, and is {found}", self.path.display());
        let refusal = Refusal::new("ApprovalExists", message).with(
            "no file, or one that `approve --offline` wrote for the same call and signer",
            found,
            "nothing was written; choose another name, or remove the file",
        );
        Err(refusal.usage().into())
    }

    /// Writes it, whole or not at all. Another file that is there stays.
    ///
    /// # Errors
    /// That the file cannot be written; `ApprovalExists`.
    pub fn write(&self) -> Result<(), ChainError> {
        let path = &self.path;
        if own_file::read_bytes(path)?.is_some() {
            self.require_replaceable()?;
        }
        let content = Content {
            approval: self.approval.clone(),
            signature: self.signature.clone(),
            typed: self.approval.typed_data()?,
        };
        let text = serde_json::to_string_pretty(&content)
            .map_err(|error| malformed(path, &error.to_string()))?;
        Ok(own_file::write(path, format!("{text}\n").as_bytes())?)
    }
}

/// The first field of these parts of two documents that differs, and what each has there.
pub(super) fn difference(
    parts: &[&str],
    first: &Value,
    second: &Value,
) -> Option<(String, String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".into(),
        value => value.to_string(),
    };
    let part = *parts.iter().find(|part| first[**part] != second[**part])?;
    let (first, second) = (&first[part], &second[part]);
    let fields = first.as_object().into_iter().chain(second.as_object());
    let mut names = fields.flat_map(Map::keys);
    Some(match names.find(|name| first[*name] != second[*name]) {
        Some(name) => (
            format!("{part}.{name}"),
            text(&first[name]),
            text(&second[name]),
        ),
        None => (part.into(), text(first), text(second)),
    })
}
