//! Pairs of what only Solidity has: enums, functions, user-defined value types, contracts,
//! inheritance.

use stylus_layout::{Decision, Layout, Members, Verdict};

/// Members of the enum `E`, as upgrades-core adds them to solc's output.
pub type Enum = Option<&'static [&'static str]>;

/// Two bodies of contract `C`, with the text before it in both.
pub struct Case {
    pub name: &'static str,
    pub before: &'static str,
    pub old: &'static str,
    pub new: &'static str,
    pub enums: (Enum, Enum),
    pub expected: &'static [(Verdict, Decision)],
    /// Why upgrades-core says otherwise.
    pub on_purpose: Option<&'static str>,
}

impl Case {
    pub fn source(&self, body: &str) -> String {
        let body = if body.contains("contract C") {
            body.to_owned()
        } else {
            format!("contract C {{ {body} }}")
        };
        format!(
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n{}\n{body}\n",
            self.before
        )
    }
}

/// Adds an enum's members.
pub fn add_enums(layout: &mut Layout, members: Enum) {
    let Some(members) = members else { return };
    for (_, item) in layout
        .types
        .iter_mut()
        .filter(|(id, _)| id.starts_with("t_enum"))
    {
        item.members = Some(Members::Enum(
            members.iter().map(ToString::to_string).collect(),
        ));
    }
}

const AB: Enum = Some(&["A", "B"]);
const ABC: Enum = Some(&["A", "B", "C"]);
const BA: Enum = Some(&["B", "A"]);

/// Both, if there are two; solc's output alone has none.
const fn enums(both: &[Enum]) -> (Enum, Enum) {
    match both {
        [old, new] => (*old, *new),
        _ => (None, None),
    }
}

const fn only(text: &[&'static str]) -> Option<&'static str> {
    match text {
        [text] => Some(*text),
        _ => None,
    }
}

macro_rules! cases {
    ($(
        $name:ident [$($verdict:ident $decision:ident),*]
        $(enums $old_members:ident $new_members:ident)?
        $(on_purpose $why:literal)?
        $(before { $($before:tt)* })?
        { $($old:tt)* } => { $($new:tt)* }
    )*) => {
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            before: concat!($(stringify!($($before)*))?),
            old: stringify!($($old)*),
            new: stringify!($($new)*),
            enums: enums(&[$($old_members, $new_members)?]),
            expected: &[$((Verdict::$verdict, Decision::$decision)),*],
            on_purpose: only(&[$($why)?]),
        }),*];
    };
}

cases! {
    enum_of_unknown_members [Unknown Undecided] before { enum E { A, B } } { E e; } => { E e; }
    enum_in_map [Unknown Undecided] before { enum E { A, B } }
        { mapping(address => E) e; } => { mapping(address => E) e; }
    enum_in_list [Unknown Undecided] before { enum E { A, B } } { E[] e; } => { E[] e; }
    enum_in_struct [Unknown Undecided] before { enum E { A, B } struct S { E e; uint8 x; } } { S s; } => { S s; }
    enum_as_key [Unknown Undecided] before { enum E { A, B } } { mapping(E => bool) e; } => { mapping(E => bool) e; }
    enum_and_append [SafeAppend Safe, Unknown Undecided] before { enum E { A, B } } { E e; } => { E e; uint256 z; }
    enum_same [] enums AB AB before { enum E { A, B } } { E e; } => { E e; }
    enum_appended [] enums AB ABC before { enum E { A, B } } { E e; } => { E e; }
    enum_swapped [Retype Refused] enums AB BA before { enum E { A, B } } { E e; } => { E e; }
    enum_shrunk [Retype Refused] enums ABC AB before { enum E { A, B } } { E e; } => { E e; }
    uint_to_enum [Retype Refused] before { enum E { A, B } } { uint8 e; } => { E e; }
    internal_function [Unknown Undecided] on_purpose "an internal function pointer is a place in the old code"
        { function() internal f; } => { function() internal f; }
    internal_function_in_struct [Unknown Undecided] on_purpose "the same, in a struct (openzeppelin-upgrades#1031)"
        before { struct S { function(uint) internal f; uint256 x; } } { S s; } => { S s; }
    external_function [] { function() external f; } => { function() external f; }
    function_visibility [Unknown Undecided] { function() external f; } => { function() internal f; }
    value_type_same [Unknown Undecided] on_purpose "solc names no underlying type: two of one name may differ"
        before { type Price is uint128; } { Price p; } => { Price p; }
    value_type_renamed [Unknown Undecided] on_purpose "of equal size, but solc names no underlying type of either"
        before { type Price is uint128; type Cost is uint128; } { Price p; } => { Cost p; }
    value_type_resized [Retype Refused] before { type Price is uint128; type Cost is uint64; }
        { Price p; } => { Cost p; }
    contract_to_address [] before { contract T {} } { T t; } => { address t; }
    contract_to_contract [] before { contract T {} contract U {} } { T t; } => { U t; }
    payable_to_address [] on_purpose "both are 20 bytes that mean an account" { address payable t; } => { address t; }
    recursive_struct [SafeAppend Safe] on_purpose "a recursive type is compared once; upgrades-core gives up"
        before { struct N { mapping(uint256 => N) next; uint256 v; } } { N n; } => { N n; uint8 z; }
    parents_private_names [SafeAppend Safe] before { contract A { uint256 private x; uint256[5] private __gap; }
        contract B { address private x; uint256[7] private __gap; } }
        { contract C is A, B { uint256 z; } } => { contract C is A, B { uint256 z; uint256 y; } }
    parents_swapped [GapUse Safe, GapUse Refused, Retype Refused, Shift Refused, Unknown Undecided]
        before { contract A { uint256 private x; uint256[5] private __gap; }
        contract B { address private x; uint256[7] private __gap; } }
        { contract C is A, B { uint256 z; } } => { contract C is B, A { uint256 z; } }
    parent_added_before [SafeAppend Safe, GapUse Refused, Retype Refused, Shift Refused, Unknown Undecided]
        before { contract A { uint256 private x; uint256[5] private __gap; }
        contract B { address private x; uint256[7] private __gap; } }
        { contract C is A { uint256 z; } } => { contract C is B, A { uint256 z; } }
    parent_gap_shrinks [GapUse Safe] before { contract A0 { uint256 a; uint256[5] private __gap; }
        contract A1 { uint256 a; uint256 b; uint256[4] private __gap; } }
        { contract C is A0 { uint256 z; } } => { contract C is A1 { uint256 z; } }
}
