//! Facts that the compiler knows and checks about a contract's functions and steps. The SDK checks one impl
//! block at a time and lets the first of two equal selectors win in silence.

use crate::migratable::{Migratable, declare::Declared, is_migrated};
use alloy_sol_types::SolCall;
use stylus_sdk::abi::{AbiType, ConstString, internal::AbiResult};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;

mod message;
pub mod section;

/// A contract that `#[upgradeable]` has checked and given Migratable.
#[diagnostic::on_unimplemented(
    message = "initializers and migrations belong to an upgradeable contract",
    label = "put `#[upgradeable]` above the `#[public]` of `{Self}`"
)]
pub trait Upgradeable {}

/// A function that the proxy answers itself and never forwards.
#[derive(Clone, Copy, Debug)]
pub struct Reserved {
    /// First four bytes of calldata.
    pub selector: u32,
    /// Its signature.
    pub signature: &'static str,
}

/// The functions that a proxy answers itself.
pub const RESERVED: [Reserved; 5] = [
    reserved::<Proxy::implementationCall>(),
    reserved::<Proxy::registryCall>(),
    reserved::<Proxy::implementationVersionCall>(),
    reserved::<Proxy::upgradeToCall>(),
    reserved::<Proxy::upgradeToAndCallCall>(),
];

/// A function of the proxy.
const fn reserved<C: SolCall>() -> Reserved {
    Reserved {
        selector: u32::from_be_bytes(C::SELECTOR),
        signature: C::SIGNATURE,
    }
}

/// A public function of a contract.
#[derive(Debug)]
pub struct Function {
    /// First four bytes of calldata.
    pub selector: u32,
    /// Its Rust name.
    pub name: &'static str,
    /// Its name in the ABI.
    pub sol_name: &'static str,
    /// The types of its arguments, as selectors spell them, and their names, which may be empty.
    pub arguments: &'static [(&'static str, &'static str)],
    /// `pure`, `view`, `payable` or nothing.
    pub mutability: &'static str,
    /// The types that it returns, in parentheses.
    pub returns: Types,
}

/// Types in Solidity's words.
#[derive(Clone, Copy, Debug)]
pub struct Types {
    text: &'static str,
    /// True if the text is a list of several in parentheses, and not one type alone.
    is_list: bool,
}

impl Types {
    /// One type.
    pub const fn one(text: &'static str) -> Self {
        Self {
            text,
            is_list: false,
        }
    }
}

/// A type that a function takes. The compiler knows what the ABI calls it.
pub trait Argument {
    /// Its name, as selectors spell it.
    const TYPE: &'static str;
}

impl<T: AbiType> Argument for T {
    const TYPE: &'static str = {
        let text: &'static ConstString = &T::SELECTOR_ABI;
        text.as_str()
    };
}

/// The value that a function returns: a type, or a `Result` with it.
pub trait Outcome {
    /// The types that callers get of it. The members of a tuple are returned one by one.
    const TYPES: Types;
}

impl<R: AbiResult<OkType: AbiType>> Outcome for R {
    const TYPES: Types = {
        // A struct's own name is no list, though its selector spells one.
        let name: &'static ConstString = &<R::OkType as AbiType>::ABI;
        Types {
            text: <R::OkType as Argument>::TYPE,
            is_list: matches!(name.as_bytes(), [b'(', .., b')']),
        }
    };
}

/// The public functions of a contract's own impl block (`I` is the contract) or of one of the
/// traits in its `#[implements]` (`I` is `dyn Trait`).
#[diagnostic::on_unimplemented(
    message = "the selectors of `{I}` are not known",
    label = "put `#[upgradeable]`, or `#[inheritable]` if several contracts share it, above the `#[public]` of its impl block"
)]
pub trait PublicInterface<I: ?Sized> {
    /// Its functions.
    const FUNCTIONS: &'static [Function];
    /// Its initializers and migrations.
    const STEPS: &'static [Declared];
}

impl<C: Upgradeable> PublicInterface<dyn Migratable> for C {
    const FUNCTIONS: &'static [Function] = &[Function {
        selector: is_migrated::IS_MIGRATED,
        name: "is_migrated",
        sol_name: "isMigrated",
        arguments: &[("string", "version")],
        mutability: "view",
        returns: Types::one("bool"),
    }];
    const STEPS: &'static [Declared] = &[];
}

/// One impl block, for [`assert_disjoint`].
#[derive(Clone, Copy, Debug)]
pub struct Part {
    functions: &'static [Function],
    steps: &'static [Declared],
}

/// The impl block `I` of `C`.
pub const fn part<C: PublicInterface<I>, I: ?Sized>() -> Part {
    Part {
        functions: C::FUNCTIONS,
        steps: C::STEPS,
    }
}

/// Compiles where the contract is upgradeable.
pub const fn is_upgradeable<C: Upgradeable>() {}

/// Refuses a function that the proxy would answer itself.
#[track_caller]
pub const fn assert_not_reserved(function: &Function) {
    let mut i = 0;
    while i < RESERVED.len() {
        if RESERVED[i].selector == function.selector {
            message::refuse(&[
                "the proxy answers the selector of `",
                function.name,
                "` itself, as `",
                RESERVED[i].signature,
                "`: a call would never arrive here. Rename it, or give it another ABI name: #[selector(name = \"…\")]",
            ]);
        }
        i += 1;
    }
}

/// Refuses inherited functions that the proxy would answer itself.
#[track_caller]
pub const fn assert_none_reserved(functions: &[Function]) {
    let mut i = 0;
    while i < functions.len() {
        assert_not_reserved(&functions[i]);
        i += 1;
    }
}

/// Refuses selectors and steps that two parts share.
#[track_caller]
pub const fn assert_disjoint(parts: &[Part]) {
    let mut i = 0;
    while i < parts.len() {
        let mut j = i + 1;
        while j < parts.len() {
            compare_functions(parts[i].functions, parts[j].functions);
            compare_steps(parts[i].steps, parts[j].steps);
            j += 1;
        }
        i += 1;
    }
}

/// Every function of the one against every function of the other.
#[track_caller]
const fn compare_functions(some: &[Function], others: &[Function]) {
    let mut i = 0;
    while i < some.len() {
        let mut j = 0;
        while j < others.len() {
            if some[i].selector == others[j].selector {
                message::refuse(&[
                    "`",
                    some[i].name,
                    "` and `",
                    others[j].name,
                    "`, of two parts of the contract, have the same selector: only the first would ever be called. Rename one, or give it another ABI name: #[selector(name = \"…\")]",
                ]);
            }
            j += 1;
        }
        i += 1;
    }
}

/// Every step of the one against every step of the other.
#[track_caller]
const fn compare_steps(some: &[Declared], others: &[Declared]) {
    let mut i = 0;
    while i < some.len() {
        let mut j = 0;
        while j < others.len() {
            if message::equal(some[i].from, others[j].from)
                && message::equal(some[i].to, others[j].to)
            {
                message::refuse(&[
                    "two parts of the contract have a step from \"",
                    some[i].from,
                    "\" to \"",
                    some[i].to,
                    "\": each runs once, so there is one",
                ]);
            }
            j += 1;
        }
        i += 1;
    }
}

#[cfg(test)]
mod tests;
