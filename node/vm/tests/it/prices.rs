//! Pages, starts, data fees.

use alloy_primitives::U256;
use stylus_vm::pages::{PageCounters, PageParams};
use stylus_vm::{DataPricer, ProgramInfo, StartParams, output_gas_floor};

use crate::support::start_params;

const INFO: ProgramInfo = ProgramInfo {
    version: 2,
    footprint: 1,
    init_cost: 22,
    cached_cost: 11,
    asm_estimate: 513_619,
};

#[test]
fn growing_to_128_pages_costs_the_same_in_any_steps() {
    let params = PageParams::default();
    for step in [1, 2, 4, 8, 16, 32, 64, 128] {
        let mut counters = PageCounters::default();
        let total: u64 = (0..128 / step).map(|_| counters.open(step, &params)).sum();
        assert_eq!(total, 31_999_998, "in steps of {step}");
        assert_eq!(
            counters,
            PageCounters {
                open: 128,
                ever: 128
            }
        );
    }
}

#[test]
fn the_129th_page_is_out_of_reach() {
    let counters = PageCounters {
        open: 128,
        ever: 128,
    };
    assert!(counters.gas(1, &PageParams::default()) > u64::MAX / 2);
    assert!(counters.gas(u16::MAX, &PageParams::default()) > u64::MAX / 2);
}

#[test]
fn pages_that_were_open_before_cost_only_their_linear_part() {
    let counters = PageCounters { open: 3, ever: 9 };
    assert_eq!(counters.gas(2, &PageParams::default()), 2_000);
}

#[test]
fn an_uncached_start_pays_the_cached_part_too_from_version_2_on() {
    let params = start_params(2);
    assert_eq!(params.init_gas(&INFO), 8_832 + 22);
    assert_eq!(params.cached_gas(&INFO), 352 + 11);
    assert_eq!(params.start_gas(&INFO, false), 9_217);
    assert_eq!(params.start_gas(&INFO, true), 363);
    let old = ProgramInfo { version: 1, ..INFO };
    assert_eq!(start_params(1).start_gas(&old, false), 9_216 + 22);
}

#[test]
fn scalars_round_up() {
    let params = StartParams {
        init_cost_scalar: 1,
        ..start_params(2)
    };
    assert_eq!(params.init_gas(&INFO), 8_832 + 1);
}

#[test]
fn output_costs_at_least_what_evm_memory_costs() {
    assert_eq!(output_gas_floor(0), 0);
    assert_eq!(output_gas_floor(33), 6);
    assert_eq!(output_gas_floor(32 * 1_024), 3 * 1_024 + 2_048);
}

#[test]
fn an_idle_chain_charges_the_known_data_fees() {
    for (bytes, fee) in [
        (512_000, 43_482_506_240_000u64),
        (600_000, 51_165_041_400_000),
        (1_000_000, 86_900_461_000_000),
    ] {
        let found = DataPricer::default().charge(bytes, 1_800_000_000);
        assert_eq!(found, U256::from(fee));
    }
}

#[test]
fn demand_raises_the_data_fee_and_time_lowers_it() {
    let mut pricer = DataPricer::default();
    let first = pricer.charge(600_000, 1_800_000_000);
    let second = pricer.charge(600_000, 1_800_000_000);
    assert!(second > first);
    assert_eq!(pricer.demand, 1_200_000);
    assert_eq!(pricer.charge(600_000, 1_800_000_100), first);
}
