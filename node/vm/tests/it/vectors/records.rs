//! Runs a file of measured vectors and reports every disagreement.

use alloy_primitives::{Bytes, hex};
use serde_json::Value;
use thiserror::Error;

use super::chain::{MockChain, context, normalised};
use super::labels::{STABLE_LABELS, of_end, of_failure, of_rule};
use super::schema::{ActivationRow, File, Params, Record, RunRow, UpfrontGas, bytes_value};
use stylus_vm::pages::{PageCounters, PageParams};
use stylus_vm::{Activated, ActivationError, Event, Outcome, OutcomeKind, Rules, Run};

use crate::support::start_params;

/// Longest output a row shows in full, in bytes.
const SHOWN_OUTPUT: usize = 2_048;

/// The result of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Records that agree in everything.
    pub(crate) agreed: usize,
    /// All records.
    pub(crate) total: usize,
    /// One line per disagreement: record, field, expected, found.
    pub(crate) disagreements: Vec<String>,
}

/// Why a file cannot be run.
#[derive(Debug, Error)]
pub(crate) enum VectorsError {
    /// Not a file of vectors.
    #[error("expected a JSON file of vectors (schema 1), found: {0}")]
    Json(#[from] serde_json::Error),
    /// A schema this runner does not know.
    #[error("expected schema 1, found schema {found}")]
    Schema {
        /// The file's schema.
        found: u64,
    },
}

/// How a module is activated: with counters in its basic blocks, or without.
pub(crate) type Activate = fn(&[u8], &Rules, &mut u64) -> Result<Activated, ActivationError>;

/// Runs every record of a file.
///
/// # Errors
/// [`VectorsError`] when the text is not a file of vectors of schema 1.
pub(crate) fn run_file(text: &str, activate: Activate) -> Result<Report, VectorsError> {
    let file: File = serde_json::from_str(text)?;
    if file.schema != 1 {
        return Err(VectorsError::Schema { found: file.schema });
    }
    let mut report = Report {
        total: file.records.len(),
        ..Report::default()
    };
    for record in &file.records {
        let mut check = Check {
            record: &record.name,
            activate,
            lines: Vec::new(),
        };
        check.record(record);
        if check.lines.is_empty() {
            report.agreed += 1;
        }
        report.disagreements.append(&mut check.lines);
    }
    Ok(report)
}

/// Collects a record's disagreements.
struct Check<'a> {
    record: &'a str,
    activate: Activate,
    lines: Vec<String>,
}

