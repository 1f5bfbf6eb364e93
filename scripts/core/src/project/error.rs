//! Reasons why a project cannot be made.

use crate::app_error::Error;
use crate::error::Refusal;

/// A contract that cannot be made upgradeable by this program.
pub(super) fn refused(reason: String) -> Error {
    let message = format!("the contract cannot be made upgradeable as it is: {reason}");
    let refusal = Refusal::new("NotInitialized", message).with(
        "a crate of stylus-sdk 0.10.10 with an entrypoint and #[public] blocks, without a constructor",
        "another kind of crate, or code that only its author can change safely",
        "change that first; nothing was written. The page on existing contracts (adopting.md) of the documentation \
         shows every step by hand",
    );
    refusal.usage().into()
}

/// The workspace manifest that this program was built from lacks what the framework's crates inherit.
pub(super) fn unreadable(reason: impl std::fmt::Display) -> Error {
    let message =
        format!("the framework's crates that this program carries cannot be written: {reason}");
    let refusal = Refusal::new("FrameworkUnreadable", message).with(
        "a program that was built from a clone of its repository",
        "one that was built from other files",
        "install the program again, or give --framework-path with a clone",
    );
    refusal.into()
}
