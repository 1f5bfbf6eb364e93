//! The calls that are tried: those that replace code, those by which an account takes the right to, those that initialize,
//! and then the other functions of the code.

use super::contract_abi::{ContractAbi, is_view};
use crate::plan::code_checks::compared_constants;
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Bytes, I256, U256};
use alloy::sol;
use alloy::sol_types::SolCall;
use std::collections::BTreeMap;
use stylus_upgrades_interface::slots;

/// Functions that replace code, as they are usually called. Code may answer one that its document does not list.
const USUAL: [&str; 10] = [
    "function upgradeTo(address)",
    "function upgradeToAndCall(address,bytes)",
    "function upgrade(address)",
    "function upgradeImplementation(address)",
    "function setImplementation(address)",
    "function changeImplementation(address)",
    "function updateImplementation(address)",
    "function setLogic(address)",
    "function setCode(address)",
    "function changeAdmin(address)",
];
/// Functions that initialize, as they are usually called.
const USUAL_INITIALIZERS: [&str; 18] = [
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
];
/// Functions that give rights away, as they are usually called.
const USUAL_RIGHTS: [&str; 9] = [
    "function setAdmin(address)",
    "function setGovernance(address)",
    "function setGovernor(address)",
    "function setOwner(address)",
    "function transferOwnership(address)",
    "function claimOwnership()",
    "function acceptOwnership()",
    "function renounceOwnership()",
    "function grantRole(bytes32,address)",
];
/// Words that the name of a function begins with which initializes.
const INITIALIZING: [&str; 3] = ["init", "reinit", "setup"];
/// Words that a function has in its name which gives rights away.
const RIGHTS: [&str; 5] = ["owner", "admin", "govern", "role", "authority"];
/// Words that a function has in its name which replaces code.
const REPLACING: [&str; 5] = [
    "upgrade",
    "implementation",
    "setlogic",
    "setcode",
    "changeadmin",
];
/// Other functions of the code that each account calls, at most.
const OTHERS_MAX: usize = 48;
/// Bytes of an argument of an unknown length: a selector that nobody has.
const SOME_BYTES: [u8; 4] = [0x5e; 4];

sol! {
    /// OpenZeppelin's ProxyAdmin, 4.x and 5.x, to its owner.
    interface IProxyAdmin {
        function upgrade(address proxy, address implementation) external;
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
        function changeProxyAdmin(address proxy, address newAdmin) external;
    }

    /// Functions by which an account takes a right that it may give itself.
    interface IRights {
        function unpause() external;
        function acceptOwnership() external;
        function claimOwnership() external;
        function acceptDefaultAdminTransfer() external;
        function transferOwnership(address newOwner) external;
        function grantRole(bytes32 role, address account) external;
    }

    /// The same of managers of rights, which number their roles: OpenZeppelin's AccessManager, and simpler ones.
    interface IManager {
        function grantRole(uint64 role, address account) external;
    }

    interface IAccessManager {
        function grantRole(uint64 role, address account, uint32 delay) external;
    }
}

/// A call, by whoever tries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ControlCall {
    pub(super) to: Address,
    pub(super) signature: String,
    pub(super) input: Bytes,
}

impl ControlCall {
    fn new<C: SolCall>(to: Address, call: &C) -> Self {
        Self {
            to,
            signature: C::SIGNATURE.into(),
            input: call.abi_encode().into(),
        }
    }
}

/// Functions that replace code, as they are usually called.
pub(super) fn usual_functions() -> impl Iterator<Item = Function> {
    parse_functions(&USUAL)
}

fn parse_functions(entries: &[&str]) -> impl Iterator<Item = Function> {
    let functions = entries.iter();
    functions.filter_map(|entry| Function::parse(entry).ok())
}

/// The usual initializers that the module of a program may answer, by its constants.
pub fn usual_initializers(module: &[u8]) -> Vec<String> {
    let constants = compared_constants(&[], Some(module));
    let is_answered = |function: &Function| {
        let selector = u32::from_be_bytes(function.selector().0);
        function.name.starts_with("init") && constants.contains(&selector)
    };
    let initializers = parse_functions(&USUAL_INITIALIZERS).filter(is_answered);
    initializers.map(|function| function.signature()).collect()
}

/// Returns true if a function initializes, replaces code or gives rights away, by its name.
fn is_listed(function: &Function) -> bool {
    let name = function.name.to_lowercase();
    let initializes = INITIALIZING.iter().any(|word| name.starts_with(word));
    initializes || is_replacing(function) || RIGHTS.iter().any(|word| name.contains(word))
}

/// Returns true if a function replaces code, by its name.
pub(super) fn is_replacing(function: &Function) -> bool {
    let name = function.name.to_lowercase();
    let takes_code = function
        .inputs
        .iter()
        .any(|input| ["address", "bytes32", "bytes"].contains(&input.ty.as_str()));
    let is_view = is_view(function);
    !is_view && takes_code && REPLACING.iter().any(|word| name.contains(word))
}

