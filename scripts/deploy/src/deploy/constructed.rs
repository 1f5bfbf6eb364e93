//! Programs with a constructor of the SDK: created, activated and constructed in one transaction of the Stylus deployer,
//! so that nobody can come between.

use super::{fee_on_copy, require_code, with_margin_within_limit};
use crate::build::{Artifact, evm};
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, Fork, Revert, Sent};
use crate::registry::origin::address_by;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::{BlockId, CallOptions, CallRequest, Chain, Overrides, StatePart, TraceKind};
use stylus_upgrades_interface::chain::IStylusDeployer::{ContractInitializationError, deployCall};
use stylus_upgrades_interface::chain::{CONSTRUCTOR_SELECTOR, STYLUS_DEPLOYER};

/// The second account of the Stylus deployer's code on a copy: what changes with it depends on the deployer's address.
const OTHER_DEPLOYER: Address = Address::repeat_byte(0xd1);

/// The construction of a program.
#[derive(Debug, Clone)]
pub struct Construction {
    /// The constructor's selector and arguments.
    pub data: Bytes,
    /// Wei for it.
    pub value: U256,
    /// Its address follows from it. A new one each time: what lies at an address that others know beforehand, others
    /// may have constructed.
    pub salt: B256,
}

/// The results of a trial on a copy of the chain.
#[derive(Debug, Clone, Copy)]
pub struct TriedConstruction {
    /// The data fee of the activation in wei; 0 where the code hash is active.
    pub fee: U256,
    /// True if something in storage afterwards depends on the address of the Stylus deployer: the constructor takes its
    /// caller for the account that deploys.
    pub keeps_deployer: bool,
}

/// A slot that a constructor wrote: whose, which, and the word. Its own address stands for the contract's.
type Written = (Address, U256, B256);

impl Construction {
    /// With these arguments, encoded as those of any function of the same types are.
    pub fn new(arguments: &[u8], value: U256) -> Self {
        Self {
            data: [&CONSTRUCTOR_SELECTOR, arguments].concat().into(),
            value,
            salt: B256::random(),
        }
    }

    /// The same at another address.
    fn elsewhere(&self) -> Self {
        Self {
            salt: keccak256(self.salt),
            ..self.clone()
        }
    }

    fn call(&self, artifact: &Artifact) -> deployCall {
        deployCall {
            bytecode: artifact.creation_code(),
            initData: self.data.clone(),
            initValue: self.value,
            salt: self.salt,
        }
    }
}

/// Returns the address at which a deployer creates by that call.
fn address_of(deployer: Address, call: &deployCall) -> Address {
    let init_codehash = keccak256(&call.bytecode);
    address_by(deployer, (call.salt, &call.initData[..]), init_codehash)
}

/// Constructs on a copy of the chain. The deployers have to be there.
///
/// # Errors
/// Why the constructor fails, as it says it itself; what the endpoint says.
pub async fn try_constructor(
    client: &Client,
    artifact: &Artifact,
    construction: &Construction,
) -> Result<TriedConstruction, ChainError> {
    let trial = Trial {
        from: client.sender("deploy")?,
        artifact: artifact.clone(),
        value: construction.value,
    };
    let (here, elsewhere) = (construction.clone(), construction.elsewhere());
    let accounts = [STYLUS_DEPLOYER, OTHER_DEPLOYER, trial.from].map(StatePart::Account);
    let tried = Fork::tried(client, accounts, move |chain| {
        // The trials differ in nothing but their deployers and addresses.
        let mut at_one_time = Simulation::new(chain);
        at_one_time.fix_time()?;
        let mut chain = at_one_time.chain;
        for fragment in &trial.artifact.fragments {
            let address = evm::create2_address(&evm::creation_code(fragment));
            chain.set_code(address, fragment.clone());
        }
        let fee = fee_on_copy(chain.branch(), trial.artifact.code.clone())?;
        let deployer = chain.account(STYLUS_DEPLOYER, BlockId::latest())?.code;
        chain.set_code(OTHER_DEPLOYER, deployer);
        let try_it = |deployer, construction: &Construction| {
            let call = construction.call(&trial.artifact);
            trial.written(chain.branch(), (deployer, &call), fee)
        };
        let written = try_it(STYLUS_DEPLOYER, &here)?;
        let elsewhere = try_it(STYLUS_DEPLOYER, &elsewhere)?;
        // What depends on the contract's own address is not looked at.
        let keeps_deployer = match try_it(OTHER_DEPLOYER, &here) {
            Ok(other) => written
                .iter()
                .any(|one| elsewhere.contains(one) && !other.contains(one)),
            Err(error) if error.is_refusal() => true,
            Err(error) => return Err(error),
        };
        Ok(TriedConstruction {
            fee,
            keeps_deployer,
        })
    });
    tried.await
}

/// The subject of a trial on a copy.
struct Trial {
    from: Address,
    artifact: Artifact,
    /// Wei for the constructor.
    value: U256,
}