impl Check<'_> {
    fn record(&mut self, record: &Record) {
        let wasm = match record.module() {
            Ok(wasm) => wasm,
            Err(error) => return self.lines.push(format!("{}: module: {error}", self.record)),
        };
        let params = &record.params;
        if let Some(expected) = &record.activation_v1 {
            self.activation("activation_v1", &wasm, params, expected);
        }
        let Some(expected) = &record.activation else {
            return;
        };
        let Some(activated) = self.activation("activation", &wasm, params, expected) else {
            return;
        };
        if let Some(expected) = &record.call_upfront_gas {
            self.upfront(params, &activated, expected);
        }
        let Some(expected) = &record.run else { return };
        let calldata = match hex::decode(expected.calldata.as_deref().unwrap_or("0x")) {
            Ok(calldata) => Bytes::from(calldata),
            Err(error) => {
                return self
                    .lines
                    .push(format!("{}: calldata: {error}", self.record));
            }
        };
        self.call("run", params, &activated, &calldata, expected);
        self.least_stack(params, &activated, &calldata, expected);
        for row in &record.sweep {
            let location = format!("sweep[start_ink {}]", row.start_ink);
            self.call(&location, params, &activated, &calldata, row);
        }
    }

    fn activation(
        &mut self,
        location: &str,
        wasm: &[u8],
        params: &Params,
        expected: &ActivationRow,
    ) -> Option<Activated> {
        let rules = Rules {
            arbos_version: expected.arbos_version.unwrap_or(params.arbos_version),
            stylus_version: expected.stylus_version.unwrap_or(params.stylus_version),
            debug: false,
            max_wasm_size: usize::MAX,
            page_limit: params.page_limit,
        };
        let mut gas = params.activation_gas_budget;
        let result = (self.activate)(wasm, &rules, &mut gas);
        let used = params.activation_gas_budget.saturating_sub(gas);
        self.maybe(location, "gas_used", expected.gas_used, used);
        match result {
            Ok(activated) => {
                self.same(location, "ok", expected.ok, true);
                let info = &activated.info;
                let start = start_params(rules.stylus_version);
                self.maybe(
                    location,
                    "footprint",
                    expected.footprint,
                    info.footprint.into(),
                );
                self.maybe(
                    location,
                    "init_cost",
                    expected.init_cost,
                    info.init_cost.into(),
                );
                let cached = info.cached_cost.into();
                self.maybe(
                    location,
                    "cached_init_cost",
                    expected.cached_init_cost,
                    cached,
                );
                self.maybe(
                    location,
                    "asm_estimate",
                    expected.asm_estimate,
                    info.asm_estimate.into(),
                );
                let kb = info.asm_estimate.div_ceil(1_024).into();
                self.maybe(location, "asm_estimate_kb", expected.asm_estimate_kb, kb);
                self.maybe(
                    location,
                    "init_gas",
                    expected.init_gas,
                    start.init_gas(info),
                );
                self.maybe(
                    location,
                    "cached_gas",
                    expected.cached_gas,
                    start.cached_gas(info),
                );
                Some(activated)
            }
            Err(error) => {
                if expected.ok {
                    self.lines.push(format!(
                        "{}: {location}.ok: expected true, found {error}",
                        self.record
                    ));
                }
                self.label(
                    location,
                    expected.error_class.as_deref(),
                    of_rule(error.rule),
                );
                None
            }
        }
    }

    fn upfront(&mut self, params: &Params, activated: &Activated, expected: &UpfrontGas) {
        let location = "call_upfront_gas";
        let counters = PageCounters {
            open: params.open_pages,
            ever: params.ever_pages,
        };
        let pages = counters.gas(activated.info.footprint, &PageParams::default());
        let start = start_params(activated.info.version);
        let total = |cached| pages.saturating_add(start.start_gas(&activated.info, cached));
        self.same(location, "pages", expected.pages, pages);
        self.same(
            location,
            "total_not_cached",
            expected.total_not_cached,
            total(false),
        );
        self.same(location, "total_cached", expected.total_cached, total(true));
    }

    fn call(
        &mut self,
        location: &str,
        params: &Params,
        activated: &Activated,
        calldata: &Bytes,
        expected: &RunRow,
    ) {
        let (outcome, requests) = match execute(params, activated, calldata, expected.start_ink) {
            Ok(result) => result,
            Err(error) => {
                return self
                    .lines
                    .push(format!("{}: {location}: {error}", self.record));
            }
        };
        self.same(
            location,
            "outcome",
            expected.outcome.as_str(),
            of_end(outcome.kind),
        );
        let empty = Value::String("0x".into());
        let output = bytes_value(&outcome.output, SHOWN_OUTPUT);
        self.same(
            location,
            "output",
            expected.output.as_ref().unwrap_or(&empty),
            &output,
        );
        self.maybe(location, "ink_left", expected.ink_left, outcome.ink_left);
        let used = expected.start_ink.saturating_sub(outcome.ink_left);
        self.maybe(location, "ink_used", expected.ink_used, used);
        self.maybe(location, "gas_left", expected.gas_left, outcome.gas_left);
        let words = outcome.stack_words_left.into();
        self.maybe(
            location,
            "stack_words_left",
            expected.stack_words_left,
            words,
        );
        self.maybe(location, "raw_meter", expected.raw_meter, outcome.raw_ink);
        let found = outcome.error.as_ref().map_or("none", of_failure);
        self.label(location, expected.error_class.as_deref(), found);

        let made = requests.len() as u64;
        self.maybe(location, "requests_total", expected.requests_total, made);
        self.maybe(location, "requests_made", expected.requests_made, made);
        if let Some(rows) = &expected.requests {
            if expected.requests_total.is_none() {
                self.same(location, "requests.len", rows.len(), requests.len());
            }
            for (index, (expected, found)) in rows.iter().zip(&requests).enumerate() {
                let (expected, found) = (normalised(expected.clone()), normalised(found.clone()));
                self.same(location, &format!("requests[{index}]"), expected, found);
            }
        }
        let completed = outcome.trace.len() as u64;
        self.maybe(
            location,
            "hostio_trace_total",
            expected.hostio_trace_total,
            completed,
        );
        self.maybe(
            location,
            "hostios_completed",
            expected.hostios_completed,
            completed,
        );
        if let Some(rows) = &expected.hostio_trace {
            if expected.hostio_trace_total.is_none() {
                self.same(
                    location,
                    "hostio_trace.len",
                    rows.len(),
                    outcome.trace.len(),
                );
            }
            for (index, (expected, found)) in rows.iter().zip(&outcome.trace).enumerate() {
                let found = (found.name.to_owned(), found.ink_before, found.ink_after);
                self.same(
                    location,
                    &format!("hostio_trace[{index}]"),
                    expected,
                    &found,
                );
            }
        }
    }

    /// The least stack budget must do, and one word less must not. Measured budgets start at 1.
    fn least_stack(
        &mut self,
        params: &Params,
        activated: &Activated,
        calldata: &Bytes,
        expected: &RunRow,
    ) {
        let Some(words) = expected.min_stack_words else {
            return;
        };
        let mut suffices = |max_stack_words| {
            let params = Params {
                max_stack_words,
                ..*params
            };
            execute(&params, activated, calldata, expected.start_ink)
                .map(|(outcome, _)| outcome.kind != OutcomeKind::OutOfStack)
        };
        match (
            suffices(words),
            words
                .checked_sub(1)
                .filter(|less| *less > 0)
                .map(&mut suffices),
        ) {
            (Ok(true), None | Some(Ok(false))) => {}
            (Err(error), _) | (_, Some(Err(error))) => {
                self.lines
                    .push(format!("{}: run.min_stack_words: {error}", self.record));
            }
            (Ok(enough), _) => {
                let found = if enough {
                    "less suffices"
                } else {
                    "more is needed"
                };
                self.lines.push(format!(
                    "{}: run.min_stack_words: expected {words}, found that {found}",
                    self.record
                ));
            }
        }
    }

    fn maybe(&mut self, location: &str, field: &str, expected: Option<u64>, found: u64) {
        if let Some(expected) = expected {
            self.same(location, field, expected, found);
        }
    }

    fn same<T: PartialEq + std::fmt::Debug>(
        &mut self,
        location: &str,
        field: &str,
        expected: T,
        found: T,
    ) {
        if expected != found {
            let record = self.record;
            self.lines.push(format!(
                "{record}: {location}.{field}: expected {expected:?}, found {found:?}"
            ));
        }
    }

    fn label(&mut self, location: &str, expected: Option<&str>, found: &str) {
        if let Some(expected) = expected.filter(|label| STABLE_LABELS.contains(label)) {
            self.same(location, "error_class", expected, found);
        }
    }
}

/// Runs one call on the mock chain; gives its outcome and the requests it made.
fn execute(
    params: &Params,
    activated: &Activated,
    calldata: &Bytes,
    start_ink: u64,
) -> Result<(Outcome, Vec<Value>), stylus_vm::StartError> {
    let mut chain = MockChain::new(params, activated.info.footprint);
    let context = context(params, calldata.clone(), start_ink);
    let mut run = Run::start(&activated.program, context)?;
    let mut answer = None;
    loop {
        match run.resume(answer.take()) {
            Event::Request(request) => answer = Some(chain.answer(request)),
            Event::Done(outcome) => return Ok((outcome, chain.requests)),
        }
    }
}
