//! Runs a file of measured vectors and reports every disagreement.

use std::fmt::Display;

use alloy_primitives::{Bytes, hex};
use serde_json::{Value, json};
use thiserror::Error;

use super::chain::{MockChain, context, normalised};
use super::labels::{is_stable, of_end, of_failure, of_rule};
use super::schema::{Activation, Call, File, Params, Record, Row, bytes_value};
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
            Err(error) => return self.say(format!("module: {error}")),
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
            self.row("call_upfront_gas", expected, &upfront(params, &activated));
        }
        let Some(expected) = &record.run else { return };
        let calldata = match hex::decode(expected.calldata.as_deref().unwrap_or("0x")) {
            Ok(calldata) => Bytes::from(calldata),
            Err(error) => return self.say(format!("calldata: {error}")),
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
        expected: &Activation,
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
        let found = match &result {
            Ok(Activated { info, .. }) => {
                self.same(location, "ok", &expected.ok, &true);
                let start = start_params(rules.stylus_version);
                json!({
                    "gas_used": used,
                    "footprint": info.footprint,
                    "init_cost": info.init_cost,
                    "cached_init_cost": info.cached_cost,
                    "asm_estimate": info.asm_estimate,
                    "asm_estimate_kb": info.asm_estimate.div_ceil(1_024),
                    "init_gas": start.init_gas(info),
                    "cached_gas": start.cached_gas(info),
                })
            }
            Err(error) => {
                if expected.ok {
                    self.say(format!("{location}.ok: expected true, found {error}"));
                }
                json!({ "gas_used": used, "error_class": of_rule(error.rule) })
            }
        };
        self.row(location, &expected.measured, &found);
        result.ok()
    }

    fn call(
        &mut self,
        location: &str,
        params: &Params,
        activated: &Activated,
        calldata: &Bytes,
        expected: &Call,
    ) {
        let start = expected.start_ink;
        let (outcome, requests) = match execute(params, activated, calldata, start) {
            Ok(result) => result,
            Err(error) => return self.say(format!("{location}: {error}")),
        };
        let rows = outcome.trace.iter();
        let trace = rows.map(|row| json!([row.name, row.ink_before, row.ink_after]));
        let found = json!({
            "start_gas": start / u64::from(params.ink_price),
            "outcome": of_end(outcome.kind),
            "output": bytes_value(&outcome.output, SHOWN_OUTPUT),
            "output_len": outcome.output.len(),
            "ink_left": outcome.ink_left,
            "ink_used": start.saturating_sub(outcome.ink_left),
            "gas_left": outcome.gas_left,
            "stack_words_left": outcome.stack_words_left,
            "raw_meter": outcome.raw_ink,
            "error_class": outcome.error.as_ref().map_or("none", of_failure),
            "requests_total": requests.len(),
            "requests_made": requests.len(),
            "requests": requests.into_iter().map(normalised).collect::<Vec<_>>(),
            "hostio_trace_total": outcome.trace.len(),
            "hostios_completed": outcome.trace.len(),
            "hostio_trace": trace.collect::<Vec<_>>(),
        });
        self.row(location, &expected.measured, &found);
        if !expected.measured.contains_key("output") {
            self.same(location, "output", &json!("0x"), &found["output"]);
        }
    }

    /// The least stack budget must do, and one word less must not. Measured budgets start at 1.
    fn least_stack(
        &mut self,
        params: &Params,
        activated: &Activated,
        calldata: &Bytes,
        expected: &Call,
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
        let less = words.checked_sub(1).filter(|less| *less > 0);
        let found = match (suffices(words), less.map(&mut suffices)) {
            (Ok(true), None | Some(Ok(false))) => return,
            (Err(error), _) | (_, Some(Err(error))) => error.to_string(),
            (Ok(true), _) => format!("expected {words}, found that less suffices"),
            (Ok(false), _) => format!("expected {words}, found that more is needed"),
        };
        self.say(format!("run.min_stack_words: {found}"));
    }

    /// Compares each field that is measured here. Of a list that was cut, the row has the total beside it.
    fn row(&mut self, location: &str, expected: &Row, found: &Value) {
        for (field, value) in expected {
            match (value, &found[field]) {
                (_, Value::Null) => {}
                (Value::String(class), _) if field == "error_class" && !is_stable(class) => {}
                (Value::Array(rows), Value::Array(found)) => {
                    if !expected.contains_key(&format!("{field}_total")) {
                        self.same(location, &format!("{field}.len"), &rows.len(), &found.len());
                    }
                    for (index, (row, found)) in rows.iter().zip(found).enumerate() {
                        let row = normalised(row.clone());
                        self.same(location, &format!("{field}[{index}]"), &row, found);
                    }
                }
                (value, found) => self.same(location, field, value, found),
            }
        }
    }

    fn same<T: PartialEq + Display>(
        &mut self,
        location: &str,
        field: &str,
        expected: &T,
        found: &T,
    ) {
        if expected != found {
            self.say(format!(
                "{location}.{field}: expected {expected}, found {found}"
            ));
        }
    }

    fn say(&mut self, what: String) {
        self.lines.push(format!("{}: {what}", self.record));
    }
}

/// Gas that a chain charges before the program starts.
fn upfront(params: &Params, activated: &Activated) -> Value {
    let counters = PageCounters {
        open: params.open_pages,
        ever: params.ever_pages,
    };
    let pages = counters.gas(activated.info.footprint, &PageParams::default());
    let start = start_params(activated.info.version);
    let total = |cached| pages.saturating_add(start.start_gas(&activated.info, cached));
    json!({ "pages": pages, "total_not_cached": total(false), "total_cached": total(true) })
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
