//! Functions and variables of code, from the documents of its version and of versions before it.

use crate::client::ChainError;
use crate::plan::slots::SlotNames;
use crate::simulation::Simulation;
use alloy::dyn_abi::FunctionExt;
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{Address, B256, U256};
use std::collections::BTreeMap;
use stylus_chain::BlockId;
use stylus_layout::{Document, Layout, PublicInterface, WORD_BYTES};

/// Functions without arguments that are asked, at most.
const GETTERS_MAX: usize = 64;

/// The functions and variables of an account's code, and of the code that it ran before.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct ContractAbi<'a> {
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

impl<'a> ContractAbi<'a> {
    /// Collects the facts in documents, that of the code itself first.
    pub(in crate::plan) fn of(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self {
            documents: documents.into_iter().collect(),
        }
    }

    /// Returns true if the functions of the code itself are known.
    pub(in crate::plan) fn has_functions(&self) -> bool {
        let own = self.documents.first();
        own.is_some_and(|document| document.interface.is_some())
    }

    /// The functions that the documents list.
    pub(in crate::plan) fn functions(&self) -> impl Iterator<Item = Function> {
        let interfaces = self.documents.iter();
        let interfaces = interfaces.filter_map(|document| document.interface.as_ref());
        interfaces
            .flat_map(PublicInterface::abi)
            .filter_map(|entry| Function::parse(entry).ok())
    }

    /// The functions among them that change nothing, by their declaration.
    pub(in crate::plan) fn views(&self) -> impl Iterator<Item = Function> {
        self.functions().filter(is_view)
    }

    /// Its variables that have the size of an address.
    pub(in crate::plan) fn address_fields(&self) -> Vec<AddressField> {
        address_fields(self.documents.iter().map(|document| &document.layout))
    }

    /// The functions that answer an address and take nothing.
    pub(in crate::plan) fn address_getters(&self) -> Vec<Function> {
        self.getters("address").collect()
    }

    /// The functions that answer one value of this type and take nothing.
    fn getters(&self, ty: &'static str) -> impl Iterator<Item = Function> {
        let is_getter = move |function: &Function| {
            let [output] = function.outputs.as_slice() else {
                return false;
            };
            is_view(function) && function.inputs.is_empty() && output.ty == ty
        };
        self.functions().filter(is_getter).take(GETTERS_MAX)
    }

    /// Reads the answers of an account to functions that take nothing and answer a word, such as the name of a role.
    pub(in crate::plan) fn words(
        &self,
        copy: &Simulation,
        account: Address,
    ) -> Result<Vec<B256>, ChainError> {
        let mut words = Vec::new();
        for getter in self.getters("bytes32") {
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
            let address = ask_address(copy, account, &getter)?;
            named.extend(address.map(|address| (getter.signature(), address)));
        }
        named.retain(|(_, address)| !address.is_zero() && *address != account);
        Ok(named)
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

/// Reads the answer of an account to a function that takes nothing, if it is an address.
pub(super) fn ask_address(
    copy: &Simulation,
    account: Address,
    getter: &Function,
) -> Result<Option<Address>, ChainError> {
    let (is_answer, output) = copy.probe(account, getter.selector().to_vec().into())?;
    let values = getter.abi_decode_output(&output).ok();
    let values = values.filter(|_| is_answer).unwrap_or_default();
    Ok(values.first().and_then(|value| value.as_address()))
}

/// Returns true if a function changes nothing, by its declaration.
pub(super) fn is_view(function: &Function) -> bool {
    matches!(
        function.state_mutability,
        StateMutability::View | StateMutability::Pure
    )
}
