//! The result of a command that sends a governed call or upgrades instances: its transactions, its checks, and what
//! happened to the instances. The steps of the command fill in one value, which is then rendered.

use super::checked::Checks;
use crate::checks::Assessment;
use crate::client::{Sent, Transactions};
use crate::context::prelude::*;
use crate::export::{self, ExportedCall};
use crate::governance::{
    CallOutcome, Check, ShownCall, SimulationReport, failed_checks, still_needed,
};
use crate::ids::ActionId;
use crate::registry::{Receiver, Waiting};
use crate::text::{count, shell_word};
use std::collections::BTreeSet;

/// The report of a governed call: the fields of its command, and the effects of the call.
#[derive(Serialize)]
pub(crate) struct Governed<S> {
    #[serde(flatten)]
    pub(crate) subject: S,
    #[serde(flatten)]
    pub(crate) effects: Effects,
}

impl<S: CommandReport> CommandReport for Governed<S> {
    fn lines(&self, names: &Names) -> Vec<String> {
        self.effects.lines_with(self.subject.lines(names), names)
    }

    fn exit(&self) -> Exit {
        self.effects.exit()
    }
}

/// The effects of a command, and its checks before them.
#[derive(Default, Serialize)]
pub(crate) struct Effects {
    #[serde(flatten)]
    transactions: Option<Transactions>,
    #[serde(flatten)]
    checked: Option<Checks>,
    /// The definition of another registry that receives an instance; null if an account does, absent without a
    /// transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receiver: Option<Option<Receiver>>,
    #[serde(flatten)]
    pub(crate) result: Option<CallResult>,
    #[serde(flatten)]
    pub(crate) rolled_out: Option<RolledOut>,
    /// The checks of each upgraded instance; absent if the command upgrades none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<Check>>,
    /// Instances that a complex step has paused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paused: Vec<PausedInstance>,
    /// Instances that were upgraded by a step that was not checked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_compared: Vec<Moved>,
    #[serde(flatten)]
    waiting: Option<LeftWaiting>,
    /// The work that is left to do on the instances, in words.
    #[serde(skip)]
    pub(crate) says: Option<String>,
    /// The created instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proxy: Option<Address>,
    /// The error that stopped the command after a part, with the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    /// The exit code of the command, if it stopped after a part.
    #[serde(skip)]
    stopped: Option<Exit>,
}

/// The result of a governed call.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum CallResult {
    /// It was sent now, or by an earlier run.
    Sent(Box<Proposal>),
    /// It was written to a file.
    Exported(Box<ExportedCall>),
    /// The decision of the call holds already.
    Already(Already),
}

/// A call whose decision holds already, so that nothing was sent.
#[derive(Serialize)]
pub(crate) struct Already {
    /// Always true.
    executed: bool,
    #[serde(skip)]
    says: Option<String>,
}

/// A governed call that was sent. Missing approvals are exit code `NotReady`, not a failure.
#[derive(Serialize)]
pub(crate) struct Proposal {
    #[serde(flatten)]
    pub(crate) shown: ShownCall,
    #[serde(flatten)]
    pub(crate) submitted: CallOutcome,
    #[serde(flatten)]
    pub(crate) report: SimulationReport,
    /// The folder that keeps the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<String>,
    #[serde(skip)]
    pub(crate) is_migration: bool,
}

/// The state of a rollout.
#[derive(Serialize)]
pub(crate) struct RolledOut {
    /// The number of upgraded instances.
    pub(crate) upgraded: u16,
    /// The number of waiting instances; null if it is not known.
    pub(crate) left: Option<u16>,
    /// Instances that could not be upgraded, and why.
    pub(crate) skipped: Vec<Waiting>,
    /// Instances that were paused or resumed with their definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) paused_or_resumed: Vec<Address>,
    /// The number of the last transactions that belong to the rollout.
    #[serde(skip)]
    pub(crate) transactions: usize,
    /// A note that no instance had to be upgraded, in words.
    #[serde(skip)]
    pub(crate) nothing: Option<String>,
}

/// An instance between two versions.
#[derive(Serialize)]
struct PausedInstance {
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
    /// The command that continues with it.
    next: String,
}

/// An instance and both versions.
#[derive(Serialize)]
struct Moved {
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
}

/// Instances that wait for something.
#[derive(Serialize)]
struct LeftWaiting {
    /// These instances, and how each can continue.
    waiting: Vec<Waiting>,
    /// The command that continues with them.
    next: String,
}

impl Effects {
    /// The effects of a call that changes nothing, because its decision holds already.
    pub(crate) fn already(says: Option<String>) -> Self {
        let executed = true;
        Self {
            result: Some(CallResult::Already(Already { executed, says })),
            ..Self::default()
        }
    }

