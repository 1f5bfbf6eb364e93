//! ArbWasm (0x71): activation, keepalive and what is known about programs.

use super::call::{Call, Methods, Purity::*, READ, Stop, revert};
use crate::{
    activations,
    arbos::{
        LAYOUT, Params, Program, Store, address_of, data_price,
        program::{NotRunnable, hours},
    },
    stylus::{is_program, programs, programs::Root},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::sol;
use revm::context::{ContextTr, JournalTr};
use stylus_vm::{ActivationError, Rule};

sol! {
    #![sol(all_derives)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16);
        function inkPrice() external view returns (uint32);
        function maxStackDepth() external view returns (uint32);
        function freePages() external view returns (uint16);
        function pageGas() external view returns (uint16);
        function pageRamp() external view returns (uint64);
        function pageLimit() external view returns (uint16);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64);
        function expiryDays() external view returns (uint16);
        function keepaliveDays() external view returns (uint16);
        function blockCacheSize() external view returns (uint16);
        function activationGas() external view returns (uint64);
        function codehashVersion(bytes32 codehash) external view returns (uint16);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32);
        function programVersion(address program) external view returns (uint16);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16);
        function programTimeLeft(address program) external view returns (uint64);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}
use ArbWasm::*;

/// Gas of every activation before anything is looked at.
const ACTIVATION: u64 = 1_659_168;
/// First ArbOS version with a parameter for activation gas.
pub(super) const ACTIVATION_GAS: u64 = 59;
/// Gas of a fragment's account, cold and warm.
const FRAGMENT: (u64, u64) = (2_600, 100);
/// Only reported.
const PAGE_RAMP: u64 = 620_674_314;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<activateProgramCall>(Payable, 30, |call, a| activate(call, a.program))
        .on::<codehashKeepaliveCall>(Payable, 30, |call, a| keepalive(call, a.codehash))
        .on::<stylusVersionCall>(View, 30, |c, _| Ok(c.params()?.version))
        .on::<inkPriceCall>(View, 30, |c, _| Ok(c.params()?.ink_price))
        .on::<maxStackDepthCall>(View, 30, |c, _| Ok(c.params()?.max_stack_depth))
        .on::<freePagesCall>(View, 30, |c, _| Ok(c.params()?.free_pages))
        .on::<pageGasCall>(View, 30, |c, _| Ok(c.params()?.page_gas))
        .on::<pageRampCall>(View, 30, |c, _| {
            c.params()?;
            Ok(PAGE_RAMP)
        })
        .on::<pageLimitCall>(View, 30, |c, _| Ok(c.params()?.page_limit))
        .on::<minInitGasCall>(View, 32, |c, _| {
            let params = c.params()?;
            let (gas, cached) = (params.min_init_gas, params.min_cached_init_gas);
            Ok((u64::from(gas) * 128, u64::from(cached) * 32).into())
        })
        .on::<initCostScalarCall>(View, 30, |c, _| {
            Ok(u64::from(c.params()?.init_cost_scalar) * 2)
        })
        .on::<expiryDaysCall>(View, 30, |c, _| Ok(c.params()?.expiry_days))
        .on::<keepaliveDaysCall>(View, 30, |c, _| Ok(c.params()?.keepalive_days))
        .on::<blockCacheSizeCall>(View, 30, |c, _| Ok(c.params()?.block_cache_size))
        .word::<activationGasCall>(ACTIVATION_GAS, LAYOUT.activation_gas, |v| v.saturating_to())
        .on::<codehashVersionCall>(View, 30, |c, a| Ok(active(c, a.codehash)?.1.version))
        .on::<codehashAsmSizeCall>(View, 30, |c, a| {
            Ok(active(c, a.codehash)?.1.asm_kib.saturating_mul(1_024))
        })
        .on::<programVersionCall>(View, 30, |c, a| Ok(active_at(c, a.program)?.1.version))
        .on::<programInitGasCall>(View, 30, |c, a| {
            let (params, program) = active_at(c, a.program)?;
            let (start, info) = (params.start(), program.info());
            Ok((start.start_gas(&info, false), start.cached_gas(&info)).into())
        })
        .on::<programMemoryFootprintCall>(View, 30, |c, a| Ok(active_at(c, a.program)?.1.footprint))
        .on::<programTimeLeftCall>(View, 30, |c, a| {
            let now = c.now();
            let (params, program) = active_at(c, a.program)?;
            Ok(program.time_left(&params, now))
        })
        .end()
}

