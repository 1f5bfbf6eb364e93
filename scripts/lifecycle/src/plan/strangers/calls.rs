//! Calls of a stranger: every function with several values, no function, and nothing at all.

use super::takes::IToken;
use crate::client::ChainError;
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use crate::plan::slots::SlotNames;
use crate::simulation::Simulation;
use alloy::dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{Address, B256, Bytes, I256, U256, hex};
use alloy::sol_types::SolCall;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::BlockId;
use stylus_layout::{Document, Layout, PublicInterface, WORD_BYTES};

/// Functions that are called, at most.
const FUNCTIONS_MAX: usize = 1_024;
/// Words that the arguments of a call may take.
const ARGUMENTS_MAX: usize = 4_096;
/// The name of a call of no function, and of one without any bytes.
pub(super) const FALLBACK: &str = "fallback()";
const RECEIVE: &str = "receive()";
/// A selector that no function has.
const OF_NO_FUNCTION: [u8; 4] = [0x5e; 4];
/// Addresses that an account keeps and that are named in calls, at most.
const KEPT_MAX: usize = 8;
/// Functions that answer an address and are asked, at most.
const GETTERS_MAX: usize = 64;
/// The address by which contracts list ether among tokens, beside the zero address.
const ETHER: Address = Address::repeat_byte(0xee);
/// Arguments of a function in whose place they are named, at most.
const PLACES_MAX: usize = 4;
/// Wei that an account has on the copy, at least: what pays ether out needs some.
pub(super) const BALANCE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Arguments of a function of which nothing but its selector is known.
const ARGUMENTS_UNKNOWN: usize = 16;
/// The functions that are called of any code, whatever is known of its functions.
const WELL_KNOWN: [&str; 33] = [
    "function initialize()",
    "function initialize(address)",
    "function initialize(uint256)",
    "function initialize(bytes)",
    "function initialize(address,address)",
    "function initialize(address,uint256)",
    "function initialize(uint256,address)",
    "function initialize(address,bytes)",
    "function initialize(string,string)",
    "function initialize(address,address,address)",
    "function initialize(address,address,uint256)",
    "function initialize(string,string,address)",
    "function initialize(address,address,address,address)",
    "function initializeV2()",
    "function init()",
    "function init(address)",
    "function init(bytes)",
    "function setup(address)",
    "function setAdmin(address)",
    "function setGovernance(address)",
    "function setGovernor(address)",
    "function setLogic(address)",
    "function claimOwnership()",
    "function acceptOwnership()",
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

/// The known documents of an account's code, and of the code that it ran before.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Known<'a> {
    documents: Vec<&'a Document>,
}

/// A variable that may hold an address.
#[derive(Debug, Clone)]
pub(in crate::plan) struct AddressField {
    pub(in crate::plan) name: String,
    slot: U256,
    offset: u64,
}

impl AddressField {
    /// Reads the address that it holds.
    pub(in crate::plan) fn of(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Address, ChainError> {
        let word = copy.chain.storage(account, self.slot, BlockId::latest())?;
        Ok(self.held_in(word))
    }

    /// The address in the word of its slot.
    pub(in crate::plan) fn held_in(&self, word: B256) -> Address {
        let bits = usize::try_from(self.offset.saturating_mul(8)).unwrap_or_default();
        let word = B256::from(U256::from_be_bytes(word.0).wrapping_shr(bits));
        Address::from_word(word)
    }

    /// Its slot.
    pub(in crate::plan) fn slot_word(&self) -> B256 {
        self.slot.into()
    }
}

/// A target of calls: a function, or none.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) signature: String,
    /// True if its author says that it changes nothing.
    pub(super) is_view: bool,
    pub(super) calls: Vec<Call>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) input: Bytes,
    /// Wei that the stranger pays with it.
    pub(super) value: U256,
}

/// The values of a call.
struct Values<'a> {
    /// In the place of its addresses, one after the other; the stranger where there are more.
    addresses: Vec<Address>,
    number: U256,
    /// In the place of bytes.
    bytes: &'a [u8],
    /// The number of elements in its lists.
    elements: usize,
}

impl<'a> Known<'a> {
    /// Collects the facts in documents, that of the code itself first.
    pub(in crate::plan) fn of(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self {
            documents: documents.into_iter().collect(),
        }
    }

