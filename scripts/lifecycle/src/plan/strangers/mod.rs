//! What an account without any rights can do to an instance on a copy: it calls every function that changes
//! something, and what has power over the instance, its ether and its tokens are compared before and after each call.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{ChainError, GasLimit};
use crate::simulation::Simulation;
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use std::collections::BTreeMap;
use stylus_chain::{AccountChange, BlockId, Receipt};
use stylus_layout::PublicInterface;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::slots;

/// Who has no rights anywhere.
const STRANGER: Address = Address::repeat_byte(0x5e);
/// Functions that are called, at most.
const FUNCTIONS_MAX: usize = 256;
/// Calls of one plan, about: each function is called four times, of each instance.
const CALLS_MAX: usize = 2_048;
/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// How a call of no function is named.
const FALLBACK: &str = "fallback()";
/// Its calldata: a selector that no function has.
const OF_NO_FUNCTION: [u8; 4] = [0x5e; 4];
/// What is called of code whose functions are not known.
const WELL_KNOWN: [&str; 13] = [
    "function initialize()",
    "function initialize(address)",
    "function initialize(uint256)",
    "function init()",
    "function setImplementation(address)",
    "function upgrade(address)",
    "function upgradeTo(address)",
    "function upgradeToAndCall(address,bytes)",
    "function changeAdmin(address)",
    "function setOwner(address)",
    "function transferOwnership(address)",
    "function grantRole(bytes32,address)",
    "function renounceOwnership()",
];
/// Events that say that power was given, or that an initializer ran.
const OF_POWER: [&str; 9] = [
    "Initialized(uint8)",
    "Initialized(uint64)",
    "Upgraded(address)",
    "AdminChanged(address,address)",
    "BeaconUpgraded(address)",
    "OwnershipTransferred(address,address)",
    "OwnershipTransferStarted(address,address)",
    "RoleGranted(bytes32,address,address)",
    "RoleAdminChanged(bytes32,bytes32,bytes32)",
];

/// Wei that an account has on the copy, at least: what pays ether out needs some.
const BALANCE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Events of tokens by which somebody's tokens leave him or may be taken, and which of their topics is he: in the order
/// of ERC-20 and ERC-721, then ERC-1155.
const OF_TOKENS: [(&str, usize); 5] = [
    ("Transfer(address,address,uint256)", 1),
    ("Approval(address,address,uint256)", 1),
    ("ApprovalForAll(address,address,bool)", 1),
    ("TransferSingle(address,address,address,uint256,uint256)", 2),
    (
        "TransferBatch(address,address,address,uint256[],uint256[])",
        2,
    ),
];

/// What decides over an account that may be a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Power {
    slots: Vec<(&'static str, B256)>,
    owner: Option<Address>,
    has_code: bool,
}

impl Power {
    fn over(simulation: &Simulation, account: Address) -> Result<Self, ChainError> {
        let initializable = slots::erc7201(b"openzeppelin.storage.Initializable");
        let all = [
            ("the implementation", slots::IMPLEMENTATION),
            ("the admin", slots::ADMIN),
            ("the beacon", slots::BEACON),
            ("whether it is initialized", initializable),
        ];
        let mut held = Vec::new();
        for (what, slot) in all {
            let latest = BlockId::latest();
            held.push((
                what,
                simulation.chain.storage(account, slot.into(), latest)?,
            ));
        }
        Ok(Self {
            slots: held,
            owner: simulation.ask(account, &IOwnable::ownerCall {}).ok(),
            has_code: !simulation.code(account)?.is_empty(),
        })
    }

    /// What of it is another one after a call.
    fn changed(&self, after: &Self) -> Vec<String> {
        let slots = self.slots.iter().zip(&after.slots);
        let slots = slots.filter(|(before, after)| before != after);
        let mut changed: Vec<String> = slots.map(|((what, _), _)| (*what).to_owned()).collect();
        if self.owner != after.owner {
            changed.push("the owner".into());
        }
        if self.has_code != after.has_code {
            changed.push("whether there is code".into());
        }
        changed
    }
}

