//! A governed call as people read it before they decide: what its very bytes say, what the chain says about the code
//! that they name, the calldata in it in words, and what was built here of that code. Every command and every page
//! shows this one value.

use super::display::Display;
use super::facts::{BuildFacts, CodeFacts};
use super::policy_change::PolicyChange;
use crate::functions::DecodedCall;
use serde::Serialize;

/// A governed call as people read it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ShownCall {
    /// What the bytes say.
    pub display: Display,
    /// What they do to a policy, where they set one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_change: Option<PolicyChange>,
    /// What the chain says about the code that they name.
    pub facts: Vec<CodeFacts>,
    /// The initializer or the migration in it, in words.
    pub decoded: Vec<DecodedCall>,
    /// What is known of the builds of that code.
    pub builds: Vec<BuildFacts>,
    /// Why a build from here is not what the call names.
    pub differs: Vec<String>,
}

impl ShownCall {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        [self.display.lines(), self.lines_beside()].concat()
    }

    /// What decides whether to go on, in few lines: `what` it is, what it does to a policy, its calldata in words, and what
    /// is wrong. Hashes and builds are left out.
    pub fn short_lines(&self, what: &str) -> Vec<String> {
        let policy = self.policy_change.iter().flat_map(PolicyChange::lines);
        let facts = self.facts.iter().filter(|one| !one.is_plain());
        let decoded = self.decoded.iter().flat_map(DecodedCall::lines);
        let differs = self.differs.iter();
        let all = policy
            .chain(facts.flat_map(CodeFacts::lines))
            .chain(decoded)
            .chain(differs.map(|why| format!("do not approve: {why}")));
        let first = format!("{what}  (decided by {})", self.display.role);
        let all = all.map(|line| format!("  {line}"));
        std::iter::once(first).chain(all).collect()
    }

    /// The lines of what is known beside the bytes.
    pub fn lines_beside(&self) -> Vec<String> {
        let policy = self.policy_change.iter().flat_map(PolicyChange::lines);
        let facts = self.facts.iter().flat_map(CodeFacts::lines);
        let decoded = self.decoded.iter().flat_map(DecodedCall::lines);
        let differs = self.differs.iter();
        let differs = differs.map(|why| format!("do not approve: {why}"));
        let builds = self.builds.iter().flat_map(BuildFacts::lines);
        let all = policy
            .chain(facts)
            .chain(decoded)
            .chain(differs)
            .chain(builds);
        all.map(|line| format!("  {line}")).collect()
    }
}
