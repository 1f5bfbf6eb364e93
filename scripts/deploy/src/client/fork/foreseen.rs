//! What some work on a copy will read, asked for together. The work is done on what is known: whatever is not counts as
//! empty and is noted. Then all of that is read, and the work is done again, until nothing new is wanted. A wrong guess
//! only makes it ask for what it does not need; the work itself, which comes after, reads what is true.

use super::{AT_ONCE, account, word};
use crate::client::{ChainError, Client};
use crate::program_code::is_program;
use alloy::primitives::{Address, B256, U256, keccak256};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stylus_chain::{Budget, Chain, ChainConfig, ProgramSlots, Source, SourceAccount};
use stylus_upgrades_interface::chain::{ARB_SYS, ARB_WASM, CREATE2_DEPLOYER};

/// How often the work is tried, at most: a value that leads to another one takes one more.
const ROUNDS: usize = 24;

/// Accounts that nearly all work reads; the first is where fees go on a chain without an account for them.
const USUAL: [Address; 4] = [Address::ZERO, ARB_SYS, ARB_WASM, CREATE2_DEPLOYER];

/// A part of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Account(Address),
    Word(Address, U256),
}

/// What is known of the state, and what was wanted beside.
#[derive(Default)]
struct Known {
    accounts: BTreeMap<Address, SourceAccount>,
    words: BTreeMap<(Address, U256), U256>,
    wanted: BTreeSet<Part>,
}

/// A source that guesses.
#[derive(Clone, Default)]
struct Guess(Arc<Mutex<Known>>);

impl Guess {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Guess {
    fn account(&self, address: Address, _: &Budget) -> Result<SourceAccount, String> {
        let mut known = self.known();
        let found = known.accounts.get(&address).cloned();
        Ok(found.unwrap_or_else(|| {
            known.wanted.insert(Part::Account(address));
            SourceAccount::default()
        }))
    }

    fn slot(&self, address: Address, slot: U256, _: &Budget) -> Result<U256, String> {
        let mut known = self.known();
        let found = known.words.get(&(address, slot)).copied();
        Ok(found.unwrap_or_else(|| {
            known.wanted.insert(Part::Word(address, slot));
            U256::ZERO
        }))
    }

    fn block_hash(&self, _: u64, _: &Budget) -> Result<B256, String> {
        Ok(B256::ZERO)
    }
}

/// Reads what the work needs. The client remembers it.
pub(super) async fn read(
    pinned: &Client,
    (config, next): (&ChainConfig, Option<u64>),
    work: impl Fn(Chain) + Send + Sync + 'static,
) -> Result<(), ChainError> {
    let guess = Guess::default();
    let (arbos, words) = Chain::arbos_words();
    let words = words.into_iter().map(|slot| Part::Word(arbos, slot));
    // What the command has looked at before is likely to be called.
    let accounts = pinned.transport.accounts_read().into_iter();
    let accounts = accounts.chain(USUAL).chain([arbos]).map(Part::Account);
    guess.known().wanted.extend(words.chain(accounts));
    let work = Arc::new(work);
    for _ in 0..ROUNDS {
        let wanted = std::mem::take(&mut guess.known().wanted);
        if wanted.is_empty() {
            break;
        }
        let questions = wanted.into_iter().map(|part| ask(pinned, &guess, part));
        let mut answers = stream::iter(questions).buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            answer?;
        }
        let (config, guess, work) = (config.clone(), guess.clone(), work.clone());
        let tried = tokio::task::spawn_blocking(move || {
            if let Ok(mut chain) = Chain::fork(config, Box::new(guess)) {
                if let Some(next) = next {
                    chain.set_time(next);
                }
                work(chain);
            }
        });
        tried.await.map_err(ChainError::copy_ended)?;
    }
    Ok(())
}

async fn ask(pinned: &Client, guess: &Guess, part: Part) -> Result<(), ChainError> {
    match part {
        Part::Account(address) => {
            let found = account(pinned, address).await?;
            let mut known = guess.known();
            // Who runs a program reads its record.
            if is_program(&found.code) {
                let record = ProgramSlots::of(keccak256(&found.code)).record;
                let record = Part::Word(ProgramSlots::ACCOUNT, record.into());
                known.wanted.insert(record);
            }
            known.accounts.insert(address, found);
        }
        Part::Word(address, slot) => {
            let found = word(pinned, (address, slot)).await?;
            guess.known().words.insert((address, slot), found);
        }
    }
    Ok(())
}
