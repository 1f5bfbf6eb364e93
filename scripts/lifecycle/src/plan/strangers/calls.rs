//! What a stranger calls: the functions that change something, each with several values.

use super::STRANGER;
use crate::client::ChainError;
use crate::layout::WORD;
use crate::plan::slots::SlotNames;
use crate::simulation::Simulation;
use alloy::dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{Address, B256, Bytes, I256, U256};
use std::collections::BTreeMap;
use stylus_chain::BlockId;
use stylus_layout::{Document, Layout, PublicInterface};

/// Functions that are called, at most.
const FUNCTIONS_MAX: usize = 256;
/// Addresses that an account keeps and that are named in calls, at most.
const KEPT_MAX: usize = 8;
/// Arguments of a function in whose place they are named, at most.
const PLACES_MAX: usize = 4;
/// Wei that an account has on the copy, at least: what pays ether out needs some.
pub(super) const BALANCE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
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

/// What is known of an account's code.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::plan) struct Known<'a> {
    /// Its functions.
    interface: Option<&'a PublicInterface>,
    /// Where it keeps what.
    layout: Option<&'a Layout>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) signature: String,
    pub(super) input: Bytes,
    /// Wei that the stranger pays with it.
    pub(super) value: U256,
    /// Whom it names, so who may get something.
    pub(super) named: Address,
}

/// The values of a call.
struct Values<'a> {
    /// In the place of its addresses, one after the other; the stranger where there are more.
    addresses: Vec<Address>,
    number: U256,
    /// In the place of bytes.
    bytes: &'a [u8],
    /// How many elements its lists have.
    elements: usize,
}

impl<'a> Known<'a> {
    /// What a document says.
    pub(in crate::plan) fn of(document: Option<&'a Document>) -> Self {
        Self {
            interface: document.and_then(|known| known.interface.as_ref()),
            layout: document.map(|known| &known.layout),
        }
    }

    /// Whether the functions are known.
    pub(in crate::plan) const fn has_functions(&self) -> bool {
        self.interface.is_some()
    }

    /// The functions that are called: what changes something of the code, and what such code usually has.
    pub(super) fn functions(&self) -> Vec<Function> {
        let own = self.abi();
        let usual = WELL_KNOWN
            .iter()
            .filter_map(|entry| Function::parse(entry).ok());
        let mut all: BTreeMap<[u8; 4], Function> = BTreeMap::new();
        for function in usual.chain(own).filter(|one| !is_view(one)) {
            if all.len() < FUNCTIONS_MAX {
                all.insert(function.selector().0, function);
            }
        }
        all.into_values().collect()
    }

    fn abi(&self) -> impl Iterator<Item = Function> {
        let own = self.interface.into_iter().flat_map(PublicInterface::abi);
        own.filter_map(|entry| Function::parse(entry).ok())
    }

