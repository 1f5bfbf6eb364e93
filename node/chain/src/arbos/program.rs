//! The record of an activated program: one storage word per code hash.

use super::{EPOCH, LAYOUT, Params, STATE, Store};
use alloy_primitives::{Address, B256, U256};
use stylus_vm::ProgramInfo;

/// A record as stored. All zero when the code was never activated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    /// Stylus version it was activated for.
    pub(crate) version: u16,
    pub(crate) init_cost: u16,
    pub(crate) cached_cost: u16,
    /// Initial pages.
    pub(crate) footprint: u16,
    /// Hours since [`EPOCH`], 24 bits.
    pub(crate) activated_at: u32,
    /// Size of the compiled form in KiB, 24 bits.
    pub(crate) asm_kib: u32,
    pub(crate) cached: bool,
}

/// The reason why a program does not run, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunnable {
    /// It has no record.
    #[error("error ProgramNotActivated()")]
    NotActivated,
    /// An upgrade of the chain came after its activation.
    #[error("error ProgramNeedsUpgrade({have}, {want})")]
    NeedsUpgrade {
        /// The Stylus version that it was activated for.
        have: u16,
        /// The version of the chain.
        want: u16,
    },
    /// Its activation is too old.
    #[error("error ProgramExpired({age})")]
    Expired {
        /// Seconds since it was activated.
        age: u64,
    },
}

/// The slots in which ArbOS stores whether a program runs, of [`ProgramSlots::ACCOUNT`] (ArbOS 30 and
/// later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramSlots {
    /// The slot of the Stylus parameters, which all programs share.
    pub params: B256,
    /// The slot of the program's record.
    pub record: B256,
}

impl ProgramSlots {
    /// The account whose storage is ArbOS' state.
    pub const ACCOUNT: Address = STATE;

    /// The slots of the program with this code hash.
    pub fn of(code_hash: B256) -> Self {
        Self {
            params: LAYOUT.params.into(),
            record: LAYOUT.programs.slot(code_hash).into(),
        }
    }

    /// Seconds of activation left at `now` (unix seconds), worked out from the words at these slots as
    /// ArbWasm's `programTimeLeft` does.
    ///
    /// # Errors
    /// Why the program does not run.
    pub fn time_left(params: B256, record: B256, now: u64) -> Result<u64, NotRunnable> {
        let (params, program) = (
            Params::unpack(params.into()),
            Program::unpack(record.into()),
        );
        program.check(&params, now)?;
        Ok(program.time_left(&params, now))
    }
}

/// Hours since the epoch, as records keep them.
pub(crate) fn hours(timestamp: u64) -> u32 {
    (timestamp.saturating_sub(EPOCH) / 3_600) as u32 & 0xff_ffff
}

impl Program {
    pub(crate) fn load<S: Store>(store: &mut S, code_hash: B256) -> Result<Self, S::Fail> {
        Ok(Self::unpack(store.read(LAYOUT.programs.slot(code_hash))?))
    }

    pub(crate) fn save<S: Store>(&self, store: &mut S, code_hash: B256) -> Result<(), S::Fail> {
        store.write(LAYOUT.programs.slot(code_hash), self.pack())
    }

    /// Age in seconds. Activation times are kept in hours, so a new program may seem 3 599 s old.
    pub(crate) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(EPOCH + u64::from(self.activated_at) * 3_600)
    }

    /// True after `expiry_days`.
    pub(crate) fn expired(&self, params: &Params, now: u64) -> bool {
        self.age(now) > u64::from(params.expiry_days) * 86_400
    }

    /// Seconds until it expires.
    pub(crate) fn time_left(&self, params: &Params, now: u64) -> u64 {
        (u64::from(params.expiry_days) * 86_400).saturating_sub(self.age(now))
    }

    /// Checks that the program runs now.
    pub(crate) fn check(&self, params: &Params, now: u64) -> Result<(), NotRunnable> {
        if self.version == 0 {
            return Err(NotRunnable::NotActivated);
        }
        if self.version != params.version {
            return Err(NotRunnable::NeedsUpgrade {
                have: self.version,
                want: params.version,
            });
        }
        if self.expired(params, now) {
            return Err(NotRunnable::Expired { age: self.age(now) });
        }
        Ok(())
    }

    /// Returns the values from which the price of a start is worked out.
    pub(crate) fn info(&self) -> ProgramInfo {
        ProgramInfo {
            version: self.version,
            footprint: self.footprint,
            init_cost: self.init_cost,
            cached_cost: self.cached_cost,
            asm_estimate: self.asm_kib.saturating_mul(1_024),
        }
    }

    pub(crate) fn pack(&self) -> U256 {
        let mut bytes = [0u8; 32];
        bytes[0..2].copy_from_slice(&self.version.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.init_cost.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.cached_cost.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.footprint.to_be_bytes());
        bytes[8..11].copy_from_slice(&self.activated_at.to_be_bytes()[1..]);
        bytes[11..14].copy_from_slice(&self.asm_kib.to_be_bytes()[1..]);
        bytes[14] = self.cached.into();
        U256::from_be_bytes(bytes)
    }

    pub(crate) fn unpack(word: U256) -> Self {
        let bytes = word.to_be_bytes::<32>();
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let three = |at: usize| u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
        Self {
            version: short(0),
            init_cost: short(2),
            cached_cost: short(4),
            footprint: short(6),
            activated_at: three(8),
            asm_kib: three(11),
            cached: bytes[14] != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_packing_and_expires_after_365_days() {
        let now = 1_700_000_000;
        let program = Program {
            version: 2,
            init_cost: 300,
            cached_cost: 77,
            footprint: 17,
            activated_at: hours(now),
            asm_kib: 523,
            cached: true,
        };
        assert_eq!(Program::unpack(program.pack()), program);
        let mut params = Params::genesis();
        params.upgrade(31);
        let start = EPOCH + u64::from(program.activated_at) * 3_600;
        assert_eq!(program.check(&params, start + 365 * 86_400), Ok(()));
        assert_eq!(
            program.check(&params, start + 365 * 86_400 + 1),
            Err(NotRunnable::Expired {
                age: 365 * 86_400 + 1
            })
        );
        assert_eq!(
            Program::default().check(&params, now),
            Err(NotRunnable::NotActivated)
        );
    }
}
