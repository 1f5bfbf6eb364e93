//! Why an approval that was given offline is not used.

use crate::error::{Exit, Explain};
use crate::ids::ActionId;
use crate::own_file::FileError;
use alloy::primitives::{Address, B256};
use std::path::PathBuf;
use thiserror::Error;

/// Why an approval that was given offline is not used.
#[derive(Debug, Error, Explain)]
pub enum SignedError {
    /// The file cannot be read or written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// The file holds no approval.
    #[error("{} is no approval: {reason}", path.display())]
    #[explain(
        name = "ApprovalMalformed",
        expected = "a file that `stylus-upgrades sign` wrote",
        found = "{reason}",
        next = "ask its signer for the file as it was written",
        exit = Exit::Usage
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Something else is there.
    #[error("{} is there, and is {found}", path.display())]
    #[explain(
        name = "ApprovalExists",
        expected = "no file, or one that `approve --offline` wrote for the same call and signer",
        found = "{found}",
        next = "nothing was written; choose another name, or remove the file",
        exit = Exit::Usage
    )]
    Exists {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// Calldata that have no type.
    #[error("this cannot be signed: {reason}")]
    #[explain(
        expected = "the calldata of a governed call of the registry",
        found = "{reason}",
        next = "sign the action that `stylus-upgrades pending` lists"
    )]
    Untyped {
        /// What is wrong.
        reason: String,
    },
    /// The parts of a file do not belong together.
    #[error("{} says one thing in {part} and another in what is approved", path.display())]
    #[explain(
        name = "ApprovalTampered",
        expected = "{expected}",
        found = "{found}",
        next = "do not use it: somebody changed it; ask its signer for the file as it was written"
    )]
    Tampered {
        /// The file.
        path: PathBuf,
        /// Which part.
        part: String,
        /// What follows from the call.
        expected: String,
        /// What the file says.
        found: String,
    },
    /// It was given for another chain.
    #[error("{} is for another chain", path.display())]
    #[explain(
        name = "ApprovalOtherChain",
        expected = "chain {expected}, which this endpoint is of",
        found = "chain {found}",
        next = "give the --network or --rpc-url of that chain"
    )]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// The endpoint's chain.
        expected: u64,
        /// The file's chain.
        found: u64,
    },
    /// It was given for another registry.
    #[error("{} is for another registry", path.display())]
    #[explain(
        name = "ApprovalOtherRegistry",
        expected = "{expected}",
        found = "{found}",
        next = "give --registry {found}, if that is the one that is meant"
    )]
    OtherRegistry {
        /// The file.
        path: PathBuf,
        /// The registry that was named.
        expected: Address,
        /// The file's registry.
        found: Address,
    },
    /// Two files approve different things.
    #[error("{} approves something else than {}: its {part} is another", path.display(), first.display())]
    #[explain(
        name = "ApprovalsDiffer",
        expected = format!("{expected}, as {} says", first.display()),
        found = "{found}",
        next = "sign the very same: `stylus-upgrades approve FILE` --offline takes all of it from another's file"
    )]
    Differ {
        /// The file.
        path: PathBuf,
        /// The first file.
        first: PathBuf,
        /// What differs.
        part: String,
        /// As the first file has it.
        expected: String,
        /// As this one has it.
        found: String,
    },
    /// Its time is over.
    #[error("{} held up to {deadline}", path.display())]
    #[explain(
        name = "ApprovalExpired",
        expected = "a deadline after {now}",
        found = "{deadline}",
        next = "have it signed again, with a later --deadline; nothing was sent"
    )]
    Expired {
        /// The file.
        path: PathBuf,
        /// Up to when it held.
        deadline: String,
        /// The chain's time.
        now: String,
    },
    /// Whoever finds it later could use it for too long.
    #[error("a signature that holds for more than a year")]
    #[explain(
        name = "DeadlineTooFar",
        expected = "a deadline up to {latest}",
        found = "{found}",
        next = "sign with an earlier --deadline, in Unix seconds",
        exit = Exit::Usage
    )]
    Far {
        /// The latest that is taken.
        latest: String,
        /// Unix seconds that were asked for.
        found: u64,
    },
    /// It is for an action that the registry does not take any more.
    #[error(
        "what was signed is not open any more: it was executed or cancelled, or the policy has changed"
    )]
    #[explain(
        name = "ApprovalOutdated",
        expected = "the action {expected}, which the same call would approve now",
        found = "{found}",
        next = "stylus-upgrades history tells what happened; if it is still wanted, have it signed again"
    )]
    Outdated {
        /// The action that the call would be now.
        expected: ActionId,
        /// The action that was signed.
        found: ActionId,
    },
    /// Somebody whom the policy does not name.
    #[error("{signer} is no approver of role {role}")]
    #[explain(
        name = "SignerNotAnApprover",
        expected = "one of {approvers}",
        found = "{signer}",
        next = "leave that signature out; stylus-upgrades policy explain tells who decides"
    )]
    NotAnApprover {
        /// Who signed.
        signer: Address,
        /// The role that decides.
        role: String,
        /// Whom its policy names.
        approvers: String,
    },
    /// One signer twice.
    #[error("{signer} signed twice")]
    #[explain(
        name = "SignerTwice",
        expected = "each signer once",
        found = format!("{} and {}", first.display(), path.display()),
        next = "leave one of them out"
    )]
    Twice {
        /// Who signed.
        signer: Address,
        /// His first file.
        first: PathBuf,
        /// His second file.
        path: PathBuf,
    },
    /// A signature that is somebody else's, or nobody's.
    #[error("the signature in {} is not by {signer}", path.display())]
    #[explain(
        name = "SignatureOfAnother",
        expected = "a signature of {digest} by {signer}",
        found = "{found}",
        next = "have it signed again, and compare the digests"
    )]
    NotHis {
        /// The file.
        path: PathBuf,
        /// Who is said to have signed.
        signer: Address,
        /// What has to be signed.
        digest: B256,
        /// Whose signature it is.
        found: String,
    },
    /// A file without a signature.
    #[error("{} holds no signature", path.display())]
    #[explain(
        name = "SignatureMissing",
        expected = "a signed approval, or --signature 0x… with --signer ADDRESS",
        found = "typed data for a wallet",
        next = "have a wallet sign it, then give --signature and --signer",
        exit = Exit::Usage
    )]
    Unsigned {
        /// The file.
        path: PathBuf,
    },
    /// Every approval is there already.
    #[error("everybody who signed has approved already")]
    #[explain(
        name = "AllApproved",
        expected = "an approval that the registry does not have yet",
        found = "{action}",
        next = "stylus-upgrades pending tells who is missing"
    )]
    AllApproved {
        /// The action.
        action: ActionId,
    },
}