/// Calls that replace the code of `proxy` by that at `probe`. `admin` is the contract in its ERC-1967 admin slot.
pub(super) fn replacing_calls(
    abi: &ContractAbi<'_>,
    proxy: Address,
    admin: Option<Address>,
    probe: Address,
) -> Vec<ControlCall> {
    let listed = abi.functions().filter(is_replacing);
    let all: BTreeMap<[u8; 4], Function> = usual_functions()
        .chain(listed)
        .map(|function| (function.selector().0, function))
        .collect();
    let own = all.into_values();
    let own = own.filter_map(|function| call_with(&function, proxy, probe));
    let of_admin = admin.map(|admin| {
        let data = Bytes::new();
        [
            ControlCall::new(
                admin,
                &IProxyAdmin::upgradeCall {
                    proxy,
                    implementation: probe,
                },
            ),
            ControlCall::new(
                admin,
                &IProxyAdmin::upgradeAndCallCall {
                    proxy,
                    implementation: probe,
                    data,
                },
            ),
            ControlCall::new(
                admin,
                &IProxyAdmin::changeProxyAdminCall {
                    proxy,
                    newAdmin: probe,
                },
            ),
        ]
    });
    own.chain(of_admin.into_iter().flatten()).collect()
}

/// Calls by which `account` takes rights over `proxy` that it may give itself, there and at the contracts that manage them.
pub(super) fn rights_calls(
    account: Address,
    proxy: Address,
    managers: &[Address],
    roles: &[B256],
) -> Vec<ControlCall> {
    let mut calls = vec![
        ControlCall::new(proxy, &IRights::unpauseCall {}),
        ControlCall::new(proxy, &IRights::acceptOwnershipCall {}),
        ControlCall::new(proxy, &IRights::claimOwnershipCall {}),
        ControlCall::new(proxy, &IRights::acceptDefaultAdminTransferCall {}),
        ControlCall::new(proxy, &IRights::transferOwnershipCall { newOwner: account }),
    ];
    for contract in [proxy].iter().chain(managers) {
        for role in roles {
            let call = IRights::grantRoleCall {
                role: *role,
                account,
            };
            calls.push(ControlCall::new(*contract, &call));
        }
    }
    for manager in managers {
        let numbers = roles.iter().map(|role| U256::from_be_bytes(role.0));
        let numbers = numbers.filter_map(|role| u64::try_from(role).ok());
        for role in numbers {
            let plain = IManager::grantRoleCall { role, account };
            let delayed = IAccessManager::grantRoleCall {
                role,
                account,
                delay: 0,
            };
            calls.push(ControlCall::new(*manager, &plain));
            calls.push(ControlCall::new(*manager, &delayed));
        }
    }
    calls
}

/// The other functions of the code that change something and take something.
pub(super) fn other_calls(
    abi: &ContractAbi<'_>,
    proxy: Address,
    probe: Address,
) -> Vec<ControlCall> {
    let others = abi.functions().filter(|function| {
        let takes_something = !function.inputs.is_empty();
        takes_something && !is_view(function) && !is_replacing(function)
    });
    let calls = others.filter_map(|function| call_with(&function, proxy, probe));
    calls.take(OTHERS_MAX).collect()
}

/// A function that is called as somebody without rights.
pub(super) struct OpenFunction {
    pub(super) signature: String,
    /// Its calls; none if its arguments take too much.
    pub(super) calls: Vec<ControlCall>,
    /// True if it initializes, replaces code or gives rights away, by its name.
    pub(super) is_listed: bool,
}

/// The functions that are called as somebody without rights: those that initialize, replace code or give rights away by
/// their names, the usual ones of that kind, then the others that change something.
pub(super) fn open_functions(abi: &ContractAbi<'_>, account: Address) -> Vec<OpenFunction> {
    let own: BTreeMap<[u8; 4], Function> = abi
        .functions()
        .filter(|function| !is_view(function))
        .map(|function| (function.selector().0, function))
        .collect();
    let usual = parse_functions(&USUAL_INITIALIZERS).chain(parse_functions(&USUAL_RIGHTS));
    let usual = usual.chain(usual_functions());
    let usual: BTreeMap<[u8; 4], Function> = usual
        .map(|function| (function.selector().0, function))
        .filter(|(selector, _)| !own.contains_key(selector))
        .collect();
    let (listed, others): (Vec<Function>, Vec<Function>) = own.into_values().partition(is_listed);
    let all = listed.into_iter().chain(usual.into_values()).chain(others);
    all.map(|function| open_function(&function, account))
        .collect()
}

