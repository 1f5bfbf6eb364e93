//! The code of accounts, grouped by its hash: whether it runs, for how long, and what would help.

use super::chain::{ChainFacts, DAY};
use super::inventory::Account;
use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use crate::model::Role;
use crate::program_code::is_program;
use crate::questions::ask_all;
use alloy::primitives::{Address, Bytes};
use futures::{join, try_join};
use serde::Serialize;
use stylus_chain::{NotRunnable, ProgramSlots};
use stylus_upgrades_interface::chain::{ARB_WASM, ARB_WASM_CACHE, IArbWasm, IArbWasmCache};

/// Code that one activation concerns, wherever it lies.
#[derive(Debug, Clone, Serialize)]
pub struct Program {
    /// keccak256 of the code; zero where there is none.
    pub codehash: CodeHash,
    /// The code itself.
    #[serde(skip)]
    pub code: Bytes,
    /// The accounts that hold it, those that users depend on first.
    pub accounts: Vec<Account>,
    /// True if something needs it now.
    pub needed: bool,
    /// The state of its activation.
    #[serde(flatten)]
    pub state: State,
    /// Whole days of activation left.
    pub days_left: Option<u64>,
    /// True if it is in the init cache; `None` if it is no Stylus program.
    pub cached: Option<bool>,
    /// The remedy.
    pub cure: Cure,
}

/// The state of code: runs, or the reason why it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// A Stylus program that runs.
    Active {
        /// Seconds of activation left.
        seconds_left: u64,
    },
    /// Its activation is too old.
    Expired {
        /// Seconds since it was activated.
        age: u64,
    },
    /// An upgrade of the chain came after its activation.
    Outdated {
        /// The Stylus version that it was activated for.
        version: u16,
        /// The Stylus version of the chain.
        wanted: u16,
    },
    /// Nobody activated it.
    Inactive,
    /// EVM code, which does not expire.
    Evm,
    /// There is no code.
    Missing,
}

impl State {
    /// Returns true if it can run now.
    pub const fn runs(self) -> bool {
        matches!(self, Self::Active { .. } | Self::Evm)
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active { .. } => "active",
            Self::Expired { .. } => "expired",
            Self::Outdated { .. } => "outdated",
            Self::Inactive => "inactive",
            Self::Evm => "evm",
            Self::Missing => "missing",
        }
    }
}

/// The remedy for a program that ends soon or does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cure {
    /// Nothing is needed.
    None,
    /// It can be prolonged, but not yet.
    Later {
        /// Unix seconds from which on it can.
        from: u64,
    },
    /// `codehashKeepalive`, with its data fee.
    Keepalive,
    /// `activateProgram`, with its data fee.
    Activate,
}

impl Program {
    /// An account that holds the code.
    pub fn address(&self) -> Address {
        self.accounts
            .first()
            .map(|account| account.address)
            .unwrap_or_default()
    }

    /// Returns the most important role that uses it.
    pub fn role(&self) -> Option<Role> {
        self.accounts.first()?.uses.first().map(|usage| usage.role)
    }

    /// Returns its name in one line.
    pub fn title(&self) -> String {
        let first = self
            .accounts
            .first()
            .and_then(|account| account.uses.first());
        let (role, of) = first.map_or(("code", ""), |usage| (usage.role.name(), usage.of.as_str()));
        format!("{role} ({of})")
    }
}

/// Looks at the code of every account. What would help is worked out for what has fewer than `within`
/// seconds left.
///
/// # Errors
/// What the chain says.
pub async fn examine(
    client: &Client,
    chain: &ChainFacts,
    accounts: Vec<Account>,
    within: u64,
) -> Result<Vec<Program>, ChainError> {
    let codes = accounts.iter().map(|account| client.code(account.address));
    let codes: Vec<Bytes> = ask_all(codes).await?;
    let mut all: Vec<Program> = Vec::new();
    for (account, code) in accounts.into_iter().zip(codes) {
        let codehash = if code.is_empty() {
            CodeHash::ZERO
        } else {
            CodeHash::of(&code)
        };
        match all.iter_mut().find(|program| program.codehash == codehash) {
            Some(program) => program.accounts.push(account),
            None => all.push(Program {
                codehash,
                code,
                accounts: vec![account],
                needed: false,
                state: State::Missing,
                days_left: None,
                cached: None,
                cure: Cure::None,
            }),
        }
    }
    let states = all.iter().map(|program| looked_up(client, chain, program));
    let states: Vec<(State, Option<bool>)> = ask_all(states).await?;
    for (program, (state, cached)) in all.iter_mut().zip(states) {
        let mut uses = program.accounts.iter().flat_map(|account| &account.uses);
        program.needed = uses.any(|usage| usage.needed);
        (program.state, program.cached) = (state, cached);
        if let State::Active { seconds_left } = program.state {
            program.days_left = Some(seconds_left / DAY);
        }
        program.cure = cure(chain, program.state, within);
    }
    Ok(all)
}

