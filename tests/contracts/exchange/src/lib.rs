//! A contract with ether, fees, an owner, a pause and a lock. Its migration turns on one of the mistakes in
//! [`mistake`], or none: then the version after it does what the one before did.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

mod mistake;

use alloc::vec::Vec;

use stylus_sdk::{
    alloy_primitives::{Address, FixedBytes, U256, keccak256},
    alloy_sol_types::sol,
    call::transfer::transfer_eth,
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap, StorageU256},
};
use stylus_upgradeable::prelude::*;

/// Parts that a fee is counted in.
const PARTS: u64 = 10_000;
/// The highest fee, in those.
const FEE_MAX: u64 = 1_000;
/// Seconds that a deposit is locked.
const LOCK: u64 = 86_400;
/// What is given away once to who knows it.
const CODE: [u8; 4] = [0x1b, 0xad, 0xb0, 0x02];

sol! {
    #[derive(Debug)]
    error NotOwner(address caller);
    #[derive(Debug)]
    error FeeTooHigh(uint256 fee);
    #[derive(Debug)]
    error Insufficient(uint256 have, uint256 want);
    #[derive(Debug)]
    error Locked(uint256 until);
    #[derive(Debug)]
    error Paused();
    #[derive(Debug)]
    error NoReceiver();
    #[derive(Debug)]
    error NotPaid();
    event Deposited(address indexed account, uint256 amount);
    event Transferred(address indexed from, address indexed to, uint256 amount);
    event Withdrawn(address indexed account, uint256 amount);
}

/// What the exchange refuses.
#[derive(SolidityError, Debug)]
pub enum ExchangeError {
    /// Only the owner may.
    NotOwner(NotOwner),
    /// A fee above the highest one.
    FeeTooHigh(FeeTooHigh),
    /// More than there is.
    Insufficient(Insufficient),
    /// A deposit that is too young.
    Locked(Locked),
    /// Nothing moves.
    Paused(Paused),
    /// Nobody would get it.
    NoReceiver(NoReceiver),
    /// The receiver did not take it.
    NotPaid(NotPaid),
    /// An initializer or a migration may not run now.
    Migratable(MigratableError),
}

/// Slots 0 to 7.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Exchange {
    owner: StorageAddress,
    fee: StorageU256,
    limit: StorageU256,
    total: StorageU256,
    paused: StorageBool,
    balances: StorageMap<Address, StorageU256>,
    unlocked: StorageMap<Address, StorageU256>,
    mistake: StorageU256,
}

#[upgradeable]
#[public]
impl Exchange {
    /// Sets everything.
    #[initializer("1.0")]
    pub fn initialize(
        &mut self,
        owner: Address,
        fee: U256,
        limit: U256,
    ) -> Result<(), ExchangeError> {
        self.owner.set(owner);
        self.fee.set(fee);
        self.limit.set(limit);
        Ok(())
    }

    /// Turns on a mistake.
    #[migration(from = "1.0", to = "2.0")]
    pub fn migrate(&mut self, number: U256) -> Result<(), ExchangeError> {
        self.mistake.set(number);
        if self.has(mistake::DIRTY_FIELD) {
            self.limit.set(self.limit.get() | U256::ONE << 200);
        }
        if self.has(mistake::MISSING_REINITIALIZATION) {
            self.owner.set(Address::ZERO);
        }
        Ok(())
    }

    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    pub fn fee(&self) -> U256 {
        self.fee.get()
    }

    pub fn total(&self) -> U256 {
        self.total.get()
    }

    pub fn paused(&self) -> bool {
        self.paused.get()
    }

    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// The fee of an amount, rounded up.
    pub fn quote(&self, amount: U256) -> U256 {
        let parts = match self.has(mistake::WRONG_CONSTANT) {
            true => U256::from(PARTS - 1),
            false => U256::from(PARTS),
        };
        let amount = match self.has(mistake::TRUNCATION) {
            true => amount & U256::from(u64::MAX),
            false => amount,
        };
        let product = amount.wrapping_mul(self.fee.get());
        match self.has(mistake::ROUNDING) {
            true => product / parts,
            false => product.div_ceil(parts),
        }
    }

    /// Takes ether, and the fee of it.
    #[payable]
    pub fn deposit(&mut self) -> Result<(), ExchangeError> {
        let (account, value) = (self.vm().msg_sender(), self.vm().msg_value());
        let amount = value - self.quote(value).min(value);
        let limit = self.limit.get();
        if amount > limit {
            return Err(Insufficient {
                have: limit,
                want: amount,
            }
            .into());
        }
        self.add(account, amount);
        self.total.set(self.total.get() + amount);
        let lock = match self.has(mistake::TIME) {
            true => LOCK / 24,
            false => LOCK,
        };
        let until = U256::from(self.vm().block_timestamp() + lock);
        self.unlocked.insert(account, until);
        if !self.has(mistake::LOST_EVENT) {
            self.vm().log(Deposited { account, amount });
        }
        Ok(())
    }

