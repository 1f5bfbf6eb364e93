//! Policies of a definition's roles, explained.

use crate::governance::{CANCEL, Explained, UnsetRole, guardian_limits, missing_policy_delay};
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::count;
use serde::Serialize;

/// The report of `policy explain`.
#[derive(Debug, Serialize)]
pub struct Policies {
    /// The definition, or the policy that was typed; empty for the registry itself.
    pub name: String,
    /// The policies that decide.
    pub policies: Vec<Explained>,
    /// The roles that were asked for, in the same order: another role decides where one is not set.
    #[serde(skip)]
    pub roles: Vec<String>,
    /// The roles that act without a policy of their own, where every role was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<UnsetRole>,
}

impl CommandReport for Policies {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        for (role, explained) in self.roles.iter().zip(&self.policies) {
            let (decides, named) = (&explained.role, &explained.named);
            lines.push(if decides != role {
                format!(
                    "{role} is not set, so {decides} decides: any one of its addresses pauses, its whole policy \
                     resumes: {named}"
                )
            } else if role.is_empty() {
                named.clone()
            } else {
                format!("{role}: {named}")
            });
            let parts = explained.lines.iter();
            lines.extend(parts.map(|line| format!("  {line}")));
            if let Some(fewest) = explained.fewest {
                let alone = match names.list(&explained.alone) {
                    nobody if nobody.is_empty() => "nobody".into(),
                    somebody => somebody,
                };
                let fewest = count(fewest, "approval");
                lines.push(format!("  takes at least {fewest}; alone: {alone}"));
            }
        }
        lines.extend(self.unset.iter().map(|role| role.line(names)));
        lines.extend(missing_policy_delay(&self.policies));
        if self.roles.iter().any(|role| role == CANCEL) {
            lines.extend(guardian_limits(&self.policies));
        }
        lines
    }
}