/// What a call brings to a stranger, or to the account that he names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// It in words.
    what: String,
    /// How much of it, in wei or in units of the token.
    amount: U256,
}

impl Taken {
    /// Whether a call brought as much of the same before, or about as much.
    fn is_as(&self, before: &Self) -> bool {
        let about = before.amount.saturating_mul(U256::from(2));
        self.what == before.what && self.amount <= about
    }
}

/// A call of a stranger that goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    /// The function.
    pub(super) signature: String,
    /// What the call does that gives power away.
    pub(super) gives: Vec<String>,
    /// What it takes from the account, or makes at its cost.
    pub(super) takes: Vec<Taken>,
}

impl Opened {
    /// Without what such a call took before: what anybody may take is the contract's purpose then. None if nothing is
    /// left.
    pub(super) fn beside(mut self, before: &[Self]) -> Option<Self> {
        let mut all = before.iter();
        if let Some(before) = all.find(|one| one.signature == self.signature) {
            self.takes
                .retain(|one| !before.takes.iter().any(|other| one.is_as(other)));
        }
        (!self.gives.is_empty() || !self.takes.is_empty()).then_some(self)
    }

    /// What the call does.
    fn does(&self) -> String {
        let takes = self.takes.iter().map(|one| one.what.clone());
        let all: Vec<String> = self.gives.iter().cloned().chain(takes).collect();
        let all = all.join(", ");
        match self.takes.is_empty() {
            true => all,
            false => format!("{all}, to an account that has nothing there"),
        }
    }
}

/// What a stranger can do to an account on a copy, by the functions of its code; where those are not known, by those
/// that such code usually has.
pub(super) fn opened(
    simulation: &Simulation,
    account: Address,
    interface: Option<&PublicInterface>,
) -> Result<Vec<Opened>, ChainError> {
    let mut copy = simulation.branch();
    copy.gas = GasLimit::Exactly(GAS);
    let latest = BlockId::latest();
    let owned = copy.chain.account(account, latest)?.balance;
    copy.chain.set_balance(account, owned.max(BALANCE));
    let before = Power::over(&copy, account)?;
    let runs = copy
        .chain
        .storage(account, slots::IMPLEMENTATION.into(), latest)?;
    let mut call = |signature: &str, input: Bytes, named: Address| {
        copy.discarded(|copy| {
            copy.begin_here();
            let receipt = match copy.send(signature, STRANGER, account, input, U256::ZERO) {
                Ok(receipt) => receipt,
                Err(error) if error.revert().is_some() || error.is_halted() => return Ok(None),
                Err(error) => return Err(error),
            };
            let mut gives = before.changed(&Power::over(copy, account)?);
            gives.extend(events_of(&receipt, account).map(|event| format!("event {event}")));
            let opened = Opened {
                signature: signature.into(),
                gives,
                takes: taken(copy, &receipt, account, [STRANGER, named])?,
            };
            Ok(opened.beside(&[]))
        })
    };
    // What any call does, no function does.
    let any = call(FALLBACK, OF_NO_FUNCTION.into(), STRANGER)?;
    let is_any = |one: &Opened| {
        any.as_ref()
            .is_some_and(|any| any.takes == one.takes && any.gives == one.gives)
    };
    let code = Address::from_word(runs);
    let mut found = Vec::new();
    for function in functions(interface) {
        let signature = function.signature();
        let mut sent = Vec::new();
        for (named, number) in [
            (STRANGER, U256::ONE),
            (code, U256::ONE),
            (STRANGER, U256::ZERO),
            (STRANGER, BALANCE),
        ] {
            let input = calldata(&function, (named, number));
            let Some(input) = input.filter(|input| !sent.contains(input)) else {
                continue;
            };
            sent.push(input.clone());
            let opened = call(&signature, input, named)?;
            if let Some(opened) = opened.filter(|one| !is_any(one)) {
                found.push(opened);
                break;
            }
        }
    }
    found.sort_by(|one, other| one.signature.cmp(&other.signature));
    Ok(any.into_iter().chain(found).collect())
}