fn active_at(call: &mut Call<'_, '_>, program: Address) -> Result<(Params, Program), Stop> {
    let code_hash = call.code_hash(program)?;
    active(call, code_hash)
}

/// The record of a program that runs now.
fn active(call: &mut Call<'_, '_>, code_hash: B256) -> Result<(Params, Program), Stop> {
    let params = call.params()?;
    let program = Program::load(call, code_hash)?;
    match program.check(&params, call.now()) {
        Ok(()) => Ok((params, program)),
        Err(reason) => not_runnable(reason),
    }
}

/// The typed error of a program that does not run.
pub(super) fn not_runnable<T>(reason: NotRunnable) -> Result<T, Stop> {
    match reason {
        NotRunnable::NotActivated => revert(ProgramNotActivated {}),
        NotRunnable::NeedsUpgrade { have, want } => revert(ProgramNeedsUpgrade {
            version: have,
            stylusVersion: want,
        }),
        NotRunnable::Expired { age } => revert(ProgramExpired { ageInSeconds: age }),
    }
}

/// The refusal of a module: Nitro's words, then the rule that it breaks.
fn refused_module(error: &ActivationError) -> String {
    let nitro = match error.rule {
        Rule::Gas => "out of gas",
        Rule::ImportUnknown
        | Rule::ImportDebugOnly
        | Rule::ImportSignature
        | Rule::FloatOperation
        | Rule::SegmentOffset
        | Rule::DataBounds
        | Rule::ElementBounds
        | Rule::ElementItems
        | Rule::Engine => "failed to build user module",
        _ => "failed to parse wasm",
    };
    format!("program activation failed: {nitro}: {error}")
}

fn activate(call: &mut Call<'_, '_>, program: Address) -> Result<activateProgramReturn, Stop> {
    if call.version >= ACTIVATION_GAS {
        let extra: u64 = call.read(LAYOUT.activation_gas)?.saturating_to();
        call.burn(extra)?;
    }
    call.burn(ACTIVATION)?;
    let params = call.params()?;
    let (code_hash, code) = call.code(program)?;
    if self_destructed(call, program) {
        return Err(Stop::Plain(
            "the program destroyed itself in this transaction".into(),
        ));
    }
    let old = Program::load(call, code_hash)?;
    let now = call.now();
    let expired = old.activated_at == 0 || old.expired(&params, now);
    if old.version == params.version && !expired {
        return revert(ProgramUpToDate {});
    }

    let wasm = module(call, &code, &params)?;
    let page_limit = params.page_limit.saturating_sub(call.ctx.chain.pages.open);
    let rules = programs::rules(call.ctx, &params, page_limit);
    let activated = activations::activate(&wasm, &rules, &mut call.gas)
        .map_err(|error| Stop::Failure(refused_module(&error)))?;
    call.ctx
        .chain
        .programs()
        .insert(code_hash, params.version, activated.program);

    if old.cached {
        call.burn(READ)?;
    }
    let module_hash = keccak256([code_hash.as_slice(), &params.version.to_be_bytes()].concat());
    call.write(LAYOUT.module_hashes.slot(code_hash), module_hash.into())?;
    let data_fee = data_price::charge(call, activated.info.asm_estimate, now)?;
    let record = Program {
        version: params.version,
        init_cost: activated.info.init_cost,
        cached_cost: activated.info.cached_cost,
        footprint: activated.info.footprint,
        activated_at: hours(now),
        asm_kib: activated.info.asm_estimate.div_ceil(1_024),
        cached: old.cached,
    };
    record.save(call, code_hash)?;
    pay(call, data_fee)?;
    call.emit(&ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program,
        dataFee: data_fee,
        version: params.version,
    })?;
    Ok((params.version, data_fee).into())
}