    /// Returns true if the functions of the code itself are known.
    pub(in crate::plan) fn has_functions(&self) -> bool {
        let own = self.documents.first();
        own.is_some_and(|known| known.interface.is_some())
    }

    /// Lists the calls of an account that runs `code`, keeps these addresses and answers these selectors, and functions that
    /// are not called: that are too many, or take too much.
    pub(super) fn entries(
        &self,
        code: Address,
        kept: &[Address],
        answered: &[[u8; 4]],
    ) -> (Vec<Entry>, Vec<String>) {
        let raw = [(FALLBACK, OF_NO_FUNCTION.as_slice()), (RECEIVE, &[])];
        let raw = raw.map(|(signature, input)| Entry {
            signature: signature.into(),
            is_view: false,
            calls: [U256::ZERO, U256::ONE]
                .map(|value| Call {
                    input: input.to_vec().into(),
                    value,
                })
                .into(),
        });
        let all: BTreeMap<[u8; 4], Function> = well_known()
            .chain(abi(&self.documents))
            .map(|function| (function.selector().0, function))
            .collect();
        let (mut entries, mut left_out) = (Vec::from(raw), Vec::new());
        let unnamed = answered
            .iter()
            .filter(|selector| !all.contains_key(*selector));
        entries.extend(unnamed.map(|selector| Entry::of_selector(*selector)));
        for function in all.into_values() {
            let signature = function.signature();
            let calls = calls(&function, code, kept);
            if calls.is_empty() || entries.len() >= FUNCTIONS_MAX {
                left_out.push(signature)
            } else {
                entries.push(Entry {
                    signature,
                    is_view: is_view(&function),
                    calls,
                })
            }
        }
        (entries, left_out)
    }

    /// The signatures of functions that the code before had.
    pub(super) fn earlier(&self) -> BTreeSet<String> {
        let earlier = self.documents.get(1..).unwrap_or_default();
        abi(earlier).map(|function| function.signature()).collect()
    }

    /// Its variables that have the size of an address.
    pub(in crate::plan) fn address_fields(&self) -> Vec<AddressField> {
        address_fields(self.documents.iter().map(|known| &known.layout))
    }

    /// The functions that answer an address and take nothing.
    pub(in crate::plan) fn address_getters(&self) -> Vec<Function> {
        let is_getter = |function: &Function| {
            let [output] = function.outputs.as_slice() else {
                return false;
            };
            is_view(function) && function.inputs.is_empty() && output.ty == "address"
        };
        abi(&self.documents)
            .filter(is_getter)
            .take(GETTERS_MAX)
            .collect()
    }

    /// The functions that the documents list.
    pub(in crate::plan) fn functions(&self) -> impl Iterator<Item = Function> {
        abi(&self.documents)
    }

