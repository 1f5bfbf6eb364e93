//! What can be said of code before it is in use: does it run, for how long, would it still be
//! activated, does a proxy hide behind it, does it answer what proxies answer themselves.

use super::decide::ANYBODY;
use crate::assess::Finding;
use crate::client::ChainError;
use crate::program_code::{fragments, is_program, module};
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Bytes, utils::Unit};
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::{BlockId, Receipt};
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
) -> Result<Option<Finding>, ChainError> {
    if !is_program(&simulation.code(program)?) {
        return Ok(None);
    }
    let call = IArbWasm::programTimeLeftCall { program };
    let left = match simulation.ask(ARB_WASM, &call) {
        Ok(left) => left,
        Err(error) => return Ok(Some(error.finding()?)),
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

/// Activates a program. Whatever the data fee is, it is below what goes along.
pub(super) fn activate(
    simulation: &mut Simulation,
    what: &str,
    program: Address,
) -> Result<Receipt, ChainError> {
    let call = IArbWasm::activateProgramCall { program }.abi_encode();
    let fee = Unit::ETHER.wei();
    simulation.send(what, ANYBODY, ARB_WASM, call.into(), fee)
}

/// Whether a program is active.
pub(super) fn is_active(simulation: &Simulation, program: Address) -> bool {
    let call = IArbWasm::programVersionCall { program };
    simulation.ask(ARB_WASM, &call).is_ok()
}

/// Whether code that is in use now would be activated again, once all activations of today have
/// ended and scheduled upgrades of the chain have happened: without that there is no way back.
pub(super) fn rollback_possible(
    simulation: &mut Simulation,
    version: &str,
    program: Address,
) -> Result<Option<Finding>, ChainError> {
    if !is_program(&simulation.code(program)?) {
        return Ok(None);
    }
    let outcome = simulation.discarded(|simulation| {
        simulation.wait(TEN_YEARS)?;
        activate(simulation, &format!("activating {version} again"), program)
    });
    let Err(error) = outcome else {
        return Ok(None);
    };
    Ok(Some(Finding::problem(
        "NoWayBack",
        format!("the code of {version} could not be activated again"),
        "a program that the chain's rules still allow",
        error.finding()?.message,
        "rebuild the old version before its activation expires, or accept that rolling back will be impossible",
    )))
}

/// A proxy behind an account that should hold plain code.
pub(super) fn hidden_proxy(
    simulation: &Simulation,
    what: &str,
    account: Address,
) -> Result<Option<Finding>, ChainError> {
    let (chain, latest) = (&simulation.chain, BlockId::latest());
    let held = |slot: B256| chain.storage(account, slot.into(), latest);
    let points = |name, word| {
        let target = Address::from_word(word);
        format!("its ERC-1967 {name} slot holds {target}")
    };
    let (implementation, beacon) = (held(slots::IMPLEMENTATION)?, held(slots::BEACON)?);
    let code = simulation.code(account)?;
    let how = match code {
        _ if !implementation.is_zero() => points("implementation", implementation),
        _ if !beacon.is_zero() => points("beacon", beacon),
        code if code.starts_with(&MINIMAL_PROXY) => "an ERC-1167 minimal proxy".into(),
        code if code.starts_with(&DESIGNATOR_PREFIX) => "an EIP-7702 designator".into(),
        _ => return Ok(None),
    };
    Ok(Some(Finding::problem(
        "HiddenProxy",
        format!("{what} {account} is a proxy that nobody registered"),
        "code that is run as it is",
        how,
        "stop and find out who put it there",
    )))
}

/// Selectors that the code answers and that no caller of a proxy would ever reach.
pub(super) fn clashes(
    simulation: &Simulation,
    account: Address,
) -> Result<Vec<Finding>, ChainError> {
    let code = simulation.code(account)?;
    let constants = match module_of(simulation, &code)? {
        Ok(module) => constants(&code, module.as_deref()),
        Err(why) => {
            let unread = Finding::problem(
                "ModuleUnread",
                format!("the module of {account} cannot be read"),
                "a program whose WASM can be parsed",
                why,
                "rebuild it, and deploy what was built",
            );
            return Ok(vec![unread]);
        }
    };
    let nobody = simulation.probe(account, Bytes::from_static(&NOBODYS))?;
    let mut found = Vec::new();
    for (signature, calldata) in reserved_among(&constants) {
        let selector = hex::encode(calldata.get(..4).unwrap_or_default());
        if simulation.probe(account, calldata)? != nobody {
            found.push(Finding::problem(
                "SelectorClash",
                format!("the new code implements {signature}, which the proxy answers itself"),
                "a selector that is none of the five",
                format!("0x{selector}"),
                "rename the function, or compose the mixin Upgradeable, which finds this out when it compiles",
            ));
        }
    }
    Ok(found)
}

/// The functions of a proxy whose selectors are among the constants of EVM code, or of the module of a
/// program: it may answer them, and no caller would ever reach it there.
pub fn reserved_in(code: &[u8], module: Option<&[u8]>) -> Vec<&'static str> {
    let found = reserved_among(&constants(code, module)).into_iter();
    found.map(|(signature, _)| signature).collect()
}

/// Those functions by their signatures, each with calldata of it.
fn reserved_among(constants: &[u32]) -> Vec<(&'static str, Bytes)> {
    fn of<C: SolCall>(call: C) -> (&'static str, Bytes) {
        (C::SIGNATURE, call.abi_encode().into())
    }
    let version = || "0".to_owned();
    let all = [
        of(abi::implementationCall {}),
        of(abi::registryCall {}),
        of(abi::implementationVersionCall {}),
        of(abi::upgradeToCall { version: version() }),
        of(abi::upgradeToAndCallCall {
            version: version(),
            data: Bytes::new(),
        }),
    ];
    let is_among = |(_, calldata): &(&str, Bytes)| {
        let selector = calldata.first_chunk::<4>();
        selector.is_some_and(|one| constants.contains(&u32::from_be_bytes(*one)))
    };
    all.into_iter().filter(is_among).collect()
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
    each_constant(wasm, |value, is_long| {
        numbers.extend(is_long.then_some(value as u64));
    });
    let (words, _) = slot.as_chunks::<8>();
    words.iter().all(|word| {
        numbers.contains(&u64::from_be_bytes(*word)) || numbers.contains(&u64::from_le_bytes(*word))
    })
}

/// Every constant of the functions of a module, and whether it has 64 bits.
fn each_constant(wasm: &[u8], mut of: impl FnMut(i64, bool)) {
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else {
            continue;
        };
        for operator in body.get_operators_reader().into_iter().flatten() {
            match operator {
                Ok(Operator::I32Const { value }) => of(value.into(), false),
                Ok(Operator::I64Const { value }) => of(value, true),
                _ => {}
            }
        }
    }
}

/// The module of a program, or why it cannot be read; `None` of EVM code and where there is none.
pub(super) fn module_of(
    simulation: &Simulation,
    of: &[u8],
) -> Result<Result<Option<Vec<u8>>, String>, ChainError> {
    if !is_program(of) {
        return Ok(Ok(None));
    }
    let parts = fragments(of).into_iter();
    let parts: Vec<Bytes> = parts
        .map(|part| simulation.code(part))
        .collect::<Result<_, _>>()?;
    Ok(module(of, &parts).map(Some))
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
    each_constant(module, |value, is_long| {
        let value = match is_long {
            true => u32::try_from(value).ok(),
            false => Some(value as u32),
        };
        found.extend(value.into_iter().flat_map(|one| [one, one.swap_bytes()]));
    });
    found
}
