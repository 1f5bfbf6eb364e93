//! Interfaces of code that was built here, in files beside the manifest: no chain has them.

use super::error::LayoutError;
use super::store::Store;
use crate::ids::CodeHash;
use crate::interface::Callable;
use serde::{Deserialize, Serialize};

/// The kind of file.
const KIND: &str = "interfaces";

/// The interface that the sources of some code show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BuiltInterface {
    /// keccak256 of the code on chain.
    codehash: CodeHash,
    /// What callers can use, and what the sources did not show.
    callable: Callable,
}

impl Store {
    /// Keeps the interface of code that was built here.
    ///
    /// # Errors
    /// [`LayoutError::File`].
    pub fn keep_interface(
        &self,
        codehash: CodeHash,
        callable: Callable,
    ) -> Result<(), LayoutError> {
        let built = BuiltInterface { codehash, callable };
        self.keep_of_code(KIND, codehash, &built)
    }

    /// The file that the interface of that code is kept in.
    pub fn interface_file(&self, codehash: CodeHash) -> std::path::PathBuf {
        self.file(KIND, codehash)
    }

    /// The interface of that code; `None` if it was not built here.
    ///
    /// # Errors
    /// [`LayoutError::Tampered`] if the file tells of other code.
    pub fn interface(&self, codehash: CodeHash) -> Result<Option<Callable>, LayoutError> {
        let of = |built: &BuiltInterface| vec![built.codehash];
        let built = self.of_code(KIND, codehash, of)?;
        Ok(built.map(|built| built.callable))
    }
}
