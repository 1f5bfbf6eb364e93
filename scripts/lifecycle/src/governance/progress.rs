//! How far an action is, in words and as fields: who approved, who is missing, what blocks, until when.

use super::obstacle::Obstacle;
use super::send_call::{Approved, CallOutcome};
use crate::model::{BlockedBy, Readiness};
use crate::names::Names;
use crate::text::{count, utc};
use alloy::primitives::Address;

/// Why an open action is not executed.
pub fn not_executed(readiness: &Readiness) -> String {
    let more = readiness.more();
    match readiness.blocked_by {
        BlockedBy::Approvals => format!("{} needed", count(more, "more approval")),
        BlockedBy::Delay => format!("a delay runs until {}", utc(readiness.not_before)),
        BlockedBy::Nothing => "only a direct call is missing".into(),
        other => format!("blocked by {other}"),
    }
}

/// How far an open action is: who approved, who is missing, who `refused`, what blocks, until when, and what else keeps it
/// from being executed.
pub fn progress_lines(
    open: &Readiness,
    (refused, obstacle): (&[Address], Option<&Obstacle>),
    names: &Names,
) -> Vec<String> {
    let mut lines = vec![format!("approvals  {}", Approved::from(open))];
    lines.extend(waiting_lines(open, names));
    lines.extend(obstacle.map(|one| format!("! {}: {}", one.name, one.says)));
    if !refused.is_empty() {
        let who = names.list(refused);
        lines.push(format!(
            "refused    {who} (revoke); an approval still counts"
        ));
    }
    lines
}

/// The same without the count.
fn waiting_lines(open: &Readiness, names: &Names) -> Vec<String> {
    let list = |addresses: &[Address]| match addresses {
        [] => "nobody".into(),
        addresses => names.list(addresses),
    };
    let mut lines = vec![format!("approved   {}", list(&open.approved))];
    let (more, needed) = (open.more(), open.needed());
    if more > 0 {
        let count = match usize::from(more) < needed.len() {
            true => format!("{more} of "),
            false => String::new(),
        };
        lines.push(format!("missing    {count}{}", list(needed)));
    }
    let next = match open.blocked_by {
        BlockedBy::Approvals => "; the other approvers send the same call",
        BlockedBy::Delay => "; then anyone sends the same call",
        BlockedBy::Nothing => "; anyone sends the same call, with a key whose account has no code",
        _ => "",
    };
    lines.push(format!("not executed: {}{next}", not_executed(open)));
    lines.push(format!("open until {}", utc(open.expires)));
    lines
}

impl CallOutcome {
    /// Lines for people. `done` stands after the count of what was executed.
    pub fn lines(&self, done: &str, names: &Names) -> Vec<String> {
        let (action, approved) = (self.action, self.approved);
        let mut lines = vec![match self.executed {
            true => format!("success {approved}{done}"),
            false => format!("success {approved}"),
        }];
        if let Some(by) = &self.executed_by {
            let (who, tx) = (names.short(by.approver), by.tx);
            lines.push(format!("executed by another's approval: {who}, {tx}"));
        }
        let Some(open) = &self.readiness else {
            return lines;
        };
        lines.push(format!("action     {action}"));
        if let Some(before) = &self.ended_before {
            lines.push(format!(
                "action {before} ended before this approval arrived: the approval proposed the same call again"
            ));
            lines.push(format!(
                "next: stylus-upgrades cancel {action}, unless you want the new proposal"
            ));
        }
        lines.extend(waiting_lines(open, names));
        lines
    }
}