/// What the call since the beginning of a copy has brought to the stranger or to the account that he named, of an account
/// or made at its cost: so much ether; tokens, by the events of those and of its own.
fn taken(
    copy: &Simulation,
    receipt: &Receipt,
    account: Address,
    receivers: [Address; 2],
) -> Result<Vec<Taken>, ChainError> {
    let changes = copy.account_changes()?;
    let is_richer = |one: &AccountChange| one.after.balance > one.before.balance;
    let mut gains = changes
        .iter()
        .filter(|one| receivers.contains(&one.address));
    let is_his = gains.any(is_richer);
    let own = changes.iter().find(|one| one.address == account);
    let wei = own.map(|one| one.before.balance.saturating_sub(one.after.balance));
    let wei = wei.filter(|wei| is_his && !wei.is_zero());
    let ether = wei.map(|amount| Taken {
        what: "it pays ether out".into(),
        amount,
    });
    let tokens = receipt.logs.iter().filter_map(|log| {
        let topics = log.topics();
        let (event, whose) = OF_TOKENS
            .iter()
            .find(|(event, _)| topics.first() == Some(&keccak256(event)))?;
        let receiver = topics.get(whose + 1)?;
        let is_his = receivers.iter().any(|one| *receiver == one.into_word());
        // A transfer of nothing takes nothing. An id is a topic.
        let amount = log
            .data
            .data
            .last_chunk::<32>()
            .copied()
            .map(U256::from_be_bytes);
        let amount = amount.unwrap_or_default();
        let is_some = topics.len() > 3 || !amount.is_zero();
        let from = topics.get(*whose).filter(|_| is_his && is_some)?;
        let is_new = log.address == account && *from == B256::ZERO;
        let what = match (is_new, *from == account.into_word()) {
            (true, _) => "it mints tokens".to_owned(),
            (false, true) => format!("{event} of its tokens at {}", log.address),
            (false, false) => return None,
        };
        Some(Taken { what, amount })
    });
    Ok(ether.into_iter().chain(tokens).collect())
}

/// Of how many instances the functions of that code are called: of one at least.
pub(super) fn instances_tried(interface: Option<&PublicInterface>) -> usize {
    let calls = functions(interface).len().saturating_mul(4);
    CALLS_MAX.checked_div(calls).unwrap_or_default().max(1)
}

/// The functions that are called: what changes something of the code, and what such code usually has.
fn functions(interface: Option<&PublicInterface>) -> Vec<Function> {
    let own = interface.into_iter().flat_map(PublicInterface::abi);
    let own = own.filter_map(|entry| Function::parse(entry).ok());
    let usual = WELL_KNOWN
        .iter()
        .filter_map(|entry| Function::parse(entry).ok());
    let changes = |one: &Function| {
        !matches!(
            one.state_mutability,
            StateMutability::View | StateMutability::Pure
        )
    };
    let mut all: BTreeMap<[u8; 4], Function> = BTreeMap::new();
    for function in usual.chain(own).filter(changes) {
        if all.len() < FUNCTIONS_MAX {
            all.insert(function.selector().0, function);
        }
    }
    all.into_values().collect()
}

/// A call with values that most functions take: that address, that number, and nothing of what has no fixed size.
fn calldata(function: &Function, with: (Address, U256)) -> Option<Bytes> {
    let values = function.inputs.iter().map(|input| {
        let ty = input.resolve().ok()?;
        Some(value(&ty, with))
    });
    let values: Vec<DynSolValue> = values.collect::<Option<_>>()?;
    function.abi_encode_input(&values).ok().map(Bytes::from)
}

