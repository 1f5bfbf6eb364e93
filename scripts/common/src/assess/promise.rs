//! The promises of a review. `docs/internals/security.md` shows them with the findings and the tests of each.

/// A promise of a review: of what the commands and the console say about a change before it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewPromise {
    /// The stored values stay readable.
    Storage,
    /// The upgrade writes what is declared.
    Writes,
    /// View functions answer the same.
    Answers,
    /// The change succeeds, with the effects that are shown.
    Execution,
    /// The accounts that decide about the code are shown.
    Control,
    /// Each migration runs once.
    Migrations,
    /// The code is the one of the sources.
    Sources,
    /// The losses of callers are shown.
    Callers,
}

impl ReviewPromise {
    /// Every promise, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Storage,
        Self::Writes,
        Self::Answers,
        Self::Execution,
        Self::Control,
        Self::Migrations,
        Self::Sources,
        Self::Callers,
    ];

    /// The promise in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Storage => "declared storage keeps its meaning or is converted",
            Self::Writes => "nothing else is written in the upgrade",
            Self::Answers => "what can be asked answers as before",
            Self::Execution => "the change runs, and these are all its effects",
            Self::Control => "who controls the code, before and after, and in how long",
            Self::Migrations => "no migration is left out, repeated or bypassed",
            Self::Sources => "the bytes are those of the sources",
            Self::Callers => "what callers and clients lose",
        }
    }

    /// The proof of it in words.
    pub const fn proof(self) -> &'static str {
        match self {
            Self::Storage => {
                "both layouts are compared by place; on a copy of the chain, fields that a migration declares to keep \
                 are compared, values that the new version would misread are reported, and values that are invalid for their \
                 type are refused"
            }
            Self::Writes => {
                "each word that the trial writes is shown, by its field if a layout has one, else by its slot; a word \
                 outside the declared storage is reported, and refused if it belongs to a dropped field; changes of \
                 other accounts are listed; on chain, a step that writes a slot of the framework is refused"
            }
            Self::Answers => {
                "on a copy of the chain, view functions that both versions have are asked before and after, without \
                 arguments and with known keys, and each answer that differs is reported; each instance is asked what the \
                 check of the step expects, on the copy and on the chain; `plan --replay` repeats past transactions and compares their results"
            }
            Self::Execution => {
                "the exact call runs on a copy of one block, with its approvers, rollouts and batches, with several \
                 gas limits and at a later time; what was not tried is named"
            }
            Self::Control => {
                "policies with their delays, and owners, are compared before and after; the code that runs is read on \
                 chain; functions of it are called as nobody and as accounts that the instance keeps"
            }
            Self::Migrations => {
                "the steps that the code declares, all ways between two versions and the marks on chain are compared"
            }
            Self::Sources => {
                "a build here, or `cargo stylus verify`, makes the same bytes; immutables and linked libraries are \
                 read in the code and shown"
            }
            Self::Callers => "functions, events and errors are compared with their encodings",
        }
    }
}
