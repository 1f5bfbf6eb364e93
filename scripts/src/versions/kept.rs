//! A version with everything that is kept of it.

use super::files::pretty;
use super::{Record, State, VersionsError};
use crate::ids::CodeHash;
use crate::interface::Callable;
use alloy::primitives::{Bytes, keccak256};
use serde::{Deserialize, Serialize};
use stylus_layout::Document;

/// A version with everything that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What the registry recorded.
    pub record: Record,
    /// Its code as it lies on chain.
    pub code: Bytes,
    /// Its layout document.
    pub document: Option<Document>,
    /// What callers can use, as its module showed it.
    pub callable: Option<Callable>,
}

/// What is kept of the sources beside the interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notes {
    /// See [`Callable::steps`].
    pub(super) steps: Vec<String>,
    /// See [`Callable::unseen`].
    pub(super) unseen: Vec<String>,
}

impl Notes {
    pub(super) fn of(callable: &Callable) -> Self {
        Self {
            steps: callable.steps.clone(),
            unseen: callable.unseen.clone(),
        }
    }

    /// Of an interface that was kept before there were any.
    pub(super) fn unknown() -> Self {
        let unseen = "what the sources did not show: it was not noted when this was kept";
        Self {
            steps: Vec::new(),
            unseen: vec![unseen.into()],
        }
    }
}

impl Kept {
    /// A version with its files, whose record says of them what it has to.
    ///
    /// # Errors
    /// [`VersionsError::Code`] if the bytes are not those of the record.
    pub fn new(
        mut record: Record,
        code: Bytes,
        document: Option<Document>,
        callable: Option<Callable>,
    ) -> Result<Self, VersionsError> {
        let found = CodeHash::of(&code);
        if found != record.codehash {
            return Err(VersionsError::Code {
                account: record.implementation,
                expected: record.codehash,
                found,
            });
        }
        record.has_layout = document.is_some();
        let hash = |one: &Callable| keccak256(pretty(&one.abi));
        record.abi_hash = callable.as_ref().map(hash);
        let hash = |one: &Callable| keccak256(pretty(&Notes::of(one)));
        record.notes_hash = callable.as_ref().map(hash);
        Ok(Self {
            record,
            code,
            document,
            callable,
        })
    }

    /// Whether both are of the same code in the same registry.
    pub fn is_same_code(&self, other: &Self) -> bool {
        self.record.is_same_code(&other.record)
    }

    /// Whether both are of the same registry on the same chain.
    pub(super) fn is_same_registry(&self, other: &Self) -> bool {
        let key = |one: &Record| (one.chain_id, one.registry);
        key(&self.record) == key(&other.record)
    }

    /// As it is to be written where `before` lies: what is registered stays registered.
    pub(super) fn behind(&self, before: Option<&Self>) -> Self {
        let mut kept = self.clone();
        let before = before.filter(|before| before.is_same_code(self));
        if let Some(Self { record, .. }) = before
            && (record.state, kept.record.state) == (State::Registered, State::Proposed)
        {
            kept.record.state = State::Registered;
            kept.record.steps = record.steps.clone();
        }
        kept
    }

    /// Errors unless the registry has that code hash for this version.
    ///
    /// # Errors
    /// [`VersionsError::OtherCode`].
    pub fn require(&self, codehash: CodeHash) -> Result<(), VersionsError> {
        match self.record.codehash == codehash {
            true => Ok(()),
            false => Err(VersionsError::OtherCode {
                name: self.record.name.clone(),
                version: self.record.version.clone(),
                kept: self.record.codehash,
                registered: codehash,
            }),
        }
    }
}