fn value(ty: &DynSolType, (named, number): (Address, U256)) -> DynSolValue {
    let with = (named, number);
    match ty {
        DynSolType::Address => DynSolValue::Address(named),
        DynSolType::Bool => DynSolValue::Bool(!number.is_zero()),
        DynSolType::Uint(bits) => {
            let most = U256::MAX.wrapping_shr(256_usize.saturating_sub(*bits));
            DynSolValue::Uint(number.min(most), *bits)
        }
        DynSolType::Int(bits) => DynSolValue::Int(
            alloy::primitives::I256::try_from(1).unwrap_or_default(),
            *bits,
        ),
        DynSolType::FixedBytes(bytes) => DynSolValue::FixedBytes(B256::ZERO, *bytes),
        DynSolType::Function => DynSolValue::Function(alloy::primitives::Function::ZERO),
        DynSolType::Bytes => DynSolValue::Bytes(Vec::new()),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(_) => DynSolValue::Array(Vec::new()),
        DynSolType::FixedArray(of, count) => {
            DynSolValue::FixedArray(vec![value(of, with); (*count).min(FUNCTIONS_MAX)])
        }
        DynSolType::Tuple(of) => {
            DynSolValue::Tuple(of.iter().map(|one| value(one, with)).collect())
        }
        _ => DynSolValue::Bytes(Vec::new()),
    }
}

/// The events of a receipt by which an account says that power was given.
fn events_of(receipt: &Receipt, account: Address) -> impl Iterator<Item = &'static str> {
    let logs = receipt
        .logs
        .iter()
        .filter(move |log| log.address == account);
    let topics: Vec<B256> = logs
        .filter_map(|log| log.topics().first().copied())
        .collect();
    let mut known = OF_POWER.to_vec();
    known.retain(|event| topics.contains(&keccak256(event)));
    known.into_iter()
}

/// What strangers can do to an instance, as findings. What they could do before, and can do no longer, is none.
pub(super) fn to_instance(what: &str, opened: &[Opened]) -> Vec<Finding> {
    let found = opened.iter().map(|one| {
        let message = format!(
            "anybody can call {} of {what}: {}",
            one.signature,
            one.does()
        );
        let id = FindingId::stranger(&one.signature);
        Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
            "a call that is refused",
            "a call of an account without rights that goes through",
            format!(
                "call it in the upgrade, or guard it; to accept it: {}",
                FindingId::flag([&id])
            ),
        )
    });
    found.collect()
}

/// What strangers can do to code itself, as findings: a proxy has its own storage, so it is no danger to that.
pub(super) fn to_code(what: &str, opened: &[Opened]) -> Vec<Finding> {
    let found = opened.iter().map(|one| {
        let message = format!(
            "anybody can call {} of {what} itself: {}",
            one.signature,
            one.does()
        );
        Finding::named(
            Part::Simulation,
            Severity::Warning,
            "OpenImplementation",
            message,
        )
        .with(
            "code that is initialized, or cannot be",
            "a call of an account without rights that goes through",
            "call _disableInitializers() in its constructor",
        )
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_functions_fewer_instances_are_tried_and_one_always() {
        let of = |count: usize| {
            let all = (0..count).map(|at| format!("function f{at}()"));
            PublicInterface::new(all, []).expect("an interface")
        };
        let tried = [0, 100, 1_000].map(|count| instances_tried(Some(&of(count))));
        assert_eq!(tried[0], CALLS_MAX / (4 * WELL_KNOWN.len()));
        assert!(
            tried[0] > tried[1] && tried[1] > tried[2] && tried[2] > 0,
            "{tried:?}"
        );
    }

    #[test]
    fn functions_are_called_with_values_of_their_types() {
        let interface = PublicInterface::new(
            [
                "function get() view returns (uint256)".to_owned(),
                "function set((address,uint8[2])[2],bytes4,string,int8)".to_owned(),
            ],
            [],
        )
        .expect("an interface");
        let all = functions(Some(&interface));
        assert_eq!(all.len(), WELL_KNOWN.len() + 1);
        for function in &all {
            let input = calldata(function, (STRANGER, U256::ONE)).expect("calldata");
            assert!(
                function.abi_decode_input(&input[4..]).is_ok(),
                "{function:?}"
            );
        }
    }
}
