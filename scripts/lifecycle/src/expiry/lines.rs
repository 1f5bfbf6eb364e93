//! An examination for people.

use super::AHEAD_DAYS;
use super::chain::{ChainFacts, DAY};
use super::diagnosis::{Diagnosis, INCOMPLETE, Migration, PAUSED};
use super::programs::{Cure, Program, State};
use crate::assess::{Finding, Severity};
use crate::text::{count, utc};

/// Findings that are shown without `--full`, at most: the most urgent ones come first.
const FINDINGS_MAX: usize = 24;

impl Diagnosis {
    /// The lines, the verdict first. `registry` is its address with its name. Where everything works that is one line,
    /// unless `is_full`.
    pub fn lines(&self, registry: &str, is_full: bool) -> Vec<String> {
        let mut lines = vec![self.verdict_line()];
        let is_well = self.findings.is_empty() && self.migrations.is_empty();
        if is_well && self.chain.scheduled.is_none() && !is_full {
            return lines;
        }
        lines.extend(self.chain.lines());
        lines.push(format!("programs of {registry}"));
        lines.extend(self.programs.iter().flat_map(Program::lines));
        let mut add = |name: &str, section: Vec<String>| {
            if !section.is_empty() {
                lines.push(name.into());
                lines.extend(section);
            }
        };
        add(
            "migrations",
            self.migrations.iter().map(Migration::line).collect(),
        );
        let most = if is_full { usize::MAX } else { FINDINGS_MAX };
        add("findings", self.found(most));
        lines
    }

    /// The first findings, `most` of them. What findings of one name in a row expect, and what is done about them, stands
    /// once below them.
    fn found(&self, most: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut all = self.findings.iter().take(most).peekable();
        while let Some(finding) = all.next() {
            let mut told = finding.clone();
            let is_same = |later: &&Finding| {
                (&later.id, &later.expected, &later.next)
                    == (&finding.id, &finding.expected, &finding.next)
            };
            if all.peek().is_some_and(is_same) {
                (told.expected, told.next) = (None, None);
            }
            lines.extend(told.lines().iter().map(|line| format!("  {line}")));
        }
        let left_out = self.findings.len().saturating_sub(most);
        if left_out > 0 {
            let left_out = count(left_out, "finding");
            lines.push(format!("  … {left_out} more: --full shows them"));
        }
        lines
    }

    /// States the verdict; where nothing was found, with the time at which the first program expires.
    fn verdict_line(&self) -> String {
        let needed = self.programs.iter().filter(|program| program.needed);
        let programs = count(needed.clone().count(), "program");
        let first = needed.filter_map(|program| program.days_left).min();
        let verdict = self.verdict();
        match first.filter(|_| self.findings.is_empty()) {
            Some(days) => format!(
                "{verdict}: {programs}, the first expires in {}",
                count(days, "day")
            ),
            None => verdict.into(),
        }
    }

    /// Sums up the findings in one sentence.
    fn verdict(&self) -> &'static str {
        let has = |name: &str| self.findings.iter().any(|finding| finding.id == *name);
        match self.severity() {
            _ if has(INCOMPLETE) => {
                "the endpoint does not tell everything: what it hides is not examined"
            }
            Some(Severity::Danger) => "something that is needed does not work now",
            _ if has(PAUSED) => "everything that is needed runs; a definition is paused",
            Some(Severity::Warning) => "everything works; something needs attention in time",
            Some(_) | None => "everything works",
        }
    }
}

impl ChainFacts {
    /// The lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            "chain".to_owned(),
            format!(
                "  ✓ {}  chain {}, block {}, ArbOS {}, Stylus {}",
                self.endpoint, self.chain_id, self.block, self.arbos, self.stylus
            ),
            format!(
                "  · an activation lasts {} days, and can be prolonged when it is {} days old",
                self.expiry_days, self.keepalive_days
            ),
        ];
        if let Some(scheduled) = self.scheduled {
            let (arbos, time) = (scheduled.arbos, utc(scheduled.time));
            lines.push(format!("  ! ArbOS {arbos} is scheduled for {time}"));
        }
        lines
    }
}

impl State {
    /// Its mark, and what it is.
    pub(super) fn shown(self) -> (&'static str, String) {
        match self {
            Self::Active { seconds_left } => {
                let is_soon = seconds_left < AHEAD_DAYS * DAY;
                let left = count(seconds_left / DAY, "day");
                (if is_soon { "!" } else { "✓" }, format!("{left} left"))
            }
            Self::Expired { age } => {
                let ago = count(age / DAY, "day");
                ("✗", format!("expired, activated {ago} ago"))
            }
            Self::Outdated { version, wanted } => {
                let outdated = format!("outdated, for Stylus {version} and not {wanted}");
                ("✗", outdated)
            }
            Self::Inactive => ("✗", "never activated".into()),
            Self::Evm => ("✓", "EVM code, does not expire".into()),
            Self::Missing => ("✗", "no code".into()),
        }
    }
}

impl Program {
    /// One line for the code, and one for each purpose of it.
    fn lines(&self) -> Vec<String> {
        let (mark, state) = self.state.shown();
        // What nothing needs now raises no alarm, and `--fix` alone leaves it as it is.
        let (mark, flags) = if self.needed {
            (mark, "--fix")
        } else {
            ("·", "--fix --all")
        };
        let cached = if self.cached == Some(true) {
            "  cached"
        } else {
            ""
        };
        let cure = match self.cure {
            Cure::None => String::new(),
            Cure::Later { from } => format!("  keepalive possible from {}", utc(from)),
            Cure::Keepalive => format!("  {flags} keeps it alive"),
            Cure::Activate => format!("  {flags} activates it"),
        };
        let mut lines = vec![format!("  {mark} {}  {state}{cached}{cure}", self.codehash)];
        for account in &self.accounts {
            let uses = account.uses.iter().map(|usage| {
                let needed = if usage.needed { "" } else { ", not needed now" };
                format!("{} ({}){needed}", usage.role.name(), usage.of)
            });
            let mut uses: Vec<_> = uses.collect();
            uses.dedup();
            let wrong = match account.recorded {
                Some(recorded) if recorded != self.codehash => "  NOT THE RECORDED CODE",
                _ => "",
            };
            let uses = uses.join("; ");
            lines.push(format!("      {}  {uses}{wrong}", account.address));
        }
        lines
    }
}

impl Migration {
    fn line(&self) -> String {
        let way = format!("{} {} → {}", self.definition, self.from, self.to);
        format!("  {}  {way}  since {}", self.proxy, utc(self.since))
    }
}
