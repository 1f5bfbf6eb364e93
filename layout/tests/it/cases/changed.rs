//! Pairs in which names or types change.

cases! {
    rename [Rename Asks] { contract { uint256 a; uint8 c; } } => { contract { uint256 b; uint8 c; } }
    rename_packed [Rename Asks] { contract { uint64 a; uint64 b; uint64 c; } } => { contract { uint64 a; uint64 n; uint64 c; } }
    rename_map [Rename Asks] { contract { mapping(address => uint256) a; } } => { contract { mapping(address => uint256) balances; } }
    rename_struct [Rename Asks] { struct S { uint256 x; } contract { S a; } } => { struct S { uint256 x; } contract { S b; } }
    rename_member [Rename Asks] { struct S { uint256 x; } contract { S s; uint8 z; } } => { struct S { uint256 y; } contract { S s; uint8 z; } }
    rename_member_in_map [Rename Asks] { struct S { uint256 x; } contract { mapping(address => S) m; } }
        => { struct S { uint256 y; } contract { mapping(address => S) m; } }
    rename_two [Rename Asks] { contract { uint256 a; address b; } } => { contract { uint256 c; address d; } }
    rename_and_append [Rename Asks, SafeAppend Safe] { contract { uint256 a; } } => { contract { uint256 b; uint256 c; } }
    rename_one_of_two_declared [Rename Safe, Rename Asks] renamed "c" from "a"
        { contract { uint256 a; address b; } } => { contract { uint256 c; address d; } }
    rename_in_namespace [Rename Asks] { namespace "example.main" Main { uint256 x; } contract { } }
        => { namespace "example.main" Main { uint256 y; } contract { } }
    wrong_rename_declared [Rename Asks] renamed "b" from "zzz" { contract { uint256 a; } } => { contract { uint256 b; } }

    retype_signed [Retype Refused] { contract { uint256 a; } } => { contract { int256 a; } }
    retype_to_bytes [Retype Refused] { contract { uint256 a; uint8 z; } } => { contract { bytes32 a; uint8 z; } }
    retype_wider_alone [Retype Refused] { contract { uint64 a; } } => { contract { uint128 a; } }
    retype_wider_moves_next [Retype Refused, Shift Refused] { contract { uint64 a; uint64 b; } } => { contract { uint128 a; uint64 b; } }
    retype_narrower [Retype Refused] { contract { uint256 a; uint256 b; } } => { contract { uint128 a; uint256 b; } }
    retype_bool [Retype Refused] { contract { uint8 a; address z; } } => { contract { bool a; address z; } }
    retype_address_to_uint [Retype Refused] { contract { address a; } } => { contract { uint160 a; } }
    retype_string_to_bytes [Retype Refused] { contract { string a; } } => { contract { bytes a; } }
    retype_map_key [Retype Refused] { contract { mapping(address => bool) m; } } => { contract { mapping(uint256 => bool) m; } }
    retype_map_key_narrower [Retype Refused] { contract { mapping(uint64 => bool) m; } } => { contract { mapping(uint32 => bool) m; } }
    retype_map_key_signed [Retype Refused] { contract { mapping(int64 => bool) m; } } => { contract { mapping(uint256 => bool) m; } }
    retype_map_key_wider_signed [Retype Refused] { contract { mapping(int64 => bool) m; } } => { contract { mapping(int256 => bool) m; } }
    retype_map_value [Retype Refused] { contract { mapping(address => uint64) m; } } => { contract { mapping(address => uint256) m; } }
    retype_element [Retype Refused] { contract { uint64[] list; } } => { contract { uint128[] list; } }
    retype_member [Retype Refused] { struct S { uint64 x; uint256 y; } contract { mapping(address => S) m; } }
        => { struct S { bytes8 x; uint256 y; } contract { mapping(address => S) m; } }
    array_to_list [Retype Refused] { contract { uint256[3] a; } } => { contract { uint256[] a; } }
    array_shrinks [Retype Refused, Shift Refused] { contract { uint256[5] a; uint256 z; } } => { contract { uint256[3] a; uint256 z; } }
    array_grows_over_next [Retype Refused, Shift Refused] { contract { uint256[3] a; uint256 z; } } => { contract { uint256[5] a; uint256 z; } }
    map_to_struct [Retype Refused] { contract { mapping(address => bool) m; } } => { struct S { uint8 x; } contract { S m; } }
    retype_declared_to_other_size [Retype Refused] retyped "a" from "uint64" { contract { uint64 a; } } => { contract { uint128 a; } }
    retype_declared_from_wrong [Retype Refused] retyped "a" from "uint64" { contract { uint256 a; } } => { contract { bytes32 a; } }
    retype_in_namespace [Retype Refused] { namespace "example.main" Main { uint256 x; } contract { } }
        => { namespace "example.main" Main { bytes32 x; } contract { } }
}
