//! Pairs that lose nothing.

cases! {
    nothing_changed [] { contract { uint256 a; address b; mapping(address => uint256) c; } }
        => { contract { uint256 a; address b; mapping(address => uint256) c; } }
    every_type [SafeAppend Safe] {
        struct Point { int128 x; int128 y; bytes32 tag; }
        contract {
            bool flag; uint8 small; address owner; bytes4 selector; int24 tick; uint256 big; bytes data; string name;
            uint64[] list; uint128[5] fixed_list; Point point; Point[] points; Point[3] three;
            mapping(address => mapping(uint256 => Point)) map; mapping(string => bytes32) by_name;
            mapping(bytes32 => address[]) lists; bytes32 last; address tail; uint96 fits; uint8 next;
        }
    } => {
        struct Point { int128 x; int128 y; bytes32 tag; }
        contract {
            bool flag; uint8 small; address owner; bytes4 selector; int24 tick; uint256 big; bytes data; string name;
            uint64[] list; uint128[5] fixed_list; Point point; Point[] points; Point[3] three;
            mapping(address => mapping(uint256 => Point)) map; mapping(string => bytes32) by_name;
            mapping(bytes32 => address[]) lists; bytes32 last; address tail; uint96 fits; uint8 next; uint256 appended;
        }
    }
    odd_sizes [SafeAppend Safe] {
        contract { uint24 a; int40 b; bytes3 c; uint248 d; uint8[33] e; int16[17] f; bytes20[3] g; bool[64] h; uint72[7][2] i; uint8[3][4] j; uint8[][2] k; uint40 l; }
    } => {
        contract { uint24 a; int40 b; bytes3 c; uint248 d; uint8[33] e; int16[17] f; bytes20[3] g; bool[64] h; uint72[7][2] i; uint8[3][4] j; uint8[][2] k; uint40 l; uint8 m; }
    }
    map_key_wider [] { contract { mapping(uint64 => uint8) a; mapping(uint64 => mapping(uint8 => bool)) b; } }
        => { contract { mapping(uint256 => uint8) a; mapping(uint128 => mapping(uint256 => bool)) b; } }
    gap_of_more_underscores [GapUse Safe] { contract { uint256 a; uint256[10] ______gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256[9] ______gap; uint256 z; } }
    struct_around_fields [] { contract { uint256 first; uint128 a; uint64 b; string text; uint256 last; } }
        => { struct S { uint128 a; uint64 b; string text; } contract { uint256 first; S s; uint256 last; } }
    structs_around_fields [] { contract { uint256 a; uint256 b; uint256 c; } }
        => { struct T { uint256 b; uint256 c; } struct S { uint256 a; T t; } contract { S s; } }
    fields_without_their_struct [] { struct S { uint256 a; address b; } contract { S s; uint256 c; } }
        => { contract { uint256 a; address b; uint256 c; } }
    struct_around_members [] { struct S { uint256 a; uint256 b; } contract { mapping(address => S) m; } }
        => { struct T { uint256 a; uint256 b; } struct S { T t; } contract { mapping(address => S) m; } }
    append_word [SafeAppend Safe] { contract { uint256 a; } } => { contract { uint256 a; uint256 b; } }
    append_packed [SafeAppend Safe] { contract { uint128 a; uint64 b; } } => { contract { uint128 a; uint64 b; uint64 c; } }
    append_to_nothing [SafeAppend Safe] { contract { } } => { contract { uint256 a; string b; } }
    append_map [SafeAppend Safe] { contract { address a; } } => { contract { address a; mapping(address => bool) seen; } }
    append_struct [SafeAppend Safe] { contract { address a; } }
        => { struct S { uint8 x; string y; } contract { address a; S s; S[] list; } }
    append_string_and_array [SafeAppend Safe] { contract { bool a; } } => { contract { bool a; string s; uint8[40] t; } }
    append_after_array [SafeAppend Safe] { contract { uint8[3] a; } } => { contract { uint8[3] a; uint8 b; } }
    map_struct_grows [SafeAppend Safe] { struct S { uint256 x; } contract { mapping(address => S) m; uint256 z; } }
        => { struct S { uint256 x; address y; } contract { mapping(address => S) m; uint256 z; } }
    struct_last_grows [SafeAppend Safe] { struct S { uint256 x; } contract { uint256 a; S s; } }
        => { struct S { uint256 x; uint256 y; } contract { uint256 a; S s; } }
    struct_grows_in_padding [SafeAppend Safe] { struct S { uint128 x; } contract { S s; uint256 z; } }
        => { struct S { uint128 x; uint64 y; } contract { S s; uint256 z; } }
    struct_grows_over_gap [SafeAppend Safe, GapUse Safe] { struct S { uint256 x; } contract { S s; uint256[10] __gap; uint256 z; } }
        => { struct S { uint256 x; uint256 y; } contract { S s; uint256[9] __gap; uint256 z; } }
    struct_in_list_fills_padding [SafeAppend Safe] { struct S { uint128 x; } contract { S[] list; S[4] four; } }
        => { struct S { uint128 x; uint64 y; } contract { S[] list; S[4] four; } }
    nested_struct_last_grows [SafeAppend Safe]
        { struct In { uint8 x; } struct S { uint256 a; In inner; } contract { S s; } }
        => { struct In { uint8 x; uint256 y; } struct S { uint256 a; In inner; } contract { S s; } }
    array_last_grows [SafeAppend Safe] { contract { uint256[3] a; } } => { contract { uint256[5] a; } }
    array_grows_over_gap [SafeAppend Safe, GapUse Safe] { contract { uint256[3] a; uint256[8] __gap; address z; } }
        => { contract { uint256[5] a; uint256[6] __gap; address z; } }
    array_fills_its_slot [SafeAppend Safe] { contract { uint8[3] a; address z; } } => { contract { uint8[30] a; address z; } }
    map_array_grows [SafeAppend Safe] { contract { mapping(address => uint256[2]) m; } } => { contract { mapping(address => uint256[3]) m; } }

    gap_shrinks [GapUse Safe] { contract { uint256 a; uint256[50] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256[49] __gap; uint256 z; } }
    gap_shrinks_by_packed [GapUse Safe] { contract { uint256 a; uint256[50] __gap; uint256 z; } }
        => { contract { uint256 a; address b; uint64 c; uint256[49] __gap; uint256 z; } }
    gap_shrinks_by_two [GapUse Safe] { contract { uint256 a; uint256[50] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; mapping(address => bool) c; uint256[48] __gap; uint256 z; } }
    gap_used_up [GapUse Safe] { contract { uint256 a; uint256[1] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256 z; } }
    gap_used_up_by_two [GapUse Safe] { contract { uint256 a; uint256[2] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; bytes32 c; uint256 z; } }
    gap_grows [GapUse Safe] { contract { uint256 a; uint256[10] __gap; } } => { contract { uint256 a; uint256[12] __gap; } }
    gap_last_shrinks [GapUse Safe] { contract { uint256 a; uint256[50] __gap; } }
        => { contract { uint256 a; uint256 b; uint256[49] __gap; } }
    gap_shrinks_and_append [SafeAppend Safe, GapUse Safe] { contract { uint256 a; uint256[50] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256[49] __gap; uint256 z; uint256 y; } }
    named_gap_shrinks [GapUse Safe] { contract { uint256 a; uint256[5] __gap_a; uint256 z; uint256[7] __gap_b; } }
        => { contract { uint256 a; uint256 b; uint256[4] __gap_a; uint256 z; uint256 y; uint256[6] __gap_b; } }

    rename_declared [Rename Safe] renamed "b" from "a" { contract { uint256 a; uint8 c; } } => { contract { uint256 b; uint8 c; } }
    swap_of_names_declared [Rename Safe] renamed "b" from "a" renamed "a" from "b"
        { contract { uint256 a; uint256 b; } } => { contract { uint256 b; uint256 a; } }
    retype_declared [Retype Safe] retyped "a" from "uint256" { contract { uint256 a; uint8 c; } } => { contract { bytes32 a; uint8 c; } }
    retype_and_rename_declared [Rename Safe, Retype Safe] renamed "b" from "a" retyped "b" from "uint8"
        { contract { uint8 a; address c; } } => { contract { bool b; address c; } }

    namespace_kept [] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
    namespace_appended [SafeAppend Safe] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { namespace "example.main" Main { uint256 x; address y; } contract { uint256 a; } }
    namespace_added [SafeAppend Safe] { contract { uint256 a; } }
        => { namespace "example.main" Main { uint256 x; mapping(address => bool) y; } contract { uint256 a; } }
    namespace_struct_grows [SafeAppend Safe]
        { struct S { uint8 q; } namespace "example.main" Main { uint256 x; S s; } contract { uint256 a; } }
        => { struct S { uint8 q; uint256 r; } namespace "example.main" Main { uint256 x; S s; } contract { uint256 a; } }
    namespace_renamed_struct [] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { namespace "example.main" Other { uint256 x; } contract { uint256 a; } }
}
