//! The calls that are tried: those that replace code, those by which an account takes the right to, and then the other
//! functions of the code that take something.

use crate::plan::strangers::Known;
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, StateMutability};
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
    let all = USUAL.iter();
    all.filter_map(|entry| Function::parse(entry).ok())
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

fn is_view(function: &Function) -> bool {
    matches!(
        function.state_mutability,
        StateMutability::View | StateMutability::Pure
    )
}

/// Calls that replace the code of `proxy` by that at `probe`. `admin` is the contract in its ERC-1967 admin slot.
pub(super) fn replacing_calls(
    known: &Known<'_>,
    proxy: Address,
    admin: Option<Address>,
    probe: Address,
) -> Vec<ControlCall> {
    let listed = known.functions().filter(is_replacing);
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
pub(super) fn other_calls(known: &Known<'_>, proxy: Address, probe: Address) -> Vec<ControlCall> {
    let others = known.functions().filter(|function| {
        let takes_something = !function.inputs.is_empty();
        takes_something && !is_view(function) && !is_replacing(function)
    });
    let calls = others.filter_map(|function| call_with(&function, proxy, probe));
    calls.take(OTHERS_MAX).collect()
}

/// A call of a function, with the code at `probe` as each address, and the implementation slot as the first word.
fn call_with(function: &Function, proxy: Address, probe: Address) -> Option<ControlCall> {
    let types: Option<Vec<DynSolType>> = function
        .inputs
        .iter()
        .map(|input| input.resolve().ok())
        .collect();
    let mut words = [slots::IMPLEMENTATION].into_iter();
    let values: Vec<DynSolValue> = types?
        .iter()
        .map(|ty| value(ty, probe, &mut words))
        .collect::<Option<_>>()?;
    let input = function.abi_encode_input(&values).ok()?;
    Some(ControlCall {
        to: proxy,
        signature: function.signature(),
        input: input.into(),
    })
}

/// A value of that type. The words come first from `words`, then they are the probe's address.
fn value(
    ty: &DynSolType,
    probe: Address,
    words: &mut impl Iterator<Item = B256>,
) -> Option<DynSolValue> {
    Some(match ty {
        DynSolType::Address => DynSolValue::Address(probe),
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Uint(256) => {
            let word = words.next().unwrap_or_else(|| probe.into_word());
            DynSolValue::Uint(word.into(), 256)
        }
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::Int(bits) => DynSolValue::Int(I256::ONE, *bits),
        DynSolType::FixedBytes(32) => {
            let word = words.next().unwrap_or_else(|| probe.into_word());
            DynSolValue::FixedBytes(word, 32)
        }
        DynSolType::FixedBytes(bytes) => DynSolValue::FixedBytes(B256::ZERO, *bytes),
        DynSolType::Bytes => DynSolValue::Bytes(SOME_BYTES.into()),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(of) => DynSolValue::Array(vec![value(of, probe, words)?]),
        DynSolType::FixedArray(of, count) if *count <= 8 => {
            let values = (0..*count).map(|_| value(of, probe, words));
            DynSolValue::FixedArray(values.collect::<Option<_>>()?)
        }
        DynSolType::Tuple(of) => {
            let values = of.iter().map(|ty| value(ty, probe, words));
            DynSolValue::Tuple(values.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
