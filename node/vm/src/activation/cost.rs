//! The cost of an activation, and of a later start.

use super::injected::INJECTED_GLOBALS;
use super::instrument::Instrumented;
use super::module::Module;
use crate::error::{ActivationError, Result, Rule};
use crate::{ProgramInfo, Rules};

/// First ArbOS version that charges by wasm length and limits imports.
pub(crate) const CHARGING_FIXES: u64 = 32;

/// Gas for a number of microseconds of validation work.
fn us_to_gas(us: u64) -> u64 {
    us.saturating_mul(14_000_000) / 500_000
}

/// `count * numerator / denominator`, rounded down.
fn share(count: usize, numerator: u64, denominator: u64) -> u64 {
    (count as u64).saturating_mul(numerator) / denominator
}

/// Charges the part of the activation gas that depends on the module. All gas is taken when it
/// does not suffice. ArbOS version 0 charges nothing.
pub(crate) fn charge(
    module: &Module<'_>,
    instrumented: &Instrumented,
    rules: &Rules,
    gas: &mut u64,
) -> Result<()> {
    if rules.arbos_version == 0 {
        return Ok(());
    }
    let operators = instrumented
        .bodies
        .iter()
        .map(|body| body.operators)
        .fold(0, usize::saturating_add);
    let length = match rules.arbos_version {
        CHARGING_FIXES.. => module.wasm_len,
        _ => 0,
    };
    let (functions, data) = (module.functions.len(), module.data_payload());
    for (part, us) in [
        ("the module's length", share(length, 31_733, 100_000)),
        ("functions", share(functions, 17_263, 100_000)),
        ("data segments", share(data, 17_376, 100_000)),
        (
            "element segments",
            share(module.element_bytes(), 17_376, 100_000),
        ),
        (
            "initial pages",
            module.initial_pages().saturating_mul(2_217),
        ),
        ("operators", share(operators, 535, 1_000)),
    ] {
        pay(gas, part, us)?;
    }
    Ok(())
}

fn pay(gas: &mut u64, part: &str, us: u64) -> Result<()> {
    let price = us_to_gas(us);
    match gas.checked_sub(price) {
        Some(left) => {
            *gas = left;
            Ok(())
        }
        None => Err(ActivationError::new(
            Rule::Gas,
            part,
            format!("{price} gas"),
            format!("{} gas", std::mem::take(gas)),
        )),
    }
}

/// Works out the values that the chain keeps about the program. Nothing is charged here.
pub(crate) fn program_info(module: &Module<'_>, rules: &Rules) -> Result<ProgramInfo> {
    let functions = module.bodies.len();
    let values = module
        .functions
        .iter()
        .filter_map(|index| module.types.get(usize::try_from(*index).ok()?))
        .map(|ty| ty.params().len() + ty.results().len())
        .fold(0, usize::saturating_add);
    let globals = module.globals.len() + INJECTED_GLOBALS;
    let segments = module.data_bytes().saturating_add(module.element_bytes());

    let asm_estimate = 512_000u64
        .saturating_add(share(functions, 996_829, 1_000))
        .saturating_add(share(values, 11_416, 1_000))
        .saturating_add(share(module.wasm_len, 62_628, 10_000));
    let cached_cost = share(functions, 13_420, 100_000)
        .saturating_add(share(values, 89, 100_000))
        .saturating_add(share(module.wasm_len, 122, 100_000))
        .saturating_add(share(globals, 1_628, 1_000))
        .saturating_add(share(segments, 75_244, 100_000))
        .saturating_add(module.initial_pages().saturating_mul(5));
    let base = if rules.stylus_version == 1 {
        cached_cost
    } else {
        0
    };
    let init_cost = base
        .saturating_add(share(functions, 8_252, 1_000))
        .saturating_add(share(values, 1_059, 1_000))
        .saturating_add(share(module.wasm_len, 1_286, 10_000));

    let narrow = |name: &str, cost: u64| {
        u16::try_from(cost).map_err(|_| {
            ActivationError::new(Rule::InitCost, name, "at most 65535 gas", cost.to_string())
        })
    };
    Ok(ProgramInfo {
        version: rules.stylus_version,
        footprint: u16::try_from(module.initial_pages()).unwrap_or(u16::MAX),
        init_cost: narrow("the start cost", init_cost)?,
        cached_cost: narrow("the cached start cost", cached_cost)?,
        asm_estimate: u32::try_from(asm_estimate).map_err(|_| {
            ActivationError::new(
                Rule::AsmEstimate,
                "the size estimate",
                "at most 2^32 - 1 bytes",
                asm_estimate.to_string(),
            )
        })?,
    })
}