    /// The same for a command that would send the call or write it to a file.
    ///
    /// # Errors
    /// `ExportNothing`.
    pub(crate) fn nothing_to_send(context: &Context, what: String) -> Result<Self> {
        if context.is_export() {
            Err(export::nothing(&what).into())
        } else {
            Ok(Self::already(Some(what)))
        }
    }

    /// The same as the second call of a command, with the transactions of the first one before its own.
    #[must_use]
    pub(crate) fn after(mut self, earlier: Self) -> Self {
        self.transactions = match (self.transactions, earlier.transactions) {
            (Some(own), Some(earlier)) => Some(own.after(earlier)),
            (own, earlier) => own.or(earlier),
        };
        self
    }

    /// Adds transactions. The last of the first ones is the main one.
    pub(crate) fn add_sent(&mut self, sent: &[Sent]) {
        self.transactions.get_or_insert_default().add(sent);
    }

    /// Adds the checks, or what a later check found.
    pub(crate) fn add_checks(&mut self, checks: &Assessment) {
        let checks = Checks::of(checks);
        match &mut self.checked {
            Some(earlier) => earlier.update(checks),
            None => self.checked = Some(checks),
        }
    }

    /// Adds instances that are paused in a complex step (from where and to where): the command is partly done, and the
    /// handler continues with each.
    pub(crate) fn add_paused(&mut self, paused: Vec<(Address, String, String)>) {
        let paused = paused.into_iter();
        self.paused
            .extend(paused.map(|(proxy, from, to)| PausedInstance {
                proxy,
                from,
                to,
                next: format!("stylus-upgrades run-migration {proxy}"),
            }));
    }

    /// Adds instances that were upgraded by a step that `checks` do not cover.
    pub(crate) fn add_not_compared(
        &mut self,
        moved: Vec<(Address, String, String)>,
        checks: &Assessment,
    ) {
        self.add_checks(checks);
        let moved = moved.into_iter();
        self.not_compared
            .extend(moved.map(|(proxy, from, to)| Moved { proxy, from, to }));
    }

    /// Sets the instances that wait, if there are any, and the command that continues with them.
    pub(crate) fn set_waiting(&mut self, waiting: Vec<Waiting>, name: &str) {
        if !waiting.is_empty() {
            let next = format!("stylus-upgrades upgrade {}", shell_word(name));
            self.waiting = Some(LeftWaiting { waiting, next });
        }
    }

    /// Explains why the command stops after the part that it has done.
    pub(crate) fn stop(&mut self, context: &Context, error: &dyn Explain, exit: Exit) {
        let error = Report::of(error);
        context.output.explain(&error);
        (self.error, self.stopped) = (Some(error), Some(exit));
    }

    /// Stops if a check of an upgraded instance failed.
    pub(crate) fn require_checks(&mut self, context: &Context) {
        let checks = self.checks.as_deref().unwrap_or_default();
        let failed = checks.iter().filter(|check| !check.ok).count();
        if failed > 0 {
            let error = failed_checks(failed, checks.len());
            self.stop(context, &error, Exit::Refused);
        }
    }

    /// The action and what it waits for, in words, where the call is not executed yet.
    pub(crate) fn open_action(&self, names: &Names) -> Option<(ActionId, String)> {
        let Some(CallResult::Sent(proposal)) = &self.result else {
            return None;
        };
        let submitted = &proposal.submitted;
        let open = submitted.readiness.as_ref()?;
        let policy = submitted.policy.as_ref();
        let needed = policy.and_then(|policy| policy.needed.as_ref());
        let refused = policy.map_or(&[][..], |policy| &policy.refused);
        Some((submitted.action, still_needed(open, needed, refused, names)))
    }

    /// Returns true if the call was executed, by whomever.
    pub(crate) fn is_executed(&self) -> bool {
        matches!(&self.result, Some(CallResult::Sent(one)) if one.submitted.execution().is_some())
    }

    /// All lines: the verdict, those of the command itself, the checks, the instances, the transactions, and what comes
    /// next.
    pub(crate) fn lines_with(&self, own: Vec<String>, names: &Names) -> Vec<String> {
        let mut result = match &self.result {
            Some(CallResult::Sent(proposal)) => proposal.lines(names),
            Some(CallResult::Exported(exported)) => exported.lines(names),
            Some(CallResult::Already(already)) => already.says.iter().cloned().collect(),
            None => Vec::new(),
        };
        let mut lines: Vec<String> = result.drain(..result.len().min(1)).collect();
        lines.extend(self.proxy.map(proxy_line));
        lines.extend(own);
        lines.extend(self.check_lines());
        if let Some(rolled_out) = &self.rolled_out {
            lines.extend(rolled_out.lines());
            lines.extend(instance_lines(self.checks.as_deref(), names));
        }
        lines.extend(self.transaction_lines());
        lines.extend(result);
        lines.extend(self.next_lines());
        lines
    }