impl Trial {
    /// Returns what the constructor writes there.
    fn written(
        &self,
        chain: Chain,
        (deployer, call): (Address, &deployCall),
        fee: U256,
    ) -> Result<BTreeSet<Written>, ChainError> {
        let what = format!("the constructor of {}", self.artifact.name);
        let (input, paid) = (
            Bytes::from(call.abi_encode()),
            fee.saturating_add(self.value),
        );
        let mut copy = Simulation::new(chain);
        let request = copy.request(self.from, deployer, input.clone(), paid)?;
        let sent = copy.send(&what, self.from, deployer, input, paid);
        sent.map_err(|error| match failed(&copy, request) {
            Some(frame) => ChainError::refused_on_copy(&what, &frame.output),
            None => error,
        })?;
        let contract = address_of(deployer, call);
        // What ArbOS keeps follows from gas and fees.
        let (arbos, _) = Chain::arbos_version_word();
        let changes = copy.changes()?.into_iter();
        let changes = changes.filter(|change| change.address != arbos);
        let changes = changes.map(|change| {
            let account = if change.address == contract {
                Address::ZERO
            } else {
                change.address
            };
            (account, change.slot, change.after)
        });
        Ok(changes.collect())
    }
}

/// The call of the constructor, where that is what fails.
fn failed(copy: &Simulation, request: CallRequest) -> Option<Frame> {
    let kind = TraceKind::Call(CallOptions::default());
    let (next, none) = (BlockId::pending(), Overrides::default());
    let deployer = request.to;
    let traced = copy.chain.trace_call(request, next, &none, kind).ok()?;
    let frames = call_tree::read_value(&traced.into_json()).ok()?;
    let is_it = |frame: &Frame| {
        let is_constructor = frame.input.starts_with(&CONSTRUCTOR_SELECTOR);
        is_constructor && Some(frame.from) == deployer && frame.error.is_some()
    };
    frames.into_iter().find(is_it)
}

/// Creates, activates and constructs. The transaction succeeds only if all of it does.
///
/// # Errors
/// Whatever the chain refuses.
pub async fn construct(
    client: &Client,
    artifact: &Artifact,
    construction: &Construction,
    (fee, bump_percent): (U256, u32),
) -> Result<(Address, Sent), ChainError> {
    let fee = with_margin_within_limit(client, &artifact.name, fee, bump_percent)?;
    let value = fee.saturating_add(construction.value);
    let what = format!("deploy {}", artifact.name);
    let call = construction.call(artifact);
    let sent = client.send(&what, STYLUS_DEPLOYER, &call, value).await;
    let sent = sent.map_err(|error| said_by_constructor(&artifact.name, error))?;
    let address = address_of(STYLUS_DEPLOYER, &call);
    require_code(client, address, artifact.codehash()).await?;
    Ok((address, sent))
}

/// Returns what the constructor itself says, where the deployer only repeats it.
fn said_by_constructor(name: &str, error: ChainError) -> ChainError {
    let revert = error.revert();
    match revert.and_then(|revert| revert.decoded::<ContractInitializationError>()) {
        Some(said) => ChainError::refused(
            &format!("the constructor of {name}"),
            Revert::decode(&said.data),
        ),
        None => error,
    }
}

/// Returns the address at which a transaction constructed that program in that way, whatever its salt; `None` where it
/// did not.
///
/// # Errors
/// What the endpoint says.
pub async fn constructed_by(
    client: &Client,
    sent: &Sent,
    artifact: &Artifact,
    construction: &Construction,
) -> Result<Option<Address>, ChainError> {
    let input = client.input_to(STYLUS_DEPLOYER, sent.tx).await?;
    let Some(call) = input.and_then(|input| deployCall::abi_decode(&input).ok()) else {
        return Ok(None);
    };
    let wanted = deployCall {
        salt: call.salt,
        ..construction.call(artifact)
    };
    let address = address_of(STYLUS_DEPLOYER, &call);
    let is_it = call == wanted && sent.receipt.status();
    let holds = is_it && client.codehash(address).await? == Some(artifact.codehash());
    Ok(holds.then_some(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::SolError;

    #[test]
    fn what_a_constructor_says_on_the_chain_is_not_hidden_by_the_deployer() {
        let said = ContractInitializationError {
            newContract: Address::repeat_byte(7),
            data: Bytes::from_static(b"odd second"),
        };
        // As the deployer on the chains has it.
        assert_eq!(
            ContractInitializationError::SELECTOR,
            [0x88, 0xd8, 0xf5, 0x7d]
        );
        let error = ChainError::refused("deploy a", Revert::decode(&said.abi_encode()));
        let shown = said_by_constructor("a", error).to_string();
        assert!(shown.contains("the constructor of a"), "{shown}");
        assert!(shown.contains("the text \"odd second\""), "{shown}");
    }
}
