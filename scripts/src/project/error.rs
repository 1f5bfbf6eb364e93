//! Why a project cannot be made.

use crate::app_error::Error;
use crate::error::{Exit, Refusal};
use std::io;
use std::path::PathBuf;

/// A file could not be read or written.
pub(super) fn file(
    action: &'static str,
    path: impl Into<PathBuf>,
) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |source| {
        let message = format!("cannot {action} {}: {source}", path.display());
        let refusal = Refusal::new("ProjectFile", message).with(
            "a folder that can be written",
            source.to_string(),
            "check the path, its permissions and the space on the disk",
        );
        refusal.exiting(Exit::Usage).into()
    }
}

/// A contract that cannot be made upgradeable by this program.
pub(super) fn refused(reason: String) -> Error {
    let message = format!("the contract cannot be made upgradeable as it is: {reason}");
    let refusal = Refusal::new("NotInitialized", message).with(
        "a crate of stylus-sdk 0.10.10 with an entrypoint and #[public] blocks, without a constructor",
        "another kind of crate, or code that only its author can change safely",
        "change that first; nothing was written. The page on existing contracts (adopting.md) of the documentation \
         shows every step by hand",
    );
    refusal.exiting(Exit::Usage).into()
}
