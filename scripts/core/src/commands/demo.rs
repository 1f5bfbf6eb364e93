//! `demo`: the walkthrough of the book on a private chain, which ends with the command unless it is kept.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::demo::{self, Document, Played};
use crate::text::shell_word;
use clap::Args;
use std::convert::Infallible;

/// `demo`.
pub(crate) static SPEC: Spec<DemoArgs> = Spec {
    name: "demo",
    about: "Run the whole walkthrough on a private chain, checked, with gas",
    group: Group::Chain,
    examples: &["demo", "demo --keep", "demo --json"],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Walkthrough>()],
    run: |context, args| Box::pin(run(context, args.keep)),
};

/// A walkthrough.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Keep its chain running until this command ends, and print how to open the console on it
    #[arg(long)]
    pub keep: bool,
}

pub(crate) async fn run(context: &Context, keep: bool) -> Result<Outcome> {
    let framework_from = context.global.framework_from.as_deref();
    let played = tokio::task::block_in_place(|| demo::run(&context.output, framework_from));
    let Played {
        document,
        node,
        registry,
    } = played?;
    let registry = registry.filter(|_| document.ok);
    let mut report = Walkthrough {
        document,
        kept: None,
        program: program(
            std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
            std::env::args().next(),
        ),
        error: None,
    };
    match registry {
        None => {
            let (failed, all) = report.failed();
            let says = format!("{failed} of {all} commands do not print what the page says");
            let error = Refusal::new("Checks", says).with(
                "every command to print what the page says",
                format!("{failed} did not"),
                "look at the commands with ✗ above",
            );
            let error = Report::of(&error);
            context.output.explain(&error);
            report.error = Some(error);
        }
        Some(registry) if keep => {
            let endpoint = node.endpoint();
            report.kept = Some(Kept { endpoint, registry });
            (context.output).result(&context.outcome(&report));
            // Until a signal ends this process, and the chain with it.
            match std::future::pending::<Infallible>().await {}
        }
        Some(_) => {}
    }
    Ok(context.outcome(&report))
}

/// The words that start this program again: cargo, which tells the programs that it runs where their package is, or the
/// word that was typed.
fn program(by_cargo: bool, typed: Option<String>) -> String {
    match typed.filter(|_| !by_cargo) {
        Some(typed) => shell_word(&typed),
        None => "cargo run --".into(),
    }
}

/// The report of `demo`.
#[derive(Serialize)]
pub(crate) struct Walkthrough {
    #[serde(flatten)]
    document: Document,
    #[serde(flatten)]
    kept: Option<Kept>,
    /// The words that started this program.
    #[serde(skip)]
    program: String,
    /// Set if a command did not print the text of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
}

/// The chain that `--keep` leaves running.
#[derive(Serialize)]
struct Kept {
    /// Its endpoint.
    endpoint: String,
    /// The registry on it.
    registry: Address,
}

impl Walkthrough {
    /// The number of commands that did not print the text of the page, and of all commands.
    fn failed(&self) -> (usize, usize) {
        let all = &self.document.commands;
        (all.iter().filter(|done| !done.ok).count(), all.len())
    }
}

impl CommandReport for Walkthrough {
    fn lines(&self, _: &Names) -> Vec<String> {
        let (failed, all) = self.failed();
        let Document { seconds, .. } = &self.document;
        let mut lines = vec![
            String::new(),
            format!(
                "{} of {all} commands print what the page says, {seconds:.1} s",
                all - failed
            ),
        ];
        let at = format!("look at it in the browser: {}", self.program);
        match &self.kept {
            Some(Kept { endpoint, registry }) => lines.push(format!(
                "{at} console --open --rpc-url {endpoint} --registry {registry}"
            )),
            None if self.error.is_none() => lines.push(format!("{at} demo --keep")),
            None => {}
        }
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.error.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn what_is_told_starts_the_program_as_it_was_started() {
        let typed = Some("./my target/stylus-upgrades".to_owned());
        assert_eq!(program(true, typed.clone()), "cargo run --");
        assert_eq!(program(false, typed), "'./my target/stylus-upgrades'");
    }
}
