//! A governed call as people read it before they decide: what its very bytes say, what the chain says about the code
//! that they name, the calldata in it in words, and what was built here of that code. Every command and every page
//! shows this one value.

use super::code_control::ControlChange;
use super::display::Display;
use super::ends::{EndedAction, ends_others};
use super::facts::{BuildFacts, CodeFacts};
use super::policy_change::PolicyChange;
use crate::assess::Finding;
use crate::functions::DecodedCall;
use serde::Serialize;

/// A governed call as people read it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ShownCall {
    /// The display of the bytes.
    pub display: Display,
    /// The change of a policy, where they set one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_change: Option<PolicyChange>,
    /// The accounts that can replace the code, before and after; once where the call does not change that, or none where
    /// nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<ControlChange>,
    /// The open actions that end once it is executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<EndedAction>,
    /// The chain's facts about the code that they name.
    pub facts: Vec<CodeFacts>,
    /// The initializer or the migration in it, in words.
    pub decoded: Vec<DecodedCall>,
    /// The place of the published sources of that code, by the proposer's word, as NEP-330 writes it: `git+URL#COMMIT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_sources: Option<String>,
    /// The known facts about the builds of that code.
    pub builds: Vec<BuildFacts>,
    /// The reasons why a build from here is not what the call names.
    pub differs: Vec<String>,
}

impl ShownCall {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let ends = self.ends_line().into_iter().collect();
        [self.what_it_does(), ends, self.identity(true)].concat()
    }

    /// Shows in few lines the facts that decide if a reader goes on: `what` it is, its change of a policy, its calldata in
    /// words, the faults, and the actions that it ends. Its arguments, hashes and builds are left out.
    pub fn short_lines(&self, what: &str) -> Vec<String> {
        let first = format!("{what}  (decided by {})", self.display.role);
        let lines = std::iter::once(first).chain(self.to_decide());
        lines.chain(self.ends_line()).collect()
    }

    /// A line on the open actions that end; reviews have it among their findings.
    fn ends_line(&self) -> Option<String> {
        let finding = ends_others(&self.ends)?;
        Some(format!("  {}", Finding::line(&finding)))
    }

    /// Shows its change of a policy, its calldata in words and the faults, with the arguments that say something to people.
    pub fn what_it_does(&self) -> Vec<String> {
        [self.display.what_it_does(), self.to_decide()].concat()
    }

    /// Shows the identity of the call; if `is_full` also what is there of its code, and how that was built.
    pub fn identity(&self, is_full: bool) -> Vec<String> {
        let mut lines = self.display.hashes();
        if is_full {
            let facts = self.facts.iter().filter(|fact| fact.is_plain());
            let builds = self.builds.iter().flat_map(BuildFacts::lines);
            let of_code = facts.flat_map(CodeFacts::lines).chain(builds);
            lines.extend(of_code.map(|line| format!("  {line}")));
        }
        lines
    }

    fn to_decide(&self) -> Vec<String> {
        let policy = self.policy_change.iter().flat_map(PolicyChange::lines);
        let control = self.control.iter().flat_map(ControlChange::lines);
        let facts = self.facts.iter().filter(|fact| !fact.is_plain());
        let decoded = self.decoded.iter().flat_map(DecodedCall::lines);
        let sources = self.published_sources.iter();
        let sources = sources.map(|uri| format!("sources, as the proposer says: {uri}"));
        let differs = self.differs.iter();
        let all = policy
            .chain(control)
            .chain(facts.flat_map(CodeFacts::lines))
            .chain(decoded)
            .chain(sources)
            .chain(differs.map(|why| format!("do not approve: {why}")));
        all.map(|line| format!("  {line}")).collect()
    }
}
