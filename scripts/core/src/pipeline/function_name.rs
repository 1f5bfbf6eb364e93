//! A function that is typed by its name alone.

use crate::context::prelude::*;
use crate::functions::{Functions, interfaces};
use crate::text::{listed, nearest};
use alloy::json_abi::Function;
use std::collections::BTreeSet;

/// The one function of that name, or the one of several that takes `count` arguments, of the contract `of`.
pub(crate) fn by_name(name: &str, count: usize, of: &str, known: &Functions) -> Result<Function> {
    let all = known.named(name);
    let fits = |function: &Function| all.len() == 1 || function.inputs.len() == count;
    let mut fitting = all.iter().filter(|function| fits(function));
    match (fitting.next(), fitting.next()) {
        (Some(function), None) => Ok((*function).clone()),
        _ => Err(unknown(name, of, known)),
    }
}

/// The refusal of a name that no function has, or that several have.
pub(crate) fn unknown(name: &str, of: &str, known: &Functions) -> Error {
    let of_the_name = signatures(known.named(name).into_iter());
    let names: Vec<String> = known.all().map(|one| one.name.clone()).collect();
    // What every proxy answers would hide what this contract has.
    let framework = &interfaces().proxy;
    let is_own = |one: &&Function| framework.function(&one.selector().0).is_none();
    let expected = match (&of_the_name, signatures(known.all().filter(is_own))) {
        (None, Some(all)) => format!("the function's signature, or one of {all}"),
        _ => "the function's signature, or a name that the contract's interface has once".into(),
    };
    let (many, found) = match of_the_name {
        None => ("no known function", name.to_owned()),
        Some(all) => ("several functions", all),
    };
    Error::Usage {
        message: format!("{of} has {many} {name}"),
        expected,
        found,
        next: match nearest(name, &names).filter(|meant| *meant != name) {
            Some(meant) => format!("did you mean {meant}?"),
            None => {
                format!("write it as '{name}(type,…)', for call followed by 'returns (type,…)'")
            }
        },
    }
}

/// The first signatures by the alphabet, in one text; `None` where there is none.
pub(crate) fn signatures<'a>(all: impl Iterator<Item = &'a Function>) -> Option<String> {
    let all: BTreeSet<_> = all.map(Function::signature).collect();
    listed(&Vec::from_iter(all))
}

#[cfg(test)]
mod tests {
    use super::{Function, signatures};

    #[test]
    fn the_functions_that_are_left_out_are_counted() {
        let parsed = |index: u8| Function::parse(&format!("f{index}()")).expect("a signature");
        let all: Vec<_> = (0..21).map(parsed).collect();
        let listed = signatures(all.iter()).expect("some");
        assert!(listed.ends_with(" and 9 more"), "{listed}");
        assert_eq!(signatures(std::iter::empty()), None);
    }
}
