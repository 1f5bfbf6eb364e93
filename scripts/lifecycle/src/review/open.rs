//! What is open: who approved, who is missing, what blocks, until when, and what to do next.

use crate::governance::{Obstacle, PendingAction, ShownCall, progress_lines};
use crate::model::{BlockedBy, of_whom};
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

/// An open action, and what is done with it.
#[derive(Debug, Serialize)]
pub struct OpenAction {
    /// The action, and how far it is.
    #[serde(flatten)]
    pub open: PendingAction,
    /// What it does; nothing where nobody can read it.
    #[serde(flatten)]
    pub shown: Option<ShownCall>,
    /// What keeps it from being executed, whatever its approvals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// Other open actions that are about the same and differ, in words.
    #[serde(skip)]
    pub rivals: Vec<String>,
    /// What is done with it now, and by whom.
    pub next: String,
}

impl OpenAction {
    /// The action with what is done with it now, and by whom.
    pub fn new(
        open: PendingAction,
        shown: Option<ShownCall>,
        (obstacle, rivals): (Option<Obstacle>, Vec<String>),
        names: &Names,
    ) -> Self {
        Self {
            next: match shown {
                Some(_) => next(&open, obstacle.as_ref(), names),
                None => "do not approve it; ask the proposer which command created it".into(),
            },
            open,
            shown,
            obstacle,
            rivals,
        }
    }

    fn lines(&self, names: &Names) -> Vec<String> {
        let open = &self.open;
        let proposer = format!("proposed by {}", names.long(open.proposer));
        let next = format!("next: {}", self.next);
        let Some(shown) = &self.shown else {
            let (of, why) = (of_whom(&open.definition), open.unreadable.as_deref());
            let why = why.unwrap_or_default();
            return vec![format!("of {of}, unreadable: {why}"), proposer, next];
        };
        let mut lines = shown.display.lines();
        lines.push(proposer);
        let beside = (open.refused.as_slice(), self.obstacle.as_ref());
        lines.extend(progress_lines(&open.readiness, beside, names));
        lines.extend(shown.lines_beside());
        lines.extend(self.rivals.iter().map(|what| format!("  ! {what}")));
        lines.push(next);
        lines
    }
}

/// What is done with an open action now, and by whom.
fn next(open: &PendingAction, obstacle: Option<&Obstacle>, names: &Names) -> String {
    let PendingAction {
        action, readiness, ..
    } = open;
    let approve = format!("stylus-upgrades approve {action}");
    let cancel = format!(
        "nothing comes of it any more; its proposer, {}: `stylus-upgrades cancel {action}`, or its place is free from {} on",
        names.short(open.proposer),
        utc(readiness.expires)
    );
    match obstacle {
        Some(obstacle) if obstacle.ends => return cancel,
        Some(obstacle) if readiness.blocked_by == BlockedBy::Nothing => {
            return format!("{}: `{approve}`", obstacle.next);
        }
        _ => {}
    }
    let left = readiness.needed();
    match readiness.blocked_by {
        BlockedBy::Nothing => format!("anybody executes it: `{approve}`"),
        BlockedBy::Delay => format!(
            "anybody executes it from {} on: `{approve}`",
            utc(readiness.not_before)
        ),
        BlockedBy::Approvals if left.is_empty() => format!(
            "nobody is left who has not refused it; its proposer, {}: `stylus-upgrades cancel {action}`",
            names.short(open.proposer)
        ),
        BlockedBy::Approvals => format!(
            "{}: look with `stylus-upgrades pending {action}`, then `{approve}`, which names the flags that it \
             needs",
            names.list(left)
        ),
        BlockedBy::Lambda => "the contract that the policy asks has to consent".into(),
        _ => cancel,
    }
}

impl CommandReport for Pending {
    fn lines(&self, names: &Names) -> Vec<String> {
        if self.actions.is_empty() {
            return vec!["nothing is open".into()];
        }
        let mut lines = Vec::new();
        for one in &self.actions {
            lines.push(format!("action {}", one.open.action));
            let of_it = one.lines(names);
            lines.extend(of_it.iter().map(|line| format!("  {line}")));
        }
        lines
    }
}