/// Returns true if an account that was looked at destroyed itself in this transaction.
fn self_destructed(call: &mut Call<'_, '_>, address: Address) -> bool {
    let state = &call.ctx.journaled_state.state;
    state
        .get(&address)
        .is_some_and(|account| account.is_selfdestructed_locally())
}

/// The decompressed module of an account's code; fragments are paid for.
fn module(call: &mut Call<'_, '_>, code: &[u8], params: &Params) -> Result<Vec<u8>, Stop> {
    if code.is_empty() {
        return revert(ProgramNotWasm {});
    }
    if !is_program(code, call.version) {
        if call.version >= 60 && !code.starts_with(&[0xef, 0xf0, 0x01]) {
            return revert(ProgramNotWasm {});
        }
        return Err(Stop::Plain("the code is not a Stylus program".into()));
    }
    if !code.starts_with(&[0xef, 0xf0, 0x02]) {
        return stylus_vm::decompress(code, params.wasm_size_limit())
            .map_err(|error| Stop::Plain(error.to_string()));
    }
    let Some(root) = Root::parse(code) else {
        return Err(Stop::Plain(
            "the root program's list of fragments is malformed".into(),
        ));
    };
    let limit = usize::from(params.max_fragments);
    if root.len > params.wasm_size_limit() || !(1..=limit).contains(&root.fragments.len()) {
        return Err(Stop::Plain(format!(
            "the root program declares {} bytes in {} fragments, allowed are {} in 1..={limit}",
            root.len,
            root.fragments.len(),
            params.wasm_size_limit(),
        )));
    }
    let mut stream = Vec::new();
    for fragment in &root.fragments {
        let Ok(account) = call.ctx.journal_mut().load_account_with_code(*fragment);
        let access = if account.is_cold {
            FRAGMENT.0
        } else {
            FRAGMENT.1
        };
        let price = |size: usize| access + 3 * size.div_ceil(32) as u64;
        let max = call.ctx.chain.max_code_size;
        if call.gas < price(max) {
            return Err(Stop::All);
        }
        let code = call.code(*fragment)?.1;
        call.burn(price(code.len()))?;
        match code.strip_prefix(&[0xef, 0xf0, 0x01]) {
            Some(slice) if !slice.is_empty() => stream.extend_from_slice(slice),
            _ => return Err(Stop::Plain(format!("{fragment} is not a fragment"))),
        }
    }
    root.join(&stream).map_err(Stop::Plain)
}

fn keepalive(call: &mut Call<'_, '_>, code_hash: B256) -> Result<codehashKeepaliveReturn, Stop> {
    let (params, mut program) = active(call, code_hash)?;
    let now = call.now();
    let age = program.age(now);
    if age < u64::from(params.keepalive_days) * 86_400 {
        return revert(ProgramKeepaliveTooSoon { ageInSeconds: age });
    }
    let data_fee = data_price::charge(call, program.asm_kib.saturating_mul(1_024), now)?;
    program.activated_at = hours(now);
    program.save(call, code_hash)?;
    pay(call, data_fee)?;
    call.emit(&ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: data_fee,
    })?;
    Ok(().into())
}

/// Takes the data fee out of the value and gives the rest back to the caller.
fn pay(call: &mut Call<'_, '_>, fee: U256) -> Result<(), Stop> {
    let value = call.value;
    let Some(rest) = value.checked_sub(fee) else {
        return revert(ProgramInsufficientValue {
            have: value,
            want: fee,
        });
    };
    let receiver = address_of(call.read(LAYOUT.network_fee_account)?);
    call.transfer(call.address, receiver, fee)?;
    call.transfer(call.address, call.caller, rest)
}