fn open_function(function: &Function, account: Address) -> OpenFunction {
    let for_caller = ArgumentValues {
        address: *STRANGER,
        number: Some(U256::ONE),
        words: Vec::new().into_iter(),
    };
    let mut calls: Vec<ControlCall> = Vec::new();
    for values in [for_caller, ArgumentValues::of_code(*PROBE)] {
        let call = call_of(function, account, values);
        calls.extend(call.filter(|call| !calls.contains(call)));
    }
    OpenFunction {
        signature: function.signature(),
        calls,
        is_listed: is_listed(function),
    }
}

/// A call of a function, with the code at `probe` as each address, and the implementation slot as the first word.
fn call_with(function: &Function, proxy: Address, probe: Address) -> Option<ControlCall> {
    call_of(function, proxy, ArgumentValues::of_code(probe))
}

fn call_of(
    function: &Function,
    account: Address,
    mut arguments: ArgumentValues,
) -> Option<ControlCall> {
    let types: Option<Vec<DynSolType>> = function
        .inputs
        .iter()
        .map(|input| input.resolve().ok())
        .collect();
    let values: Vec<DynSolValue> = types?
        .iter()
        .map(|ty| arguments.value(ty))
        .collect::<Option<_>>()?;
    let input = function.abi_encode_input(&values).ok()?;
    Some(ControlCall {
        to: account,
        signature: function.signature(),
        input: input.into(),
    })
}

/// The values of the arguments of a call.
struct ArgumentValues {
    /// Each address.
    address: Address,
    /// Each number and each word of 32 bytes; nothing if they are `words` and then the address.
    number: Option<U256>,
    words: std::vec::IntoIter<B256>,
}

impl ArgumentValues {
    /// The code at `probe` as each address, and the implementation slot as the first word.
    fn of_code(probe: Address) -> Self {
        Self {
            address: probe,
            number: None,
            words: vec![slots::IMPLEMENTATION].into_iter(),
        }
    }

    fn word(&mut self) -> B256 {
        let address = self.address.into_word();
        match self.number {
            Some(number) => number.into(),
            None => self.words.next().unwrap_or(address),
        }
    }

    /// A value of this type; nothing if it takes too much.
    fn value(&mut self, ty: &DynSolType) -> Option<DynSolValue> {
        Some(match ty {
            DynSolType::Address => DynSolValue::Address(self.address),
            DynSolType::Bool => DynSolValue::Bool(true),
            DynSolType::Uint(256) => DynSolValue::Uint(self.word().into(), 256),
            DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
            DynSolType::Int(bits) => DynSolValue::Int(I256::ONE, *bits),
            DynSolType::FixedBytes(32) => DynSolValue::FixedBytes(self.word(), 32),
            DynSolType::FixedBytes(bytes) => DynSolValue::FixedBytes(B256::ZERO, *bytes),
            DynSolType::Bytes => DynSolValue::Bytes(SOME_BYTES.into()),
            DynSolType::String => DynSolValue::String(String::new()),
            DynSolType::Array(of) => DynSolValue::Array(vec![self.value(of)?]),
            DynSolType::FixedArray(of, count) if *count <= 8 => {
                let values = (0..*count).map(|_| self.value(of));
                DynSolValue::FixedArray(values.collect::<Option<_>>()?)
            }
            DynSolType::Tuple(of) => {
                let values = of.iter().map(|ty| self.value(ty));
                DynSolValue::Tuple(values.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_called_with_values_of_their_types() {
        let account = Address::repeat_byte(7);
        for (signature, expected) in [
            ("function get() returns (uint256)", 1),
            ("function set((address,uint8[2])[2],bytes4,string,int8)", 2),
            ("function note(string,uint8)", 1),
            ("function large(uint256[9])", 0),
            ("function bomb(uint256[65536][65536][65536][65536])", 0),
        ] {
            let function = Function::parse(signature).expect("a function");
            let calls = open_function(&function, account).calls;
            assert_eq!(calls.len(), expected, "{signature}");
            for call in calls {
                assert!(
                    function.abi_decode_input(&call.input[4..]).is_ok(),
                    "{signature}"
                );
            }
        }
    }

    #[test]
    fn usual_functions_of_control_are_called_of_undescribed_code() {
        let functions = open_functions(&ContractAbi::default(), Address::ZERO);
        let usual = USUAL.len() + USUAL_INITIALIZERS.len() + USUAL_RIGHTS.len();
        assert_eq!(functions.len(), usual);
        let calls = functions.iter().map(|function| function.calls.len());
        assert!(functions.iter().all(|function| function.is_listed));
        assert!(calls.sum::<usize>() <= 80);
    }

    #[test]
    fn functions_of_control_are_called_before_others() {
        let names = |word: &str| {
            let function = Function::parse(word).expect("a function");
            is_listed(&function)
        };
        for listed in [
            "function reinitializeV3(uint256)",
            "function setupRoles()",
            "function setOwnerOf(address)",
            "function upgradeVault(address)",
        ] {
            assert!(names(listed), "{listed}");
        }
        for other in ["function mint(address,uint256)", "function begin(uint256)"] {
            assert!(!names(other), "{other}");
        }
    }
}