/// Looks up the state of a program, and if it is cached.
async fn looked_up(
    client: &Client,
    chain: &ChainFacts,
    program: &Program,
) -> Result<(State, Option<bool>), ChainError> {
    if program.code.is_empty() || !is_program(&program.code) {
        return Ok((state(client, chain, program).await?, None));
    }
    let call = IArbWasmCache::codehashIsCachedCall {
        codehash: program.codehash.into(),
    };
    let (state, cached) = try_join!(
        state(client, chain, program),
        client.call(ARB_WASM_CACHE, &call)
    )?;
    Ok((state, Some(cached)))
}

/// Reads the record that ArbOS keeps of a program. ArbWasm has to answer alike, up to a day: an endpoint that makes up the
/// one contradicts the other.
async fn state(
    client: &Client,
    chain: &ChainFacts,
    program: &Program,
) -> Result<State, ChainError> {
    if program.code.is_empty() {
        return Ok(State::Missing);
    }
    if !is_program(&program.code) {
        return Ok(State::Evm);
    }
    let slot = ProgramSlots::of(program.codehash.into()).record;
    let account = program.address();
    let call = IArbWasm::programTimeLeftCall { program: account };
    let (record, says) = join!(
        client.storage(ProgramSlots::ACCOUNT, slot),
        client.call(ARB_WASM, &call)
    );
    let record = record?;
    let stored = match ProgramSlots::time_left(chain.params, record, chain.time) {
        Ok(seconds_left) => State::Active { seconds_left },
        Err(NotRunnable::NotActivated) => State::Inactive,
        Err(NotRunnable::NeedsUpgrade { have, want }) => State::Outdated {
            version: have,
            wanted: want,
        },
        Err(NotRunnable::Expired { age }) => State::Expired { age },
    };
    let (is_alike, says) = match (says, stored) {
        (Ok(left), State::Active { seconds_left }) => (
            left.abs_diff(seconds_left) <= DAY,
            format!("{left} seconds left"),
        ),
        (Ok(left), _) => (false, format!("{left} seconds left")),
        (Err(error), stored) if error.revert().is_some() => {
            let is_active = matches!(stored, State::Active { .. });
            (!is_active, error.to_string())
        }
        (Err(error), _) => return Err(error),
    };
    if is_alike {
        Ok(stored)
    } else {
        let stored = match stored {
            State::Active { seconds_left } => format!("{seconds_left} seconds left"),
            other => other.shown().1,
        };
        Err(client.contradiction(format!(
            "ArbWasm says of {account}: {says}, and the storage of ArbOS ({}) says: {stored}",
            ProgramSlots::ACCOUNT,
        )))
    }
}

/// Finds the remedy that the chain's rules offer: an activation that is too young cannot be prolonged, and one that is too
/// old or of another version neither; it can only be replaced. It is prolonged to its whole length, so that what it gains is
/// its age: one of less than a day is not worth a fee.
fn cure(chain: &ChainFacts, state: State, within: u64) -> Cure {
    match state {
        State::Expired { .. } | State::Outdated { .. } | State::Inactive => Cure::Activate,
        State::Active { seconds_left } if seconds_left < within => {
            let age = chain.expiry().saturating_sub(seconds_left);
            match chain.keepalive().max(DAY).saturating_sub(age) {
                0 => Cure::Keepalive,
                wait => Cure::Later {
                    from: chain.time.saturating_add(wait),
                },
            }
        }
        State::Active { .. } | State::Evm | State::Missing => Cure::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;

    #[test]
    fn an_activation_is_prolonged_where_that_gains_a_day() {
        let chain = |expiry_days, keepalive_days| ChainFacts {
            endpoint: String::new(),
            chain_id: 1,
            block: 1,
            time: 1_000 * DAY,
            arbos: 61,
            stylus: 3,
            expiry_days,
            keepalive_days,
            scheduled: None,
            params: B256::ZERO,
        };
        let active = |seconds_left| State::Active { seconds_left };
        let within = 60 * DAY;
        // On a chain whose activations are short, one that is new always has fewer days left than is asked for.
        let short = chain(10, 0);
        let from = 1_000 * DAY + DAY - 600;
        assert_eq!(
            cure(&short, active(10 * DAY - 600), within),
            Cure::Later { from }
        );
        assert_eq!(cure(&short, active(9 * DAY), within), Cure::Keepalive);
        let one = chain(365, 31);
        assert_eq!(cure(&one, active(60 * DAY), within), Cure::None);
        assert_eq!(cure(&one, active(59 * DAY), within), Cure::Keepalive);
        assert_eq!(
            cure(&short, State::Expired { age: 11 * DAY }, within),
            Cure::Activate
        );
    }
}
