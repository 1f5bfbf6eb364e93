//! The page parts about what an open action waits for.

use super::page::{text, weight};
use crate::assess::Severity;
use crate::governance::{Obstacle, not_executed};
use crate::model::{BlockedBy, Readiness};
use maud::{Markup, html};

/// Draws why an open action is not executed. The script draws the page again when a delay is over.
pub(super) fn state_of(open: &Readiness) -> Markup {
    let due = (open.blocked_by == BlockedBy::Delay).then_some(open.not_before);
    html! { span data-due=[due] { (not_executed(open)) } }
}

/// Draws what keeps an action from being executed, whatever its approvals.
pub(super) fn hindered(obstacle: &Obstacle) -> Markup {
    let severity = if obstacle.ends {
        Severity::Danger
    } else {
        Severity::Note
    };
    html! { p { (weight(severity)) " " (text(obstacle.name)) ": " (text(&obstacle.says)) "; " (text(&obstacle.next)) } }
}
