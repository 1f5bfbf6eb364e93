//! The interface of some code for its callers: its functions, events and errors, each as the module itself shows it.
//!
//! | what | from |
//! |---|---|
//! | functions | the section that `#[upgradeable]` writes; the code compares calldata with each selector |
//! | events, errors | `sol!` in the sources; the module has each topic and each selector among its bytes |
//!
//! What is in none of them is not known, and said.

mod compare;
mod constructor;
mod declared;
mod forged_layout;
mod module;
mod named_crates;
mod published;
mod solidity;
mod sources;
mod syntax;

pub use compare::{CallerChange, CallersOfWay, added, changes, compare};
pub use declared::{StorageStruct, storage_structs};
pub use module::is_answered;
pub(crate) use named_crates::is_named_by_macros;
pub use published::published;
pub use sources::{Places, RustFile, SourceFiles};

use alloy::json_abi::{AbiItem, JsonAbi, StateMutability};
use module::Module;
use serde::{Deserialize, Serialize};
use stylus_layout::{DeclaredStep, StepKind};

/// The reason why nothing is known of what callers can use of code that was built here.
pub const NOT_DECLARED: &str = "are not known: #[upgradeable] wrote none into its module";

/// The end of the section that `#[upgradeable]` writes.
const END: &str = "\nend\n";

/// The interface of some code for its callers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callable {
    /// Functions, events and errors.
    pub abi: JsonAbi,
    /// The signatures of the initializers and migrations among its functions: nobody but an upgrade
    /// calls them, so they come and go.
    pub steps: Vec<String>,
    /// Its errors that only libraries of the code name, as entries of a layout document.
    #[serde(default)]
    pub library_errors: Vec<String>,
    /// The parts of it that are not known, and why.
    pub unseen: Vec<String>,
}

impl Callable {
    /// The functions that a compiler's module says it has; `None` where it says nothing of them. One whose
    /// selector the code does not compare with is not among them: who can write a section can write
    /// anything into it.
    ///
    /// # Errors
    /// Where the section is not one that `#[upgradeable]` wrote: what is wrong with it.
    pub fn of_module(
        module: &[u8],
        steps: Option<&[DeclaredStep]>,
    ) -> Result<Option<Self>, String> {
        let module = Module::read(module);
        if module.interface.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&module.interface);
        // The compiler may leave the section in the module twice.
        let mut written: Vec<&str> = text.split_inclusive(END).collect();
        written.dedup();
        let [written] = *written.as_slice() else {
            return Err("it says several things".to_owned());
        };
        let is_head = |line: &&str| line.starts_with("contract ");
        let mut lines = written.strip_suffix(END).unwrap_or_default().lines();
        if !lines.next().as_ref().is_some_and(is_head) || lines.clone().any(|line| is_head(&line)) {
            return Err("it does not go from one `contract` to an `end`".to_owned());
        }
        let mut found = Self {
            steps: signatures(steps.unwrap_or_default()),
            ..Self::default()
        };
        for line in lines {
            if let Err(why) = found.add_line(line, &module) {
                found.unseen.push(why);
            }
        }
        Ok(Some(found))
    }

    /// The same with the events and errors that the sources declare and `module` has among its bytes.
    #[must_use]
    pub fn with_sources(self, sources: &SourceFiles<'_>, module: &[u8]) -> Self {
        let mut found = self;
        solidity::add(sources, &Module::read(module), &mut found);
        found
    }

    /// The same of a module that came without its sources.
    #[must_use]
    pub fn without_sources(mut self) -> Self {
        let why = "which events and errors there are: the sources are not here";
        self.unseen.push(why.to_owned());
        self
    }

    fn add_line(&mut self, line: &str, module: &Module<'_>) -> Result<(), String> {
        match published::item(line) {
            // What a document cannot have has no spelling that two readers agree on.
            Some(AbiItem::Function(one)) if published::has_spelling(&one) => {
                if !module.compares_with(one.selector()) {
                    let signature = one.signature();
                    return Err(format!(
                        "the function {signature}: the code does not compare calldata with its selector"
                    ));
                }
                let same = self.abi.functions.entry(one.name.clone());
                same.or_default().push(one.into_owned());
            }
            Some(AbiItem::Receive(one)) => self.abi.receive = Some(one.into_owned()),
            Some(AbiItem::Fallback(one)) => self.abi.fallback = Some(one.into_owned()),
            _ => {
                let line = line.escape_default();
                return Err(format!("a line of the module's interface: {line}"));
            }
        }
        Ok(())
    }
}

/// The functions that only an upgrade of this code calls.
fn signatures(steps: &[DeclaredStep]) -> Vec<String> {
    let steps = steps.iter().filter(|step| step.kind != StepKind::Complex);
    steps.map(|step| step.signature.clone()).collect()
}

/// Returns true if a state mutability promises that nothing is written.
fn is_reading(mutability: StateMutability) -> bool {
    matches!(mutability, StateMutability::View | StateMutability::Pure)
}

#[cfg(test)]
mod tests;
