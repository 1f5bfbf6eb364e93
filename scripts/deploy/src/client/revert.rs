//! Revert data decoded: every error of the framework's interfaces, Solidity's own two, and for
//! anything else its selector.

mod declared;
mod step_end;

pub use declared::declare_errors;
pub use step_end::StepEnd;

use super::advice::Advice;
use super::reasons::not_runnable_reason;
use super::value_words::quoted;
use crate::error::{Explain, Refusal, Report};
use crate::output::shortened;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::Bytes;
use alloy::sol_types::{Panic, Revert as Reason, SolError};
use std::fmt;
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;
use stylus_upgrades_interface::chain::IStylusDeployer::IStylusDeployerErrors;
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::full::IInclusion::IInclusionErrors;
use stylus_upgrades_interface::layouts::ILayouts::ILayoutsErrors;
use stylus_upgrades_interface::lazy::ILazy::ILazyErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    IUpgradeabilityProxyErrors, ImplementationNotRunnable,
};
use stylus_upgrades_interface::registry::IRegistry::IRegistryErrors;

/// Characters of a contract's own text that are printed, at most.
const TEXT_MAX: usize = 80;

/// The signature of an error of the framework, of ArbWasm, of the Stylus deployer, or of Solidity itself.
fn signature(selector: [u8; 4]) -> Option<&'static str> {
    let of_language = || match selector {
        Reason::SELECTOR => Some(Reason::SIGNATURE),
        Panic::SELECTOR => Some(Panic::SIGNATURE),
        _ => None,
    };
    IUpgradeabilityProxyErrors::signature_by_selector(selector)
        .or_else(|| IRegistryErrors::signature_by_selector(selector))
        .or_else(|| IMigratableErrors::signature_by_selector(selector))
        .or_else(|| IComplexMigrationErrors::signature_by_selector(selector))
        .or_else(|| IInclusionErrors::signature_by_selector(selector))
        .or_else(|| ILayoutsErrors::signature_by_selector(selector))
        .or_else(|| ILazyErrors::signature_by_selector(selector))
        .or_else(|| IArbWasmErrors::signature_by_selector(selector))
        .or_else(|| IStylusDeployerErrors::signature_by_selector(selector))
        .or_else(of_language)
}

/// The name and the arguments of a known error, if revert data is one.
fn known(data: &[u8]) -> Option<(&'static str, Vec<DynSolValue>)> {
    let (selector, body) = data.split_first_chunk()?;
    let (name, types) = signature(*selector)?.split_once('(')?;
    if types == ")" {
        return Some((name, Vec::new()));
    }
    let types = DynSolType::parse(&format!("({types}")).ok()?;
    match types.abi_decode_params(body).ok()? {
        DynSolValue::Tuple(arguments) => Some((name, arguments)),
        argument => Some((name, vec![argument])),
    }
}

/// The reason why a contract refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    data: Bytes,
    /// The end of a step that is not applied, where the calls were looked at.
    step: Option<Box<StepEnd>>,
}

impl Revert {
    /// Decodes revert data.
    pub fn decode(data: &[u8]) -> Self {
        Self {
            data: Bytes::copy_from_slice(data),
            step: None,
        }
    }

    /// The same, of a step that ended like that.
    pub fn ended(self, step: Option<StepEnd>) -> Self {
        let step = step.map(Box::new);
        Self { step, ..self }
    }

    /// The data as it came.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The error of that type, if it is one.
    pub fn decoded<E: SolError>(&self) -> Option<E> {
        E::abi_decode(&self.data).ok()
    }

    /// Returns true if it is an error of that type.
    pub fn is<E: SolError>(&self) -> bool {
        self.decoded::<E>().is_some()
    }

    /// The name of an error of the framework, of ArbWasm, of the Stylus deployer, or of Solidity itself.
    pub fn known_name(&self) -> Option<&'static str> {
        known(&self.data).map(|(name, _)| name)
    }

    /// The error's name; `Revert` for one without data, `ContractError` for one of a contract's own.
    fn error_name(&self) -> &'static str {
        match self.known_name() {
            Some(name) => name,
            None if self.data.is_empty() => "Revert",
            None => "ContractError",
        }
    }

    /// Returns what was expected, what was found, and what to do next.
    pub fn advice(&self) -> Advice {
        let known = known(&self.data);
        let known = known.and_then(|(name, arguments)| Advice::of(name, &arguments));
        match (known, &self.step) {
            (Some(advice), Some(step)) => step.advice(advice.expected),
            (Some(advice), None) => advice,
            _ if self.data.is_empty() => Advice::new(
                "a contract that says why",
                "no data: a panic, no such function, a function that takes no ether, or a program that is not active \
                 (expired)",
                "stylus-upgrades doctor shows programs that are not active; where the function was typed, check its \
                 name and types, its arguments, and the value",
            ),
            _ if declared::decode(&self.data).is_some() || text(&self.data).is_some() => {
                Advice::new(
                    "a call that goes through",
                    self.to_string(),
                    "correct the arguments, or the contract: its own code refuses",
                )
            }
            _ => Advice::new(
                "an error of the framework",
                format!(
                    "the selector 0x{}",
                    hex::encode(self.data.get(..4).unwrap_or_default())
                ),
                "look the selector up in the contract's own interface",
            ),
        }
    }
}

impl Explain for Revert {
    fn report(&self) -> Report {
        let advice = self.advice();
        let refusal = Refusal::new(self.error_name(), self.to_string());
        let refusal = refusal.with(advice.expected, advice.found, advice.next);
        refusal.report()
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, arguments)) = known(&self.data) {
            write!(f, "{name}({})", listed(&arguments))?;
            if let Some(error) = self.decoded::<ImplementationNotRunnable>() {
                write!(f, ": {}", not_runnable_reason(error.reason))?;
            }
            return match &self.step {
                Some(step) => write!(f, ": {}", step.words()),
                None => Ok(()),
            };
        }
        match declared::decode(&self.data) {
            Some((name, values)) => write!(f, "{name}({})", listed(&values)),
            None if self.data.is_empty() => f.write_str("it reverted without data"),
            None => match text(&self.data) {
                Some(text) => write!(
                    f,
                    "it reverted with the text {:?}",
                    shortened(text, TEXT_MAX)
                ),
                None => write!(f, "it reverted with {}", self.data),
            },
        }
    }
}

/// Returns what an error of plain text says, as programs of the SDK return it (`Err(b"…".to_vec())`). Four bytes may be
/// a selector.
fn text(data: &[u8]) -> Option<&str> {
    let is_printed = |byte: &u8| *byte == b' ' || byte.is_ascii_graphic();
    let is_text = data.len() > 4 && data.iter().all(is_printed);
    is_text.then(|| str::from_utf8(data).ok())?
}

/// Arguments in a row, each cut where it is long.
fn listed(arguments: &[DynSolValue]) -> String {
    arguments.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_plain_text_is_shown_as_text() {
        let shown = |data: &[u8]| Revert::decode(data).to_string();
        assert_eq!(shown(b"no limit"), "it reverted with the text \"no limit\"");
        assert_eq!(
            shown(b"a \"quoted\" one"),
            r#"it reverted with the text "a \"quoted\" one""#
        );
        for other in [b"name".as_slice(), b"two\nlines", b"caf\xc3\xa9 is closed"] {
            let bytes = Bytes::copy_from_slice(other);
            assert_eq!(shown(other), format!("it reverted with {bytes}"));
        }
        assert!(shown(&[b'a'; 500]).len() < 200);
        let found = Revert::decode(b"no limit").advice().found;
        assert_eq!(found, "it reverted with the text \"no limit\"");
    }
}
