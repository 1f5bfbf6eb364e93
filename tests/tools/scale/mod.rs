//! Runs `run-migration` at scale. The chain and the command are processes of their own; their
//! duration and peak memory are measured.

mod subject;
mod watched;

pub use subject::{Form, Subject};
pub use watched::Ended;

use crate::snapshot::Figures;
use crate::tools::figures::beside;
use std::path::Path;
use stylus_upgrades_harness::{Anvil, HarnessError, command_line, launcher};

/// What a migration of so many items came to.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Items.
    pub items: u64,
    /// Where they came from.
    pub form: Form,
    /// What the command line said: its document.
    pub document: serde_json::Value,
    /// Milliseconds from its start to its end.
    pub milliseconds: u64,
    /// Most memory of the command line, in KiB (`VmHWM`).
    pub memory: u64,
    /// Memory of the chain's process afterwards, in KiB (`VmRSS`).
    pub chain_memory: u64,
}

impl Measured {
    /// Its figures, by sentence.
    pub fn figures(&self) -> Figures {
        let spent = &self.document["spent"];
        let number = |name: &str| spent[name].as_u64().unwrap_or_default();
        let items = self.items;
        let form = self.form.name();
        let say = |what: &str| format!("{form}, {items} items: {what}");
        let gas = number("gas") / items.max(1);
        let mut figures = beside(&format!("{form}, {items} items"), gas, self.form.floor());
        figures.extend([
            (say("transactions"), number("transactions")),
            (say("failed transactions"), number("failed")),
            (say("milliseconds"), self.milliseconds),
            (say("memory of the command line, KiB"), self.memory),
            (say("memory of the chain, KiB"), self.chain_memory),
        ]);
        figures
    }
}

/// Migrates `items` items on a fresh chain; `program` makes a command of the command line.
///
/// # Errors
/// Whatever keeps the chain from starting or the migration from ending; every item's value is
/// looked at for 1,000 of them, spread evenly.
pub async fn measure(
    program: &Path,
    leading: &[&str],
    items: u64,
    form: Form,
) -> Result<Measured, HarnessError> {
    let words = [leading, &["node", "--port", "0"]].concat();
    let node = Anvil::start_program(&launcher(program)?, &words)?;
    let subject = Subject::begin(node.endpoint(), items, form).await?;
    let mut command = command_line(program)?;
    command.args(leading);
    let ended = Ended::of(subject.command(command)).await?;
    subject.check(&ended).await?;
    Ok(Measured {
        items,
        form,
        document: ended.document,
        milliseconds: ended.milliseconds,
        memory: ended.memory,
        chain_memory: watched::memory(node.id(), "VmRSS:").unwrap_or_default(),
    })
}