    /// A line for each transaction.
    fn transaction_lines(&self) -> Vec<String> {
        let all = self.transactions.as_ref();
        all.map(Transactions::lines).unwrap_or_default()
    }

    /// The lines of the checks.
    fn check_lines(&self) -> Vec<String> {
        self.checked.as_ref().map(Checks::lines).unwrap_or_default()
    }

    /// The lines about the work that is left to do.
    fn next_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.says.iter().cloned().collect();
        for one in &self.paused {
            let (proxy, from, to) = (one.proxy, &one.from, &one.to);
            lines.push(format!("{proxy}  paused on its way {from} → {to}"));
            lines.push(format!("next: {}", one.next));
        }
        lines.extend(self.waiting.iter().flat_map(LeftWaiting::lines));
        lines
    }
}

impl CommandReport for Effects {
    fn lines(&self, names: &Names) -> Vec<String> {
        self.lines_with(Vec::new(), names)
    }

    fn exit(&self) -> Exit {
        let is_partial = match &self.rolled_out {
            Some(rolled_out) => rolled_out.left != Some(0),
            None => false,
        };
        match (self.stopped, &self.result) {
            (Some(exit), _) => exit,
            _ if is_partial || !self.paused.is_empty() => Exit::Partial,
            _ if self.waiting.is_some() => Exit::NotReady,
            (_, Some(CallResult::Sent(_))) if !self.is_executed() => Exit::NotReady,
            _ => Exit::Done,
        }
    }
}

impl Proposal {
    fn lines(&self, names: &Names) -> Vec<String> {
        self.submitted.lines(self.is_migration, names)
    }
}

impl RolledOut {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.transactions > 0 || self.left != Some(0) {
            lines.push(format!("rollout {}", so_far(self.upgraded, self.left)));
        }
        for one in &self.skipped {
            lines.push(format!("skipped {}: {}", one.proxy, one.reason));
            lines.push(format!("  next    {}", one.next));
        }
        lines.extend(self.nothing.clone());
        if !self.paused_or_resumed.is_empty() {
            lines.push(format!(
                "paused or resumed with their definition: {} of these",
                self.paused_or_resumed.len()
            ));
        }
        lines
    }
}

impl LeftWaiting {
    fn lines(&self) -> Vec<String> {
        let Self { waiting, next } = self;
        let waits = waiting.iter();
        let waits = waits.map(|one| format!("waits   {}: {}", one.proxy, one.reason));
        let mut lines: Vec<String> = waits.collect();
        let helps: BTreeSet<&str> = waiting.iter().map(|one| one.next.as_str()).collect();
        let stayed = count(waiting.len(), "instance");
        lines.push(format!("{stayed} not upgraded"));
        lines.extend(helps.into_iter().map(|help| format!("next: {help}")));
        let them = if waiting.len() == 1 { "it" } else { "them" };
        lines.push(format!("next: {next} continues with {them}"));
        lines
    }
}

/// A line for each instance that was upgraded, with the checks that hold, and one for each check that failed.
fn instance_lines(checks: Option<&[Check]>, names: &Names) -> Vec<String> {
    let checks = checks.unwrap_or_default();
    let mut lines = Vec::new();
    for of_one in checks.chunk_by(|one, next| one.proxy == next.proxy) {
        let Some(proxy) = of_one.first().map(|check| names.long(check.proxy)) else {
            continue;
        };
        let (hold, fail): (Vec<_>, Vec<_>) = of_one.iter().partition(|check| check.ok);
        let hold: Vec<&str> = hold.iter().map(|check| check.name).collect();
        lines.push(if hold.is_empty() {
            format!("instance {proxy}")
        } else {
            format!("instance {proxy}  ✓ {}", hold.join(", "))
        });
        lines.extend(fail.iter().map(|check| format!("  {}", check.line())));
    }
    lines
}

/// The number of upgraded instances, of all.
pub(crate) fn so_far(upgraded: u16, left: Option<u16>) -> String {
    match left {
        Some(left) => format!("{upgraded}/{}", u32::from(upgraded) + u32::from(left)),
        None => format!("{upgraded}/?"),
    }
}

/// The line of a created instance.
pub(crate) fn proxy_line(proxy: Address) -> String {
    format!("proxy  {proxy}")
}
