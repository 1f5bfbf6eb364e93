//! What can be said of code before it is in use: does it run, for how long, would it still be
//! activated, does a proxy hide behind it, does it answer what proxies answer themselves.

use super::error::PlanError;
use super::simulation::Simulation;
use crate::assess::Finding;
use crate::ids::CodeHash;
use crate::program_code::{fragments, is_program, module};
use alloy::primitives::{Address, Bytes, U256, utils::Unit};
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::BlockId;
use stylus_upgrades_interface::chain::{ARB_WASM, DESIGNATOR_PREFIX, IArbWasm};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as abi;
use stylus_upgrades_interface::slots;
use wasmparser::{Operator, Parser, Payload};

/// An activation that ends before this many seconds is worth a warning: 30 days.
const EXPIRY_WARNING: u64 = 30 * 86_400;
/// After this time no activation of today is left: ten years.
const TEN_YEARS: u64 = 10 * 365 * 86_400;
/// A selector that nobody has.
const NOBODYS: [u8; 4] = [0xff, 0xff, 0xff, 0xff];
/// Beginning of an ERC-1167 minimal proxy.
const MINIMAL_PROXY: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
/// Opcode of the EVM that pushes a selector.
const PUSH4: u8 = 0x63;

/// Warns of an activation that ends soon. That it has ended is the registry's to say.
pub(super) fn expiry(
    simulation: &Simulation,
    what: &str,
    program: Address,
) -> Result<Option<Finding>, PlanError> {
    if !is_program(&code(simulation, program)?) {
        return Ok(None);
    }
    let call = IArbWasm::programTimeLeftCall { program };
    let left = match simulation.ask(ARB_WASM, &call) {
        Ok(left) => left,
        Err(error) => return error.finding().map(Some),
    };
    Ok((left < EXPIRY_WARNING).then(|| {
        Finding::problem(
            "ExpiresSoon",
            format!("the activation of {what} ends soon"),
            "at least 30 days",
            format!("{} days", left / 86_400),
            "stylus-upgrades doctor --fix keeps it alive, or activates it again after it expired",
        )
    }))
}

/// Whether code that is in use now would be activated again, once all activations of today have
/// ended and scheduled upgrades of the chain have happened: without that there is no way back.
pub(super) fn rollback_possible(
    simulation: &mut Simulation,
    version: &str,
    program: Address,
) -> Result<Option<Finding>, PlanError> {
    if !is_program(&code(simulation, program)?) {
        return Ok(None);
    }
    let outcome = simulation.discarded(|simulation| {
        simulation.wait(TEN_YEARS)?;
        let call = IArbWasm::activateProgramCall { program }.abi_encode();
        let from = Address::repeat_byte(0xac);
        let what = format!("activating {version} again");
        simulation.send(&what, from, ARB_WASM, call.into(), Unit::ETHER.wei())
    });
    match outcome {
        Ok(_) => Ok(None),
        Err(error) => {
            let refusal = error.finding()?;
            Ok(Some(Finding::problem(
                "NoWayBack",
                format!("the code of {version} could not be activated again"),
                "a program that the chain's rules still allow",
                refusal.message,
                "build the old version anew before its activation ends, or give up the way back",
            )))
        }
    }
}

/// A proxy behind an account that should hold plain code.
pub(super) fn hidden_proxy(
    simulation: &Simulation,
    what: &str,
    account: Address,
) -> Result<Option<Finding>, PlanError> {
    let hidden = |how: String| {
        Some(Finding::problem(
            "HiddenProxy",
            format!("{what} {account} is a proxy that nobody registered"),
            "code that is run as it is",
            how,
            "stop and find out who put it there",
        ))
    };
    for (name, slot) in [
        ("implementation", slots::IMPLEMENTATION),
        ("beacon", slots::BEACON),
    ] {
        let word = simulation
            .chain
            .storage(account, slot.into(), BlockId::latest())?;
        if !word.is_zero() {
            let target = Address::from_word(word);
            return Ok(hidden(format!("its ERC-1967 {name} slot holds {target}")));
        }
    }
    let code = code(simulation, account)?;
    if code.starts_with(&MINIMAL_PROXY) {
        return Ok(hidden("an ERC-1167 minimal proxy".into()));
    }
    if code.starts_with(&DESIGNATOR_PREFIX) {
        return Ok(hidden("an EIP-7702 designator".into()));
    }
    Ok(None)
}

/// Selectors that the code answers and that no caller of a proxy would ever reach.
pub(super) fn clashes(
    simulation: &Simulation,
    account: Address,
) -> Result<Vec<Finding>, PlanError> {
    let code = code(simulation, account)?;
    let constants = match module_of(simulation, &code)? {
        Ok(module) => constants(&code, module.as_deref()),
        Err(why) => {
            let unread = Finding::problem(
                "ModuleUnread",
                format!("the module of {account} cannot be read"),
                "a program that can be looked into",
                why,
                "build it anew, and deploy what was built",
            );
            return Ok(vec![unread]);
        }
    };
    let reserved: [(&str, Bytes); 5] = [
        (
            abi::implementationCall::SIGNATURE,
            abi::implementationCall {}.abi_encode().into(),
        ),
        (
            abi::registryCall::SIGNATURE,
            abi::registryCall {}.abi_encode().into(),
        ),
        (
            abi::implementationVersionCall::SIGNATURE,
            abi::implementationVersionCall {}.abi_encode().into(),
        ),
        (
            abi::upgradeToCall::SIGNATURE,
            abi::upgradeToCall {
                version: "0".into(),
            }
            .abi_encode()
            .into(),
        ),
        (
            abi::upgradeToAndCallCall::SIGNATURE,
            abi::upgradeToAndCallCall {
                version: "0".into(),
                data: Bytes::new(),
            }
            .abi_encode()
            .into(),
        ),
    ];
    let nobody = simulation.probe(account, Bytes::from_static(&NOBODYS))?;
    let mut found = Vec::new();
    for (signature, calldata) in reserved {
        let Some(selector) = calldata.first_chunk::<4>() else {
            continue;
        };
        if !constants.contains(&u32::from_be_bytes(*selector)) {
            continue;
        }
        if simulation.probe(account, calldata.clone())? != nobody {
            found.push(Finding::problem(
                "SelectorClash",
                format!("the new code answers {signature}, which proxies answer themselves"),
                "a selector that is none of the five",
                format!("0x{}", hex::encode(selector)),
                "rename the function, or compose the mixin Upgradeable, which finds this out when it compiles",
            ));
        }
    }
    Ok(found)
}