    /// Reads the answers of an account to functions that take nothing and answer a word, such as the name of a role.
    pub(in crate::plan) fn words(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Vec<B256>, ChainError> {
        let getters = abi(&self.documents).filter(|function| {
            let output = function.outputs.first();
            let is_word = output.is_some_and(|output| output.ty == "bytes32");
            is_word && function.inputs.is_empty() && is_view(function)
        });
        let mut words = Vec::new();
        for getter in getters.take(GETTERS_MAX) {
            let (is_answer, output) = copy.probe(account, getter.selector().to_vec().into())?;
            let word = output.get(..B256::len_bytes()).filter(|_| is_answer);
            words.extend(word.map(B256::from_slice));
        }
        Ok(words)
    }

    /// Other accounts whose addresses an account stores, such as tokens and holders, by the name of the variable or
    /// getter.
    pub(in crate::plan) fn named_addresses(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Vec<(String, Address)>, ChainError> {
        let mut named = Vec::new();
        for field in self.address_fields() {
            let address = field.of(copy, account)?;
            named.push((field.name, address));
        }
        for getter in self.address_getters() {
            let address = answered(copy, account, &getter)?;
            named.extend(address.map(|address| (getter.signature(), address)));
        }
        named.retain(|(_, address)| !address.is_zero() && *address != account);
        Ok(named)
    }

    /// A few of these addresses, each once.
    pub(super) fn kept(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Vec<Address>, ChainError> {
        let mut kept: Vec<Address> = Vec::new();
        for (_, address) in self.named_addresses(copy, account)? {
            if kept.len() < KEPT_MAX && !kept.contains(&address) {
                kept.push(address);
            }
        }
        Ok(kept)
    }
}

/// The variables of layouts that have the size of an address, one for each place.
pub(in crate::plan) fn address_fields<'l>(
    layouts: impl IntoIterator<Item = &'l Layout>,
) -> Vec<AddressField> {
    let size = u64::try_from(Address::len_bytes()).unwrap_or(WORD_BYTES);
    let mut all: BTreeMap<(U256, u64), AddressField> = BTreeMap::new();
    for layout in layouts {
        let names = SlotNames::default().with_layout(Some(layout));
        let placed = names.placed();
        for field in placed.filter(|field| field.place.bytes_taken() == size) {
            let (slot, offset) = (field.place.slot, field.place.offset);
            let name = field.name.clone();
            let field = AddressField { name, slot, offset };
            all.entry((slot, offset)).or_insert(field);
        }
    }
    all.into_values().collect()
}

/// Functions that are called of any code.
pub(super) fn well_known() -> impl Iterator<Item = Function> {
    let all = WELL_KNOWN.iter();
    all.filter_map(|entry| Function::parse(entry).ok())
}

impl Entry {
    /// A function of which nothing but its selector is known: its arguments are the same word many times.
    fn of_selector(selector: [u8; 4]) -> Self {
        let words = [
            STRANGER.into_word(),
            B256::with_last_byte(1),
            B256::ZERO,
            PROBE.into_word(),
        ];
        let calls = words.map(|word| Call {
            input: calldata_of_words(selector, word),
            value: U256::ZERO,
        });
        Self {
            signature: hex::encode_prefixed(selector),
            is_view: false,
            calls: calls.into(),
        }
    }
}

/// The calldata of a function with the same word as each argument.
pub(super) fn calldata_of_words(selector: [u8; 4], word: B256) -> Bytes {
    let words = std::iter::repeat_n(word, ARGUMENTS_UNKNOWN).flatten();
    selector.into_iter().chain(words).collect()
}

/// Reads the answer of an account to a function that takes nothing, if it is an address.
pub(super) fn answered(
    copy: &Simulation,
    account: Address,
    getter: &Function,
) -> Result<Option<Address>, ChainError> {
    let (is_answer, output) = copy.probe(account, getter.selector().to_vec().into())?;
    let values = getter.abi_decode_output(&output).ok();
    let values = values.filter(|_| is_answer).unwrap_or_default();
    Ok(values.first().and_then(|value| value.as_address()))
}

/// The functions that documents list.
fn abi(documents: &[&Document]) -> impl Iterator<Item = Function> {
    let all = documents.iter();
    let all = all.filter_map(|known| known.interface.as_ref());
    all.flat_map(PublicInterface::abi)
        .filter_map(|entry| Function::parse(entry).ok())
}

fn is_view(function: &Function) -> bool {
    matches!(
        function.state_mutability,
        StateMutability::View | StateMutability::Pure
    )
}

/// The calls of a function: with the stranger as everybody and several numbers, then with the code, with other code of the
/// stranger, and with addresses that the account keeps in the place of each address. None, if its arguments take too much.
fn calls(function: &Function, code: Address, kept: &[Address]) -> Vec<Call> {
    let types: Option<Vec<DynSolType>> = function
        .inputs
        .iter()
        .map(|input| input.resolve().ok())
        .collect();
    let words = |types: &Vec<DynSolType>| {
        let words = types.iter().map(words);
        words.fold(0, usize::saturating_add) <= ARGUMENTS_MAX
    };
    let Some(types) = types.filter(words) else {
        return Vec::new();
    };
    let places = types.iter().map(addresses);
    let places = places.fold(0, usize::saturating_add);
    // Who can have a token called takes what the account has of it.
    let transfer = IToken::transferCall {
        to: *STRANGER,
        amount: U256::ONE,
    };
    let transfer = transfer.abi_encode();
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
    let named = [&*PROBE, &ETHER, &Address::ZERO]
        .into_iter()
        .chain(kept)
        .flat_map(|account| {
            let bytes = transfer.as_slice();
            (0..places.min(PLACES_MAX)).map(move |place| {
                let mut addresses = vec![*STRANGER; place];
                addresses.push(*account);
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
        let value = U256::ZERO;
        if all.iter().all(|call| call.input != input) {
            all.push(Call { input, value });
        }
    }
    if function.state_mutability == StateMutability::Payable {
        let value = U256::ONE;
        let paid = all.iter().map(|call| Call {
            input: call.input.clone(),
            value,
        });
        all.extend(paid.collect::<Vec<_>>());
    }
    all
}

/// Estimates the number of words that a value of that type takes here.
fn words(ty: &DynSolType) -> usize {
    match ty {
        DynSolType::Bytes | DynSolType::String => 5,
        DynSolType::Array(of) => words(of).saturating_add(2),
        DynSolType::FixedArray(of, count) => words(of).saturating_mul(*count),
        DynSolType::Tuple(of) => of.iter().map(words).fold(1, usize::saturating_add),
        _ => 1,
    }
}

/// Counts the addresses in a value of that type.
fn addresses(ty: &DynSolType) -> usize {
    match ty {
        DynSolType::Address => 1,
        DynSolType::Array(of) => addresses(of),
        DynSolType::FixedArray(of, count) => addresses(of).saturating_mul(*count),
        DynSolType::Tuple(of) => of.iter().map(addresses).fold(0, usize::saturating_add),
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
        DynSolType::Address => DynSolValue::Address(named.next().unwrap_or(*STRANGER)),
        DynSolType::Bool => DynSolValue::Bool(!with.number.is_zero()),
        DynSolType::Uint(bits) => {
            let most = U256::MAX.wrapping_shr(256_usize.saturating_sub(*bits));
            DynSolValue::Uint(with.number.min(most), *bits)
        }
        DynSolType::Int(bits) => DynSolValue::Int(I256::ONE, *bits),
        // Its low-order end, as of a number.
        DynSolType::FixedBytes(bytes) => {
            let word = with
                .number
                .wrapping_shl(256_usize.saturating_sub(8 * *bytes));
            DynSolValue::FixedBytes(word.into(), *bytes)
        }
        DynSolType::Function => DynSolValue::Function(alloy::primitives::Function::ZERO),
        DynSolType::String => DynSolValue::String("a".repeat(with.elements)),
        DynSolType::Array(of) => {
            DynSolValue::Array((0..with.elements).map(|_| value(of, with, named)).collect())
        }
        DynSolType::FixedArray(of, count) => {
            DynSolValue::FixedArray((0..*count).map(|_| value(of, with, named)).collect())
        }
        DynSolType::Tuple(of) => {
            DynSolValue::Tuple(of.iter().map(|part| value(part, with, named)).collect())
        }
        _ => DynSolValue::Bytes(with.bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_called_with_values_of_their_types() {
        let kept = [Address::repeat_byte(7)];
        let code = Address::repeat_byte(9);
        for (signature, expected) in [
            // Two addresses: 1, the code, 0, 10^18, an empty text, then other code and what is kept in both places.
            ("function get() view returns (uint256)", 1),
            ("function set((address,uint8[2])[2],bytes4,string,int8)", 13),
            // An empty list too, and all of it with a payment.
            ("function many(address[],bytes,uint256) payable", 18),
            ("function large(uint256[4096])", 3),
            ("function larger(uint256[4097])", 0),
            ("function bomb(uint256[65536][65536][65536][65536])", 0),
        ] {
            let function = Function::parse(signature).expect("a function");
            let calls = calls(&function, code, &kept);
            assert_eq!(calls.len(), expected, "{signature}");
            for call in calls {
                let read = function.abi_decode_input(&call.input[4..]);
                assert!(read.is_ok(), "{signature}");
            }
        }
    }

    #[test]
    fn what_is_called_of_unknown_code_is_what_such_code_usually_has() {
        let (entries, left_out) = Known::default().entries(Address::ZERO, &[], &[[1, 2, 3, 4]]);
        assert_eq!(entries.len(), WELL_KNOWN.len() + 3);
        let unnamed = entries.iter().find(|entry| entry.signature == "0x01020304");
        let unnamed = unnamed.expect("a selector");
        assert!(
            unnamed
                .calls
                .iter()
                .all(|call| call.input.starts_with(&[1, 2, 3, 4]))
        );
        assert_eq!(left_out, Vec::<String>::new());
        assert!(!Known::default().has_functions());
    }
}
