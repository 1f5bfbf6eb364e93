//! ArbRetryableTx (0x6e) and ArbosActs (0xa4b05). Without an L1 there are no tickets, and only ArbOS
//! itself, which no transaction is, may call the latter.

use super::call::{Call, Methods, Purity::*, READ, Stop, revert};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]
    interface ArbRetryableTx {
        function redeem(bytes32 ticket) external returns (bytes32);
        function getLifetime() external view returns (uint256);
        function getTimeout(bytes32 ticket) external view returns (uint256);
        function keepalive(bytes32 ticket) external returns (uint256);
        function getBeneficiary(bytes32 ticket) external view returns (address);
        function cancel(bytes32 ticket) external;
        function getCurrentRedeemer() external view returns (address);
        function submitRetryable(bytes32 request, uint256 l1BaseFee, uint256 deposit, uint256 value, uint256 gasFeeCap, uint64 gasLimit, uint256 maxSubmissionFee, address feeRefund, address beneficiary, address retryTo, bytes calldata data) external;
        error NoTicketWithID();
        error NotCallable();
    }
    interface ArbosActs {
        function startBlock(uint256 l1BaseFee, uint64 l1Block, uint64 l2Block, uint64 timePassed) external;
        function batchPostingReport(uint256 timestamp, address poster, uint64 batch, uint64 gas, uint256 l1BaseFee) external;
        function batchPostingReportV2(uint256 timestamp, address poster, uint64 batch, uint64 length, uint64 nonZeros, uint64 extraGas, uint256 l1BaseFee) external;
        error CallerNotArbOS();
    }
}
use ArbRetryableTx::*;
use ArbosActs::*;

/// Seconds that a ticket lives.
const LIFETIME: u64 = 7 * 86_400;

pub(super) fn run(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<redeemCall>(Write, 0, |c, _| {
            // How long its data is.
            c.burn(READ)?;
            no_ticket(c)
        })
        .on::<getLifetimeCall>(View, 0, |_, _| Ok(U256::from(LIFETIME)))
        .on::<getTimeoutCall>(View, 0, |c, _| no_ticket(c))
        .on::<keepaliveCall>(Write, 0, |c, _| no_ticket(c))
        .on::<getBeneficiaryCall>(View, 0, |c, _| no_ticket(c))
        .on::<cancelCall>(Write, 0, |c, _| no_ticket(c))
        .on::<getCurrentRedeemerCall>(View, 0, |_, _| Ok(Address::ZERO))
        .on::<submitRetryableCall>(Write, 0, |_, _| revert(NotCallable {}))
        .end()
}

/// A ticket is looked up by its time-out, which is zero.
fn no_ticket<T>(call: &mut Call<'_, '_>) -> Result<T, Stop> {
    call.burn(READ)?;
    revert(NoTicketWithID {})
}

pub(super) fn run_acts(call: &mut Call<'_, '_>) -> Result<Bytes, Stop> {
    Methods::of(call)
        .on::<startBlockCall>(Write, 0, |_, _| revert(CallerNotArbOS {}))
        .on::<batchPostingReportCall>(Write, 0, |_, _| revert(CallerNotArbOS {}))
        .on::<batchPostingReportV2Call>(Write, 50, |_, _| revert(CallerNotArbOS {}))
        .end()
}
