//! ArbWasmCache (0x72): the cached flag of programs.

use super::call::{Call, Methods, Purity::*, READ, Stop};
use super::wasm::not_runnable;
use crate::arbos::{LAYOUT, Program, program::NotRunnable};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheProgram(address program) external;
        function cacheCodehash(bytes32 codehash) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}
use ArbWasmCache::*;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    let only_30 = if call.version == 30 { 30 } else { u64::MAX };
    Methods::of(call)
        .on::<isCacheManagerCall>(View, 30, |c, a| {
            LAYOUT.cache_managers.contains(c, a.manager)
        })
        .on::<allCacheManagersCall>(View, 30, |c, _| LAYOUT.cache_managers.all(c))
        .on::<cacheProgramCall>(Write, 31, |c, a| {
            let code_hash = c.code_hash(a.program)?;
            set(c, code_hash, true)?;
            Ok(().into())
        })
        .on::<cacheCodehashCall>(Write, only_30, |c, a| {
            set(c, a.codehash, true)?;
            Ok(().into())
        })
        .on::<evictCodehashCall>(Write, 30, |c, a| {
            set(c, a.codehash, false)?;
            Ok(().into())
        })
        .on::<codehashIsCachedCall>(View, 30, |c, a| Ok(Program::load(c, a.codehash)?.cached))
        .end()
}

fn set(call: &mut Call<'_, '_>, code_hash: B256, cached: bool) -> Result<(), Stop> {
    let caller = call.caller;
    if !LAYOUT.cache_managers.contains(call, caller)? && !LAYOUT.owners.contains(call, caller)? {
        return Err(Stop::All);
    }
    let params = call.params()?;
    let mut program = Program::load(call, code_hash)?;
    if cached {
        if program.version != params.version {
            let (have, want) = (program.version, params.version);
            return not_runnable(NotRunnable::NeedsUpgrade { have, want });
        }
        let now = call.now();
        if program.expired(&params, now) {
            return not_runnable(NotRunnable::Expired {
                age: program.age(now),
            });
        }
    }
    if program.cached == cached {
        return Ok(());
    }
    call.emit(&UpdateProgramCache {
        manager: caller,
        codehash: code_hash,
        cached,
    })?;
    call.burn(program.init_cost.into())?;
    call.burn(READ)?;
    program.cached = cached;
    program.save(call, code_hash)
}
