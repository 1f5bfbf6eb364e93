//! Programs with a constructor of the SDK: created, activated and constructed in one transaction of the Stylus deployer,
//! so that nobody can come between.

use super::{fee_on_copy, require_code, with_margin_within_limit};
use crate::build::Artifact;
use crate::call_tree::{self, Frame};
use crate::client::{ChainError, Client, Fork, Sent};
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_chain::{BlockId, CallOptions, CallRequest, Overrides, TraceKind};
use stylus_upgrades_interface::chain::IStylusDeployer::{ContractDeployed, deployCall};
use stylus_upgrades_interface::chain::{CONSTRUCTOR_SELECTOR, STYLUS_DEPLOYER};

/// How a program is constructed.
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

/// What a trial on a copy of the chain showed.
#[derive(Debug, Clone, Copy)]
pub struct TriedConstruction {
    /// The data fee of the activation in wei; 0 where the code hash is active.
    pub fee: U256,
    /// Whether the address of the Stylus deployer is in the storage afterwards: the constructor takes its caller for
    /// the account that deploys.
    pub keeps_deployer: bool,
}

impl Construction {
    /// With these arguments, encoded as those of any function of the same types are.
    pub fn new(arguments: &[u8], value: U256) -> Self {
        Self {
            data: [&CONSTRUCTOR_SELECTOR, arguments].concat().into(),
            value,
            salt: B256::random(),
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

/// Constructs on a copy of the chain. The deployers and the program's fragments have to be there.
///
/// # Errors
/// Why the constructor fails, as it says it itself; what the endpoint says.
pub async fn try_constructor(
    client: &Client,
    artifact: &Artifact,
    construction: &Construction,
) -> Result<TriedConstruction, ChainError> {
    let from = client.sender("deploy")?;
    let (code, name) = (artifact.code.clone(), artifact.name.clone());
    let (call, value) = (construction.call(artifact).abi_encode(), construction.value);
    let call = Bytes::from(call);
    let tried = Fork::tried(client, move |chain| {
        let fee = fee_on_copy(chain.branch(), code.clone())?;
        let mut copy = Simulation::new(chain);
        let paid = fee.saturating_add(value);
        let request = copy.request(from, STYLUS_DEPLOYER, call.clone(), paid)?;
        let what = format!("the constructor of {name}");
        let sent = copy.send(&what, from, STYLUS_DEPLOYER, call.clone(), paid);
        sent.map_err(|error| match failed(&copy, request) {
            Some(frame) => ChainError::refused_on_copy(&what, &frame.output),
            None => error,
        })?;
        let is_deployer = |part: &[u8]| part == STYLUS_DEPLOYER.as_slice();
        let keeps = |word: B256| word.windows(20).any(is_deployer);
        let keeps_deployer = copy.changes()?.iter().any(|change| keeps(change.after));
        Ok(TriedConstruction {
            fee,
            keeps_deployer,
        })
    });
    tried.await
}

/// The call of the constructor, where that is what fails.
fn failed(copy: &Simulation, request: CallRequest) -> Option<Frame> {
    let kind = TraceKind::Call(CallOptions::default());
    let (next, none) = (BlockId::pending(), Overrides::default());
    let traced = copy.chain.trace_call(request, next, &none, kind).ok()?;
    let frames = call_tree::read_value(&traced.into_json()).ok()?;
    let is_it = |frame: &Frame| {
        let is_constructor = frame.input.starts_with(&CONSTRUCTOR_SELECTOR);
        is_constructor && frame.from == STYLUS_DEPLOYER && frame.error.is_some()
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
    let sent = client.send(&what, STYLUS_DEPLOYER, &call, value).await?;
    let event = sent.event_of::<ContractDeployed>(STYLUS_DEPLOYER);
    let event = event.ok_or_else(|| ChainError::no_event(&what, sent.tx, "ContractDeployed"))?;
    require_code(client, event.deployedContract, artifact.codehash()).await?;
    Ok((event.deployedContract, sent))
}

/// Where a transaction constructed that program in that way, whatever its salt; `None` where it did not.
///
/// # Errors
/// What the endpoint says.
pub async fn constructed_by(
    client: &Client,
    sent: &Sent,
    artifact: &Artifact,
    construction: &Construction,
) -> Result<Option<Address>, ChainError> {
    let Some(event) = sent.event_of::<ContractDeployed>(STYLUS_DEPLOYER) else {
        return Ok(None);
    };
    let input = client.input_to(STYLUS_DEPLOYER, sent.tx).await?;
    let call = input.and_then(|input| deployCall::abi_decode(&input).ok());
    let is_it = call.is_some_and(|call| {
        let wanted = construction.call(artifact);
        call == deployCall {
            salt: call.salt,
            ..wanted
        }
    });
    let address = event.deployedContract;
    let holds = is_it && client.codehash(address).await? == Some(artifact.codehash());
    Ok(holds.then_some(address))
}