    /// The addresses that an account keeps, by its layout and by its getters: tokens, holders, and whoever else matters
    /// to it.
    pub(super) fn kept(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Vec<Address>, ChainError> {
        let mut kept = Vec::new();
        let names = SlotNames::default().with_layout(self.layout);
        let address_bytes = u64::try_from(Address::len_bytes()).unwrap_or(WORD);
        let fields = names.fixed().map(|one| &one.held);
        for held in fields.filter(|held| held.size == address_bytes) {
            let word = copy.chain.storage(account, held.slot, BlockId::latest())?;
            kept.extend(Address::try_from(held.bytes(&word)));
        }
        let is_getter = |one: &Function| {
            let [output] = one.outputs.as_slice() else {
                return false;
            };
            is_view(one) && one.inputs.is_empty() && output.ty == "address"
        };
        for getter in self.abi().filter(is_getter).take(FUNCTIONS_MAX) {
            let input = getter.selector().to_vec().into();
            let (is_answer, output) = copy.probe(account, input)?;
            let values = getter.abi_decode_output(&output).ok();
            let values = values.filter(|_| is_answer).into_iter().flatten();
            kept.extend(values.filter_map(|value| value.as_address()));
        }
        let mut once: Vec<Address> = Vec::new();
        for one in kept {
            let is_new = !one.is_zero() && one != account && !once.contains(&one);
            if is_new && once.len() < KEPT_MAX {
                once.push(one);
            }
        }
        Ok(once)
    }
}

fn is_view(function: &Function) -> bool {
    matches!(
        function.state_mutability,
        StateMutability::View | StateMutability::Pure
    )
}

/// The calls of a function: with the stranger as everybody and several numbers, then with the code and with addresses
/// that the account keeps in the place of each address.
pub(super) fn calls(function: &Function, code: Address, kept: &[Address]) -> Vec<Call> {
    let types: Option<Vec<DynSolType>> = function
        .inputs
        .iter()
        .map(|input| input.resolve().ok())
        .collect();
    let Some(types) = types else {
        return Vec::new();
    };
    let places: usize = types.iter().map(addresses).sum();
    // Who can have a token called takes what the account has of it.
    let transfer = Function::parse("function transfer(address,uint256)").ok();
    let transfer = transfer.and_then(|token| {
        let one = DynSolValue::Uint(U256::ONE, 256);
        token
            .abi_encode_input(&[DynSolValue::Address(STRANGER), one])
            .ok()
    });
    let transfer = transfer.unwrap_or_default();
    let plain = |number: U256| Values {
        addresses: Vec::new(),
        number,
        bytes: &[],
        elements: 1,
    };
    let nothing = Values {
        elements: 0,
        ..plain(U256::ONE)
    };
    let of_code = Values {
        addresses: vec![code],
        ..plain(U256::ONE)
    };
    let named = kept.iter().flat_map(|one| {
        let bytes = transfer.as_slice();
        (0..places.min(PLACES_MAX)).map(move |place| {
            let mut addresses = vec![STRANGER; place];
            addresses.push(*one);
            let number = U256::ONE;
            Values {
                addresses,
                number,
                bytes,
                elements: 1,
            }
        })
    });
    let mut all: Vec<Call> = Vec::new();
    let values = [
        plain(U256::ONE),
        of_code,
        plain(U256::ZERO),
        plain(BALANCE),
        nothing,
    ];
    for with in values.into_iter().chain(named) {
        let Some(input) = calldata(function, &types, &with) else {
            continue;
        };
        if all.iter().any(|one| one.input == input) {
            continue;
        }
        let first = with.addresses.first();
        all.push(Call {
            signature: function.signature(),
            input,
            value: U256::ZERO,
            named: first
                .filter(|one| **one == code)
                .copied()
                .unwrap_or(STRANGER),
        });
    }
    if let (StateMutability::Payable, Some(first)) = (function.state_mutability, all.first()) {
        let value = U256::ONE;
        all.push(Call {
            value,
            ..first.clone()
        });
    }
    all
}

/// How many addresses a value of that type has.
fn addresses(ty: &DynSolType) -> usize {
    match ty {
        DynSolType::Address => 1,
        DynSolType::Array(of) => addresses(of),
        DynSolType::FixedArray(of, count) => addresses(of).saturating_mul(*count),
        DynSolType::Tuple(of) => of.iter().map(addresses).sum(),
        _ => 0,
    }
}

fn calldata(function: &Function, types: &[DynSolType], with: &Values<'_>) -> Option<Bytes> {
    let mut addresses = with.addresses.iter().copied();
    let values: Vec<DynSolValue> = types
        .iter()
        .map(|ty| value(ty, with, &mut addresses))
        .collect();
    function.abi_encode_input(&values).ok().map(Bytes::from)
}

fn value(
    ty: &DynSolType,
    with: &Values<'_>,
    named: &mut impl Iterator<Item = Address>,
) -> DynSolValue {
    match ty {
        DynSolType::Address => DynSolValue::Address(named.next().unwrap_or(STRANGER)),
        DynSolType::Bool => DynSolValue::Bool(!with.number.is_zero()),
        DynSolType::Uint(bits) => {
            let most = U256::MAX.wrapping_shr(256_usize.saturating_sub(*bits));
            DynSolValue::Uint(with.number.min(most), *bits)
        }
        DynSolType::Int(bits) => DynSolValue::Int(I256::ONE, *bits),
        DynSolType::FixedBytes(bytes) => DynSolValue::FixedBytes(B256::ZERO, *bytes),
        DynSolType::Function => DynSolValue::Function(alloy::primitives::Function::ZERO),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(of) => {
            DynSolValue::Array((0..with.elements).map(|_| value(of, with, named)).collect())
        }
        DynSolType::FixedArray(of, count) => DynSolValue::FixedArray(
            (0..(*count).min(FUNCTIONS_MAX))
                .map(|_| value(of, with, named))
                .collect(),
        ),
        DynSolType::Tuple(of) => {
            DynSolValue::Tuple(of.iter().map(|one| value(one, with, named)).collect())
        }
        _ => DynSolValue::Bytes(with.bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_called_with_values_of_their_types() {
        let interface = PublicInterface::new(
            [
                "function get() view returns (uint256)".to_owned(),
                "function set((address,uint8[2])[2],bytes4,string,int8)".to_owned(),
                "function many(address[],bytes,uint256) payable".to_owned(),
            ],
            [],
        )
        .expect("an interface");
        let known = Known {
            interface: Some(&interface),
            layout: None,
        };
        let all = known.functions();
        assert_eq!(all.len(), WELL_KNOWN.len() + 2);
        let kept = [Address::repeat_byte(7)];
        for function in &all {
            let calls = calls(function, Address::repeat_byte(9), &kept);
            assert!(!calls.is_empty());
            for call in calls {
                let read = function.abi_decode_input(&call.input[4..]);
                assert!(read.is_ok(), "{function:?}");
            }
        }
        let many = all.iter().find(|one| one.name == "many").expect("it");
        let many = calls(many, Address::repeat_byte(9), &kept);
        // Three numbers, the code, an empty list, what is kept, and one that pays.
        assert_eq!(many.len(), 7, "{many:#?}");
        assert_eq!(many.iter().filter(|one| one.value == U256::ONE).count(), 1);
    }
}
