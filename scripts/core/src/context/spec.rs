//! The declaration of a command. Its help, its page of the manual, its completions, its flags and the schema of its report
//! follow from it.

use super::prelude::*;
use clap::{ArgMatches, Args};
use futures::future::LocalBoxFuture;

/// The title under which the help of the program lists a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Work of an author before anything is on a chain.
    Author,
    /// The local chain.
    Chain,
    /// Code, registries and proxies onto a chain.
    Deploy,
    /// Other versions.
    Upgrade,
    /// Work of approvers.
    Approve,
    /// Reads, which change nothing on the chain.
    Look,
    /// Commands for a shell.
    Shell,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 7] = [
        Self::Author,
        Self::Chain,
        Self::Deploy,
        Self::Upgrade,
        Self::Approve,
        Self::Look,
        Self::Shell,
    ];

    /// The title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Author => "Author",
            Self::Chain => "Chain",
            Self::Deploy => "Deploy",
            Self::Upgrade => "Upgrade",
            Self::Approve => "Approve",
            Self::Look => "Look",
            Self::Shell => "Shell",
        }
    }

    /// Returns true if its commands work with a chain that runs already.
    pub const fn asks_chain(self) -> bool {
        match self {
            Self::Author | Self::Chain | Self::Shell => false,
            Self::Deploy | Self::Upgrade | Self::Approve | Self::Look => true,
        }
    }
}

/// The condition under which a command makes a call for approvers, which `--export` can write to a file.
pub enum Governs<A> {
    /// No.
    Never,
    /// With all arguments.
    Always,
    /// With some arguments; and the words for them.
    When(&'static str, fn(&A) -> bool),
}

/// The type of a report, and the command below its command that reports it; empty if there is none.
pub struct ReportType {
    /// The command below its command.
    pub below: &'static str,
    /// The path of the type.
    pub name: &'static str,
}

/// A report of a command.
pub fn report_type<T>() -> ReportType {
    report_type_of::<T>("")
}

/// A report of a command below another one.
pub fn report_type_of<T>(below: &'static str) -> ReportType {
    ReportType {
        below,
        name: std::any::type_name::<T>(),
    }
}

/// A command that runs.
pub type Running<'a> = LocalBoxFuture<'a, Result<Outcome>>;

/// The declaration of a command with these arguments.
pub struct Spec<A: 'static> {
    /// The name that people type.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// The group in which the help lists it.
    pub group: Group,
    /// Command lines, without the name of the program.
    pub examples: &'static [&'static str],
    /// The word of a command line that has files written, if one is: `--dry-run` refuses it.
    pub writes: fn(&A) -> Option<&'static str>,
    /// The condition under which it makes a call for approvers.
    pub governed: Governs<A>,
    /// The types of what it reports.
    pub reports: fn() -> Vec<ReportType>,
    /// Runs it.
    pub run: for<'a> fn(&'a Context, &'a A) -> Running<'a>,
}

/// A command that writes no file.
pub fn no_file<A>(_: &A) -> Option<&'static str> {
    None
}

/// A command, whatever its arguments are.
pub trait Command: Sync {
    /// The name that people type.
    fn name(&self) -> &'static str;
    /// One line for the help.
    fn about(&self) -> &'static str;
    /// The group in which the help lists it.
    fn group(&self) -> Group;
    /// Command lines, without the name of the program.
    fn examples(&self) -> &'static [&'static str];
    /// The types of what it reports.
    fn reports(&self) -> Vec<ReportType>;
    /// The words for a call for approvers that it makes, if it makes one.
    fn governs(&self) -> Option<&'static str>;
    /// The command as clap parses it.
    fn clap(&self) -> clap::Command;
    /// The command with the arguments that were parsed.
    ///
    /// # Errors
    /// Arguments that are not this command's.
    fn invocation(&'static self, matches: &ArgMatches) -> Result<Box<dyn Invocation>, clap::Error>;
}

/// A command with its arguments.
pub trait Invocation {
    /// The name that people type.
    fn name(&self) -> &'static str;
    /// The word of the command line that has files written.
    fn writes(&self) -> Option<&'static str>;
    /// Returns true if it makes a call for approvers.
    fn is_governed(&self) -> bool;
    /// Runs it.
    fn run<'a>(&'a self, context: &'a Context) -> Running<'a>;
}

impl<A: Args> Command for Spec<A> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn group(&self) -> Group {
        self.group
    }

    fn examples(&self) -> &'static [&'static str] {
        self.examples
    }

    fn reports(&self) -> Vec<ReportType> {
        (self.reports)()
    }

    fn governs(&self) -> Option<&'static str> {
        match self.governed {
            Governs::Never => None,
            Governs::Always => Some(self.name),
            Governs::When(words, _) => Some(words),
        }
    }

    fn clap(&self) -> clap::Command {
        let command = A::augment_args(clap::Command::new(self.name));
        command.about(self.about).long_about(None)
    }

    fn invocation(&'static self, matches: &ArgMatches) -> Result<Box<dyn Invocation>, clap::Error> {
        let args = A::from_arg_matches(matches)?;
        Ok(Box::new(Given { spec: self, args }))
    }
}

/// A declaration, and the arguments that were parsed.
struct Given<A: 'static> {
    spec: &'static Spec<A>,
    args: A,
}

impl<A: Args> Invocation for Given<A> {
    fn name(&self) -> &'static str {
        self.spec.name
    }

    fn writes(&self) -> Option<&'static str> {
        (self.spec.writes)(&self.args)
    }

    fn is_governed(&self) -> bool {
        match self.spec.governed {
            Governs::Never => false,
            Governs::Always => true,
            Governs::When(_, is_governed) => is_governed(&self.args),
        }
    }

    fn run<'a>(&'a self, context: &'a Context) -> Running<'a> {
        (self.spec.run)(context, &self.args)
    }
}

/// Examples, as a help shows them.
pub fn shown_examples<'a>(examples: impl Iterator<Item = &'a str>) -> String {
    let lines = examples.map(|example| format!("  stylus-upgrades {example}\n"));
    lines.fold("Examples:\n".to_owned(), |text, line| text + &line)
}