/// The functions of a proxy whose selectors are among the constants of EVM code, or of the module of a
/// program: it may answer them, and no caller would ever reach it there.
pub fn reserved_in(code: &[u8], module: Option<&[u8]>) -> Vec<&'static str> {
    let constants = constants(code, module);
    let reserved = [
        (
            abi::implementationCall::SELECTOR,
            abi::implementationCall::SIGNATURE,
        ),
        (abi::registryCall::SELECTOR, abi::registryCall::SIGNATURE),
        (
            abi::implementationVersionCall::SELECTOR,
            abi::implementationVersionCall::SIGNATURE,
        ),
        (abi::upgradeToCall::SELECTOR, abi::upgradeToCall::SIGNATURE),
        (
            abi::upgradeToAndCallCall::SELECTOR,
            abi::upgradeToAndCallCall::SIGNATURE,
        ),
    ];
    let found = reserved
        .into_iter()
        .filter(|(selector, _)| constants.contains(&u32::from_be_bytes(*selector)));
    found.map(|(_, signature)| signature).collect()
}

/// Whether a module has an SDK constructor: the slot of its guard is among the module's data, in
/// either order of bytes, or its four words of 64 bits are among the constants of the code.
pub fn has_constructor(wasm: &[u8]) -> bool {
    let slot = slots::CONSTRUCTED;
    let mut reversed = slot;
    reversed.0.reverse();
    let is_slot = |window: &[u8]| window == slot.as_slice() || window == reversed.as_slice();
    if wasm.windows(slot.len()).any(is_slot) {
        return true;
    }
    let mut numbers = BTreeSet::new();
    each_constant(wasm, |constant| {
        if let Constant::Long(value) = constant {
            numbers.insert(value as u64);
        }
    });
    let (words, _) = slot.as_chunks::<8>();
    words.iter().all(|word| {
        numbers.contains(&u64::from_be_bytes(*word)) || numbers.contains(&u64::from_le_bytes(*word))
    })
}

/// A constant of a function's code.
enum Constant {
    Short(i32),
    Long(i64),
}

/// Every constant of the functions of a module.
fn each_constant(wasm: &[u8], mut of: impl FnMut(Constant)) {
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else {
            continue;
        };
        for operator in body.get_operators_reader().into_iter().flatten() {
            match operator {
                Ok(Operator::I32Const { value }) => of(Constant::Short(value)),
                Ok(Operator::I64Const { value }) => of(Constant::Long(value)),
                _ => {}
            }
        }
    }
}

/// keccak256 of an account's code, `None` without code.
pub(super) fn codehash(
    simulation: &Simulation,
    account: Address,
) -> Result<Option<CodeHash>, PlanError> {
    let found = simulation.chain.account(account, BlockId::latest())?;
    Ok((!found.code.is_empty()).then_some(CodeHash(found.code_hash)))
}

/// Bytes of an account's code.
pub(super) fn size(simulation: &Simulation, account: Address) -> Result<usize, PlanError> {
    Ok(code(simulation, account)?.len())
}

pub(super) fn code(simulation: &Simulation, account: Address) -> Result<Bytes, PlanError> {
    Ok(simulation.chain.account(account, BlockId::latest())?.code)
}

/// The module of a program, or why it cannot be read; `None` of EVM code and where there is none.
pub(super) fn module_of(
    simulation: &Simulation,
    of: &[u8],
) -> Result<Result<Option<Vec<u8>>, String>, PlanError> {
    if !is_program(of) {
        return Ok(Ok(None));
    }
    let parts = fragments(of).into_iter();
    let parts: Result<Vec<Bytes>, PlanError> = parts.map(|part| code(simulation, part)).collect();
    Ok(module(of, &parts?).map(Some))
}

/// Numbers of 32 bits that the code compares with: a dispatcher has the selectors among them, in
/// either order of bytes. `None` as the module means EVM code.
fn constants(code: &[u8], module: Option<&[u8]>) -> Vec<u32> {
    let Some(module) = module else {
        let pushed = code.windows(5).filter(|window| window[0] == PUSH4);
        return pushed
            .filter_map(|window| window.last_chunk::<4>())
            .map(|bytes| u32::from_be_bytes(*bytes))
            .collect();
    };
    let mut found = Vec::new();
    each_constant(module, |constant| {
        let value = match constant {
            Constant::Short(value) => Ok(value as u32),
            Constant::Long(value) => u32::try_from(value),
        };
        found.extend(
            value
                .into_iter()
                .flat_map(|value| [value, value.swap_bytes()]),
        );
    });
    found
}

/// Value for an activation in the copy: whatever the data fee is, it is below.
pub(super) fn ample_fee() -> U256 {
    Unit::ETHER.wei()
}
