//! An examination as metrics, in the text format of Prometheus and OpenMetrics.

use super::cache::CacheBid;
use super::examine::Diagnosis;
use super::programs::State;
use crate::assess::Severity;

/// What the text is, for HTTP.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Names and values of labels.
type Labels = Vec<(&'static str, String)>;

/// How the examinations themselves went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    /// Unix seconds of the last one that succeeded.
    pub last: u64,
    /// How many failed.
    pub failed: u64,
}

/// The text; without an examination, how it went alone.
pub fn render(diagnosis: Option<&Diagnosis>, runs: Runs) -> String {
    let mut all = Metrics::default();
    all.one(
        "doctor_last_success_timestamp_seconds",
        "When the last examination that succeeded ended",
        [(Vec::new(), runs.last)],
    );
    all.one(
        "doctor_failed_examinations",
        "Examinations that failed since the start",
        [(Vec::new(), runs.failed)],
    );
    if let Some(diagnosis) = diagnosis {
        chain(&mut all, diagnosis);
        programs(&mut all, diagnosis);
        cache(&mut all, diagnosis);
        rest(&mut all, diagnosis);
    }
    all.ended()
}

/// Gauges in the format of OpenMetrics.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    /// A gauge with a value for each set of labels; nothing where there is none.
    fn one(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let lines = values.into_iter().map(|(labels, value)| {
            let labels = labels.iter();
            let labels = labels.map(|(label, text)| format!("{label}=\"{}\"", escaped(text)));
            let labels: Vec<_> = labels.collect();
            match labels.is_empty() {
                true => format!("stylus_{name} {value}\n"),
                false => format!("stylus_{name}{{{}}} {value}\n", labels.join(",")),
            }
        });
        let lines: String = lines.collect();
        if !lines.is_empty() {
            let about = format!("# HELP stylus_{name} {help}.\n# TYPE stylus_{name} gauge\n");
            self.0.extend([about, lines]);
        }
    }

    /// The text, ended as the format wants it.
    fn ended(self) -> String {
        self.0 + "# EOF\n"
    }
}

/// A label's value as the format wants it: names come from the chain.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

fn chain(all: &mut Metrics, diagnosis: &Diagnosis) {
    let chain = &diagnosis.chain;
    let none = Labels::new;
    all.one("chain_id", "The chain", [(none(), chain.chain_id)]);
    all.one("chain_block", "The newest block", [(none(), chain.block)]);
    all.one(
        "chain_block_timestamp_seconds",
        "Time of the newest block",
        [(none(), chain.time)],
    );
    all.one("chain_arbos_version", "ArbOS", [(none(), chain.arbos)]);
    all.one(
        "chain_stylus_version",
        "The version that programs must be activated for",
        [(none(), u64::from(chain.stylus))],
    );
    let scheduled = chain.scheduled.iter();
    all.one(
        "chain_scheduled_upgrade_timestamp_seconds",
        "When the scheduled version of ArbOS takes effect",
        scheduled.map(|one| (vec![("arbos", one.arbos.to_string())], one.time)),
    );
}

fn programs(all: &mut Metrics, diagnosis: &Diagnosis) {
    let labelled = |value: fn(&super::Program) -> Option<u64>| {
        let programs = diagnosis.programs.iter();
        programs.filter_map(move |program| {
            let labels = vec![
                ("codehash", program.codehash.to_string()),
                ("account", program.address().to_string()),
                (
                    "role",
                    program.role().map_or("code", super::Role::name).to_owned(),
                ),
                ("needed", program.needed.to_string()),
            ];
            Some((labels, value(program)?))
        })
    };
    all.one(
        "program_runs",
        "Whether the chain runs the code",
        labelled(|program| {
            let runs = !program.is_dead() && program.state != State::Missing;
            Some(u64::from(runs))
        }),
    );
    all.one(
        "program_seconds_left",
        "Seconds of activation left, 0 where it has ended",
        labelled(|program| match program.state {
            State::Active { seconds_left } => Some(seconds_left),
            State::Evm | State::Missing => None,
            _ => Some(0),
        }),
    );
    all.one(
        "program_cached",
        "Whether the program is in the init cache",
        labelled(|program| program.cached.map(u64::from)),
    );
}

fn cache(all: &mut Metrics, diagnosis: &Diagnosis) {
    let labels = |bid: &CacheBid| {
        vec![
            ("codehash", bid.codehash.to_string()),
            ("of", bid.what.clone()),
        ]
    };
    let bids = || diagnosis.cache_bids.iter();
    all.one(
        "cache_bid_margin_wei",
        "What the bid of a program in the init cache is still worth: who pays as much evicts it",
        bids().map(|bid| (labels(bid), bid.margin.saturating_to())),
    );
    all.one(
        "cache_bid_seconds_left",
        "Seconds until the bid is worth nothing",
        bids().filter_map(|bid| Some((labels(bid), bid.seconds_left?))),
    );
    all.one(
        "cache_bid_full",
        "Whether the init cache has no room for another program",
        bids().map(|bid| (labels(bid), u64::from(bid.is_full))),
    );
}

fn rest(all: &mut Metrics, diagnosis: &Diagnosis) {
    let findings = |severity: Severity| {
        let found = diagnosis.findings.iter();
        found.filter(move |one| one.severity == severity).count() as u64
    };
    all.one(
        "doctor_findings",
        "What the last examination found out",
        [
            ("note", Severity::Note),
            ("warning", Severity::Warning),
            ("failure", Severity::Danger),
        ]
        .map(|(name, severity)| (vec![("severity", name.to_owned())], findings(severity))),
    );
    let now = diagnosis.chain.time;
    all.one(
        "action_seconds_left",
        "Seconds until an open action ends",
        diagnosis.actions.iter().map(|one| {
            let labels = vec![
                ("action", one.action.to_string()),
                ("definition", one.definition.clone()),
            ];
            (labels, one.expires.saturating_sub(now))
        }),
    );
    all.one(
        "migration_seconds",
        "Seconds since a complex migration began",
        diagnosis.migrations.iter().map(|one| {
            let labels = vec![
                ("proxy", one.proxy.to_string()),
                ("definition", one.definition.clone()),
            ];
            (labels, now.saturating_sub(one.since))
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_chain_makes_no_metric_of_its_own() {
        let mut all = Metrics::default();
        let name = "A\"} 1\nstylus_program_runs{codehash=\"0x\\";
        all.one(
            "migration_seconds",
            "Seconds",
            [(vec![("definition", name.into())], 7)],
        );
        let text = all.ended();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = r#"stylus_migration_seconds{definition="A\"} 1\nstylus_program_runs{codehash=\"0x\\"} 7"#;
        assert_eq!(lines, [expected]);
    }
}
