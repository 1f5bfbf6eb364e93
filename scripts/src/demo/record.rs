//! What the demo did and found: printed for people as it happens, kept for the document at the end.

use crate::build::Artifact;
use crate::client::{Client, Sent};
use crate::governance::{self, GovernanceError, Submitted};
use crate::ids::TxHash;
use crate::output::{Output, Style};
use crate::text::grouped;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// The demo's document.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// Whether everything went as it should.
    pub ok: bool,
    /// Every transaction, in order.
    pub steps: Vec<Step>,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// Every program that was built.
    pub artifacts: Vec<Size>,
    /// Seconds from start to end, builds included.
    pub seconds: f64,
}

/// A transaction, or a part of one.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What it does.
    pub name: String,
    /// Its hash.
    pub tx: TxHash,
    /// Gas used by the whole transaction, in units of gas.
    pub gas: u64,
}

/// Something that has to hold.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What has to hold.
    pub name: String,
    /// Whether it does.
    pub ok: bool,
}

/// How large a program is.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    /// Its package.
    pub name: String,
    /// Bytes of its module.
    pub wasm_bytes: usize,
    /// Bytes of its code on chain, prefix included.
    pub code_bytes: usize,
}

/// The record while the demo runs.
pub(super) struct Record {
    output: Arc<Output>,
    begun: Instant,
    steps: Vec<Step>,
    checks: Vec<Check>,
    artifacts: Vec<Size>,
}

impl Record {
    pub(super) fn new(output: Arc<Output>) -> Self {
        Self {
            output,
            begun: Instant::now(),
            steps: Vec::new(),
            checks: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// Begins a chapter of the scenario.
    pub(super) fn chapter(&self, title: &str) {
        self.output.line("");
        self.output.styled_line("", Style::Bold, title, "");
    }

    /// A line for people.
    pub(super) fn line(&self, text: &str) {
        self.output.line(text);
    }

    /// A fact for people.
    pub(super) fn fact(&self, name: &str, value: impl std::fmt::Display) {
        self.output.line(&format!("    {name:<38} {value}"));
    }

    /// A transaction that went through.
    pub(super) fn sent(&mut self, sent: &Sent) {
        self.part(&sent.what, sent);
        self.output.line(&format!(
            "  → {:<38} {:>10} gas",
            sent.what,
            grouped(sent.gas)
        ));
    }

    /// A governed call: decoded, tried, sent, read, and its transaction printed.
    pub(super) async fn governed<C: SolCall>(
        &mut self,
        client: &Client,
        registry: Address,
        call: &C,
    ) -> Result<Submitted, GovernanceError> {
        let done = governance::perform(client, registry, call, U256::ZERO).await?;
        if let Some(sent) = &done.sent {
            self.sent(sent);
        }
        Ok(done)
    }

    /// A transaction that does two things, printed as two steps.
    pub(super) fn sent_as(&mut self, sent: &Sent, parts: [&str; 2]) {
        for (place, part) in ["┌", "└"].iter().zip(parts) {
            self.part(part, sent);
            self.output.line(&format!("  {place} {part}"));
        }
        let gas = grouped(sent.gas);
        self.output
            .line(&format!("    {:<38} {gas:>10} gas", "one transaction"));
    }

    /// Something that has to hold.
    pub(super) fn check(&mut self, name: impl Into<String>, ok: bool) {
        let name = name.into();
        let (style, mark) = match ok {
            true => (Style::Good, "✓"),
            false => (Style::Bad, "✗"),
        };
        self.output
            .styled_line("  ", style, mark, &format!(" {name}"));
        self.checks.push(Check { name, ok });
    }

    /// A program that was built.
    pub(super) fn artifact(&mut self, artifact: &Artifact) {
        let (wasm_bytes, code_bytes) = (artifact.wasm.len(), artifact.code.len());
        self.artifacts.push(Size {
            name: artifact.name.clone(),
            wasm_bytes,
            code_bytes,
        });
    }

    /// Ends the record. Not `ok` if a check failed, or if it ended early.
    pub(super) fn finish(self, whole: bool) -> Document {
        Document {
            ok: whole && self.checks.iter().all(|check| check.ok),
            steps: self.steps,
            checks: self.checks,
            artifacts: self.artifacts,
            seconds: (self.begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        }
    }

    fn part(&mut self, name: &str, sent: &Sent) {
        self.steps.push(Step {
            name: name.into(),
            tx: sent.tx,
            gas: sent.gas,
        });
    }
}
