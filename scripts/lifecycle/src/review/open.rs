//! Open actions: the accounts that approved, the missing ones, the obstacle, the time until which each is open, and the next
//! step.

use crate::assess::Finding;
use crate::governance::{
    CancelRights, Needed, Obstacle, PendingAction, ShownCall, ends_others, still_needed, title,
};
use crate::ids::ActionId;
use crate::model::{BlockedBy, Readiness, of_whom};
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::utc;
use alloy::primitives::Address;
use serde::Serialize;

/// The report of `pending`.
#[derive(Debug, Serialize)]
pub struct Pending {
    /// The registry.
    pub registry: Address,
    /// The first block of which events were not read, as the endpoint wants many requests for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_unread_from: Option<u64>,
    /// The open actions: first those that approvers can read.
    pub actions: Vec<OpenAction>,
}

/// An open action, and what is done with it.
#[derive(Debug, Serialize)]
pub struct OpenAction {
    /// The action, and how far it is.
    #[serde(flatten)]
    pub open: PendingAction,
    /// The effects of the action; nothing where nobody can read it.
    #[serde(flatten)]
    pub shown: Option<ShownCall>,
    /// The obstacle to its execution, whatever its approvals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// Other open actions that are about the same and differ, in words.
    #[serde(skip)]
    pub rivals: Vec<String>,
    /// The accounts that can still end it, and until when; nothing where nobody can read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_rights: Option<CancelRights>,
    /// The next step, and who takes it.
    pub next: String,
    /// The approvals and delays that it still needs, in words.
    #[serde(skip)]
    still: String,
}

impl OpenAction {
    /// The action with what is done with it now, and by whom.
    pub fn new(
        open: PendingAction,
        shown: Option<ShownCall>,
        (obstacle, rivals): (Option<Obstacle>, Vec<String>),
        (needed, cancel_rights): (Option<&Needed>, Option<CancelRights>),
        names: &Names,
    ) -> Self {
        let still = still_needed(&open.readiness, needed, &open.refused, names);
        Self {
            next: match shown {
                Some(_) => {
                    let action = open.action;
                    let look = format!(
                        "look with `stylus-upgrades pending {action}`, then `stylus-upgrades approve {action}`, which \
                         names the flags that it needs"
                    );
                    next(
                        action,
                        open.proposer,
                        &open.readiness,
                        obstacle.as_ref(),
                        &look,
                        &still,
                        names,
                    )
                }
                None => "do not approve it; ask the proposer which command created it".into(),
            },
            still,
            cancel_rights,
            open,
            shown,
            obstacle,
            rivals,
        }
    }

    /// The finding that it ends others.
    pub fn ends(&self) -> Option<Finding> {
        ends_others(&self.shown.as_ref()?.ends)
    }

    /// The action in a line: what it does, how far it is, until when.
    fn line(&self, names: &Names) -> String {
        let PendingAction {
            action,
            readiness: open,
            refused,
            call,
            ..
        } = &self.open;
        if self.shown.is_none() {
            let (of, why) = (
                of_whom(&self.open.definition),
                self.open.unreadable.as_deref(),
            );
            let (why, who) = (why.unwrap_or_default(), names.short(self.open.proposer));
            return format!("{action}  of {of}, unreadable: {why}; {}: {who}", self.next);
        }
        let still = &self.still;
        let mut line = format!(
            "{action}  {}: {} of {} approvals, still needed: {still}; open until {}",
            title(call),
            open.approvals,
            open.required,
            utc(open.expires)
        );
        if !refused.is_empty() {
            line += &format!("; refused by {}", names.list(refused));
        }
        if let Some(rights) = &self.cancel_rights {
            line += &format!("; {}", rights.words(names));
        }
        if let Some(obstacle) = &self.obstacle {
            line += &format!("; ! {}", obstacle.name);
        }
        if !self.rivals.is_empty() {
            line += "; ! another open action differs";
        }
        if let Some(finding) = self.ends() {
            line += &format!("; ! {}", finding.message);
        }
        line
    }
}

/// Describes the next step of an open action, and who takes it. `decide` is the instruction for the missing approvers,
/// `still` the list of needs.
pub(super) fn next(
    action: ActionId,
    proposer: Address,
    readiness: &Readiness,
    obstacle: Option<&Obstacle>,
    decide: &str,
    still: &str,
    names: &Names,
) -> String {
    let execute = format!("stylus-upgrades execute {action}");
    let cancel = format!(
        "nothing comes of it any more; its proposer, {}: `stylus-upgrades cancel {action}`, or its place is free from {} on",
        names.short(proposer),
        utc(readiness.expires)
    );
    match obstacle {
        Some(obstacle) if obstacle.ends => return cancel,
        Some(obstacle) if readiness.blocked_by == BlockedBy::Nothing => {
            return format!("{}: `{execute}`", obstacle.next);
        }
        _ => {}
    }
    let left = readiness.needed();
    match readiness.blocked_by {
        BlockedBy::Nothing => format!("anybody executes it: `{execute}`"),
        BlockedBy::Delay => format!(
            "anybody executes it from {} on: `{execute}`",
            utc(readiness.not_before)
        ),
        BlockedBy::Approvals if left.is_empty() => format!(
            "it needs {still}; its proposer, {}: `stylus-upgrades cancel {action}`",
            names.short(proposer)
        ),
        BlockedBy::Approvals => format!("{}: {decide}", names.list(left)),
        BlockedBy::Lambda => "the contract that the policy asks has to consent".into(),
        _ => cancel,
    }
}

impl CommandReport for Pending {
    fn lines(&self, names: &Names) -> Vec<String> {
        if self.actions.is_empty() {
            let nothing = match self.events_unread_from {
                Some(block) => {
                    format!("nothing is open among what was created before block {block}")
                }
                None => "nothing is open".into(),
            };
            return vec![nothing];
        }
        let mut lines: Vec<String> = self
            .actions
            .iter()
            .map(|action| action.line(names))
            .collect();
        let readable = self.actions.iter().find(|action| action.shown.is_some());
        lines.extend(readable.map(|open_action| {
            let action = open_action.open.action;
            format!(
                "next: `stylus-upgrades pending {action}` shows what it does, what checks find, and who approves it how"
            )
        }));
        lines
    }
}
