//! Pairs of what only Solidity has: enums, functions, user-defined value types, contracts,
//! inheritance.

use stylus_layout::Decision::{self, Refused, Safe, Undecided};
use stylus_layout::Verdict::{self, GapUse, Retype, SafeAppend, Shift, Unknown};
use stylus_layout::{Layout, Members};

/// Members of the enum `E`, as upgrades-core adds them to solc's output.
pub type Enum = Option<&'static [&'static str]>;

/// Two bodies of contract `C`, with what stands before it in both.
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

const NONE: (Enum, Enum) = (None, None);
const AB: Enum = Some(&["A", "B"]);
const ABC: Enum = Some(&["A", "B", "C"]);
const BA: Enum = Some(&["B", "A"]);
const UNKNOWN: &[(Verdict, Decision)] = &[(Unknown, Undecided)];

const fn case(
    name: &'static str,
    before: &'static str,
    bodies: (&'static str, &'static str),
    enums: (Enum, Enum),
    expected: &'static [(Verdict, Decision)],
    on_purpose: Option<&'static str>,
) -> Case {
    Case {
        name,
        before,
        old: bodies.0,
        new: bodies.1,
        enums,
        expected,
        on_purpose,
    }
}

const TWO_PARENTS: &str = "contract A { uint256 private x; uint256[5] private __gap; } contract B { address private x; uint256[7] private __gap; }";

pub const CASES: &[Case] = &[
    case(
        "enum_of_unknown_members",
        "enum E { A, B }",
        ("E e;", "E e;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "enum_in_map",
        "enum E { A, B }",
        ("mapping(address => E) e;", "mapping(address => E) e;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "enum_in_list",
        "enum E { A, B }",
        ("E[] e;", "E[] e;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "enum_in_struct",
        "enum E { A, B } struct S { E e; uint8 x; }",
        ("S s;", "S s;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "enum_as_key",
        "enum E { A, B }",
        ("mapping(E => bool) e;", "mapping(E => bool) e;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "enum_and_append",
        "enum E { A, B }",
        ("E e;", "E e; uint256 z;"),
        NONE,
        &[(SafeAppend, Safe), (Unknown, Undecided)],
        None,
    ),
    case(
        "enum_same",
        "enum E { A, B }",
        ("E e;", "E e;"),
        (AB, AB),
        &[],
        None,
    ),
    case(
        "enum_appended",
        "enum E { A, B }",
        ("E e;", "E e;"),
        (AB, ABC),
        &[],
        None,
    ),
    case(
        "enum_swapped",
        "enum E { A, B }",
        ("E e;", "E e;"),
        (AB, BA),
        &[(Retype, Refused)],
        None,
    ),
    case(
        "enum_shrunk",
        "enum E { A, B }",
        ("E e;", "E e;"),
        (ABC, AB),
        &[(Retype, Refused)],
        None,
    ),
    case(
        "uint_to_enum",
        "enum E { A, B }",
        ("uint8 e;", "E e;"),
        NONE,
        &[(Retype, Refused)],
        None,
    ),
    case(
        "internal_function",
        "",
        ("function() internal f;", "function() internal f;"),
        NONE,
        UNKNOWN,
        Some("an internal function pointer is a place in the old code"),
    ),
    case(
        "internal_function_in_struct",
        "struct S { function(uint) internal f; uint256 x; }",
        ("S s;", "S s;"),
        NONE,
        UNKNOWN,
        Some("the same, in a struct (openzeppelin-upgrades#1031)"),
    ),
    case(
        "external_function",
        "",
        ("function() external f;", "function() external f;"),
        NONE,
        &[],
        None,
    ),
    case(
        "function_visibility",
        "",
        ("function() external f;", "function() internal f;"),
        NONE,
        UNKNOWN,
        None,
    ),
    case(
        "value_type_same",
        "type Price is uint128;",
        ("Price p;", "Price p;"),
        NONE,
        &[],
        None,
    ),
    case(
        "value_type_renamed",
        "type Price is uint128; type Cost is uint128;",
        ("Price p;", "Cost p;"),
        NONE,
        UNKNOWN,
        Some("of equal size, but solc does not say what is behind either"),
    ),
    case(
        "value_type_resized",
        "type Price is uint128; type Cost is uint64;",
        ("Price p;", "Cost p;"),
        NONE,
        &[(Retype, Refused)],
        None,
    ),
    case(
        "contract_to_address",
        "contract T {}",
        ("T t;", "address t;"),
        NONE,
        &[],
        None,
    ),
    case(
        "contract_to_contract",
        "contract T {} contract U {}",
        ("T t;", "U t;"),
        NONE,
        &[],
        None,
    ),
    case(
        "payable_to_address",
        "",
        ("address payable t;", "address t;"),
        NONE,
        &[],
        Some("both are 20 bytes that mean an account"),
    ),
    case(
        "recursive_struct",
        "struct N { mapping(uint256 => N) next; uint256 v; }",
        ("N n;", "N n; uint8 z;"),
        NONE,
        &[(SafeAppend, Safe)],
        Some("a recursive type is compared once; upgrades-core gives up"),
    ),
    case(
        "parents_private_names",
        TWO_PARENTS,
        (
            "contract C is A, B { uint256 z; }",
            "contract C is A, B { uint256 z; uint256 y; }",
        ),
        NONE,
        &[(SafeAppend, Safe)],
        None,
    ),
    case(
        "parents_swapped",
        TWO_PARENTS,
        (
            "contract C is A, B { uint256 z; }",
            "contract C is B, A { uint256 z; }",
        ),
        NONE,
        &[
            (GapUse, Safe),
            (GapUse, Refused),
            (Retype, Refused),
            (Shift, Refused),
        ],
        None,
    ),
    case(
        "parent_added_before",
        TWO_PARENTS,
        (
            "contract C is A { uint256 z; }",
            "contract C is B, A { uint256 z; }",
        ),
        NONE,
        &[
            (SafeAppend, Safe),
            (GapUse, Refused),
            (Retype, Refused),
            (Shift, Refused),
        ],
        None,
    ),
    case(
        "parent_gap_shrinks",
        "contract A0 { uint256 a; uint256[5] private __gap; } contract A1 { uint256 a; uint256 b; uint256[4] private __gap; }",
        (
            "contract C is A0 { uint256 z; }",
            "contract C is A1 { uint256 z; }",
        ),
        NONE,
        &[(GapUse, Safe)],
        None,
    ),
];