    /// Gives away what one has.
    pub fn transfer(&mut self, to: Address, amount: U256) -> Result<bool, ExchangeError> {
        let from = self.vm().msg_sender();
        if self.paused.get() && !self.has(mistake::LOST_PAUSE) {
            return Err(Paused {}.into());
        }
        if to.is_zero() && !self.has(mistake::LOST_CHECK) {
            return Err(NoReceiver {}.into());
        }
        let have = self.balances.get(to);
        self.take(from, amount)?;
        match self.has(mistake::SELF_TRANSFER) {
            true => self.balances.insert(to, have.wrapping_add(amount)),
            false => self.add(to, amount),
        }
        self.vm().log(match self.has(mistake::SWAPPED_ARGUMENTS) {
            true => Transferred {
                from: to,
                to: from,
                amount,
            },
            false => Transferred { from, to, amount },
        });
        Ok(!self.has(mistake::WRONG_RETURN))
    }

    /// Pays back what is not locked.
    pub fn withdraw(&mut self, amount: U256) -> Result<(), ExchangeError> {
        let account = self.vm().msg_sender();
        let until = self.unlocked.get(account);
        if U256::from(self.vm().block_timestamp()) < until {
            return Err(Locked { until }.into());
        }
        self.take(account, amount)?;
        if !self.has(mistake::STALE_TOTAL) {
            self.total.set(self.total.get() - amount);
        }
        let paid = match self.has(mistake::LOST_WEI) {
            true => amount.saturating_sub(U256::ONE),
            false => amount,
        };
        transfer_eth(self.vm(), account, paid).map_err(|_| NotPaid {})?;
        let amount = match self.has(mistake::WRONG_EVENT) {
            true => amount + self.quote(amount),
            false => amount,
        };
        self.vm().log(Withdrawn { account, amount });
        Ok(())
    }

    pub fn set_fee(&mut self, fee: U256) -> Result<(), ExchangeError> {
        if !self.has(mistake::BROKEN_ACCESS) {
            self.only_owner()?;
        }
        let most = FEE_MAX + u64::from(self.has(mistake::OFF_BY_ONE));
        if fee > U256::from(most) {
            return Err(FeeTooHigh { fee }.into());
        }
        self.fee.set(fee);
        Ok(())
    }

    pub fn set_paused(&mut self, paused: bool) -> Result<(), ExchangeError> {
        self.only_owner()?;
        self.paused.set(paused);
        if self.has(mistake::STORAGE_COLLISION) {
            self.limit.set(U256::from(u8::from(paused)));
        }
        Ok(())
    }

    /// Gives away 5 to who knows the code.
    pub fn claim(&mut self, code: FixedBytes<4>) -> Result<U256, ExchangeError> {
        if code != FixedBytes(CODE) {
            return Ok(U256::ZERO);
        }
        let amount = U256::from(5 + u64::from(self.has(mistake::MAGIC)));
        self.add(self.vm().msg_sender(), amount);
        Ok(amount)
    }

    /// The same with a code that stands nowhere, compared byte by byte.
    pub fn open(&mut self, code: FixedBytes<4>) -> Result<U256, ExchangeError> {
        let hidden = keccak256(self.limit.get().to_be_bytes::<32>());
        for (given, wanted) in code.iter().zip(hidden.iter()) {
            if given != wanted {
                return Ok(U256::ZERO);
            }
        }
        self.add(self.vm().msg_sender(), U256::from(7));
        Ok(U256::from(match self.has(mistake::HIDDEN) {
            true => 70,
            false => 7,
        }))
    }

    /// Whether everybody can be paid.
    pub fn solvent(&self) -> bool {
        self.vm().balance(self.vm().contract_address()) >= self.total.get()
    }
}

impl Exchange {
    fn has(&self, mistake: u64) -> bool {
        self.mistake.get() == U256::from(mistake)
    }

    fn only_owner(&self) -> Result<(), NotOwner> {
        let caller = self.vm().msg_sender();
        match caller == self.owner.get() {
            true => Ok(()),
            false => Err(NotOwner { caller }),
        }
    }

    fn add(&mut self, account: Address, amount: U256) {
        let sum = self.balances.get(account).saturating_add(amount);
        self.balances.insert(account, sum);
    }

    fn take(&mut self, account: Address, want: U256) -> Result<(), Insufficient> {
        let have = self.balances.get(account);
        if have < want {
            return Err(match self.has(mistake::CHANGED_REVERT) {
                true => Insufficient {
                    have: want,
                    want: have,
                },
                false => Insufficient { have, want },
            });
        }
        self.balances.insert(account, have - want);
        Ok(())
    }
}
