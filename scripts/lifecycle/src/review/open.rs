//! What is open: who approved, who is missing, what blocks, until when, and what to do next.

use crate::governance::{PendingAction, ShownCall, UnreadableAction, of_whom, progress_lines};
use crate::ids::ActionId;
use crate::model::{BlockedBy, Readiness};
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::utc;
use alloy::primitives::Address;
use serde::Serialize;

/// What `pending` reports.
#[derive(Debug, Serialize)]
pub struct Pending {
    /// The registry.
    pub registry: Address,
    /// What is open: first what approvers can read.
    pub actions: Vec<OpenAction>,
}

/// An open action.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum OpenAction {
    /// One that approvers can read.
    Readable(Box<ReadableAction>),
    /// One that nobody should approve.
    Unreadable(UnreadableAction),
}

impl OpenAction {
    /// Its id.
    pub fn action(&self) -> ActionId {
        match self {
            Self::Readable(one) => one.open.action,
            Self::Unreadable(one) => one.action,
        }
    }

    /// Who proposed it.
    pub fn proposer(&self) -> Address {
        match self {
            Self::Readable(one) => one.open.proposer,
            Self::Unreadable(one) => one.proposer,
        }
    }

    /// How far it is.
    pub fn readiness(&self) -> &Readiness {
        match self {
            Self::Readable(one) => &one.open.readiness,
            Self::Unreadable(one) => &one.readiness,
        }
    }

    /// Those who are missing whose last word on it was `revoke`.
    pub fn refused(&self) -> &[Address] {
        match self {
            Self::Readable(one) => &one.open.refused,
            Self::Unreadable(_) => &[],
        }
    }
}

/// An open action that approvers can read.
#[derive(Debug, Serialize)]
pub struct ReadableAction {
    /// The action, and how far it is.
    #[serde(flatten)]
    pub open: PendingAction,
    /// What it does.
    #[serde(flatten)]
    pub shown: ShownCall,
    /// Why a build from here is not what it names.
    pub differs: Vec<String>,
    /// Why nothing ever comes of it.
    #[serde(skip)]
    pub superseded: Option<String>,
    /// Other open actions that are about the same and differ, in words.
    #[serde(skip)]
    pub rivals: Vec<String>,
    /// What is done with it now, and by whom.
    pub next: String,
}

impl ReadableAction {
    /// The action with what is done with it now, by whom, and with the flags that were `given`.
    pub fn new(
        open: PendingAction,
        shown: ShownCall,
        (superseded, rivals): (Option<String>, Vec<String>),
        names: &Names,
        given: &str,
    ) -> Self {
        Self {
            next: next(&open, superseded.is_some(), names, given),
            differs: shown.differs.clone(),
            open,
            shown,
            superseded,
            rivals,
        }
    }

    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.shown.display.lines();
        lines.push(format!("proposed by {}", names.long(self.open.proposer)));
        let open = &self.open;
        lines.extend(progress_lines(&open.readiness, &open.refused, names));
        lines.extend(self.shown.lines_beside());
        let superseded = self.superseded.iter();
        lines.extend(superseded.map(|what| format!("  superseded: {what} already")));
        lines.extend(self.rivals.iter().map(|what| format!("  ! {what}")));
        lines.push(format!("next: {}", self.next));
        lines
    }
}

/// What is done with an open action now, and by whom; with the flags that were given.
fn next(open: &PendingAction, is_superseded: bool, names: &Names, given: &str) -> String {
    let PendingAction {
        action, readiness, ..
    } = open;
    let approve = format!("stylus-upgrades approve {action}{given}");
    let cancel = format!(
        "nothing comes of it any more; its proposer, {}: `stylus-upgrades cancel {action}{given}`",
        names.short(open.proposer)
    );
    if is_superseded {
        return cancel;
    }
    let left = readiness.needed();
    match readiness.blocked_by {
        BlockedBy::Nothing => format!("anybody executes it: `{approve}`"),
        BlockedBy::Delay => format!(
            "anybody executes it from {} on: `{approve}`",
            utc(readiness.not_before)
        ),
        BlockedBy::Approvals if left.is_empty() => format!(
            "nobody is left who has not refused it; its proposer, {}: `stylus-upgrades cancel {action}{given}`",
            names.short(open.proposer)
        ),
        BlockedBy::Approvals => format!(
            "{}: look with `stylus-upgrades pending {action}{given}`, then `{approve}`, which names the flags that it \
             needs",
            names.list(left)
        ),
        BlockedBy::Lambda => "the contract that the policy asks has to consent".into(),
        BlockedBy::NotRunnable => {
            format!("`stylus-upgrades doctor{given}` says which program has to be activated")
        }
        BlockedBy::DirectCall => {
            format!("anybody executes it with a key whose account has no code: `{approve}`")
        }
        BlockedBy::Paused => format!("who may resumes it: `stylus-upgrades resume{given}`"),
        _ => cancel,
    }
}

fn unreadable_lines(action: &UnreadableAction, names: &Names) -> Vec<String> {
    vec![
        format!(
            "of {}, unreadable: {}",
            of_whom(&action.definition),
            action.unreadable
        ),
        format!("proposed by {}", names.long(action.proposer)),
        "do not approve it: ask its proposer for the command that he typed".into(),
    ]
}

impl CommandReport for Pending {
    fn lines(&self, names: &Names) -> Vec<String> {
        if self.actions.is_empty() {
            return vec!["nothing is open".into()];
        }
        let mut lines = Vec::new();
        for one in &self.actions {
            let of_it = match one {
                OpenAction::Readable(one) => one.lines(names),
                OpenAction::Unreadable(one) => unreadable_lines(one, names),
            };
            lines.push(format!("action {}", one.action()));
            lines.extend(of_it.iter().map(|line| format!("  {line}")));
        }
        lines
    }
}
