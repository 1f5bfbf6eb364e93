//! The program that a command is part of: its commands, and the wings that it is composed with.

use super::spec::Command;
use super::wings::Wings;

/// The commands and wings that a program is composed of.
pub struct Program {
    /// Its commands, a list of the core and one of each wing, in the order of the help.
    pub commands: &'static [&'static [&'static dyn Command]],
    /// The wings that it is composed with.
    pub wings: Wings,
    /// The whole command line, with its help.
    pub command: fn(&'static Program) -> clap::Command,
}

impl Program {
    /// Every command.
    pub fn commands(&self) -> impl Iterator<Item = &'static dyn Command> {
        self.commands.iter().flat_map(|list| list.iter().copied())
    }

    /// The command of that name.
    pub fn named(&self, name: &str) -> Option<&'static dyn Command> {
        self.commands().find(|command| command.name() == name)
    }

    /// Returns true if the command of that name works with a chain: advice to run it repeats the flags that lead there.
    pub fn asks_chain(&self, name: &str) -> bool {
        self.named(name).is_some_and(|one| one.group().asks_chain())
    }
}
