//! Pairs in which fields move, come between others or go.

cases! {
    swap_same_type [Reorder Refused] { contract { uint256 a; uint256 b; } } => { contract { uint256 b; uint256 a; } }
    swap_types [Reorder Refused] { contract { uint256 a; mapping(address => bool) b; } } => { contract { mapping(address => bool) b; uint256 a; } }
    first_becomes_last [Reorder Refused] { contract { uint256 a; uint256 b; uint256 c; } } => { contract { uint256 b; uint256 c; uint256 a; } }
    last_becomes_first [Reorder Refused] { contract { uint256 a; address b; bytes32 c; } } => { contract { bytes32 c; uint256 a; address b; } }
    swap_packed [Reorder Refused] { contract { uint64 a; uint64 b; address c; } } => { contract { uint64 b; uint64 a; address c; } }
    swap_members [Reorder Refused] { struct S { uint256 x; uint256 y; } contract { S s; } } => { struct S { uint256 y; uint256 x; } contract { S s; } }
    swap_members_in_map [Reorder Refused] { struct S { uint256 x; uint256 y; } contract { mapping(address => S) m; } }
        => { struct S { uint256 y; uint256 x; } contract { mapping(address => S) m; } }
    swap_and_append [Reorder Refused, SafeAppend Safe] { contract { uint256 a; uint256 b; } } => { contract { uint256 b; uint256 a; uint256 c; } }
    swap_in_namespace [Reorder Refused] { namespace "example.main" Main { uint256 x; uint256 y; } contract { uint256 a; } }
        => { namespace "example.main" Main { uint256 y; uint256 x; } contract { uint256 a; } }

    insert_first [Insert Refused, Shift Refused] { contract { uint256 a; uint256 b; } } => { contract { uint256 n; uint256 a; uint256 b; } }
    insert_middle [SafeAppend Safe, Insert Refused, Shift Refused] { contract { uint256 a; address b; } } => { contract { uint256 a; uint8 n; uint256 m; address b; } }
    insert_packed [Insert Refused, Shift Refused] { contract { uint64 a; uint64 b; } } => { contract { uint64 a; uint64 n; uint64 b; } }
    insert_map [Insert Refused, Shift Refused] { contract { address a; string b; } } => { contract { address a; mapping(address => bool) n; string b; } }
    insert_member [Insert Refused, Shift Refused] { struct S { uint256 x; uint256 y; } contract { mapping(address => S) m; } }
        => { struct S { uint256 x; uint256 n; uint256 y; } contract { mapping(address => S) m; } }
    struct_grows_over_next [Insert Refused, Shift Refused] { struct S { uint256 x; } contract { S s; uint256 z; } }
        => { struct S { uint256 x; uint256 y; } contract { S s; uint256 z; } }
    struct_in_list_grows [Insert Refused] { struct S { uint256 x; } contract { S[] list; } }
        => { struct S { uint256 x; uint256 y; } contract { S[] list; } }
    struct_in_map_list_grows [Insert Refused] { struct S { uint256 x; } contract { mapping(address => S[2]) m; } }
        => { struct S { uint256 x; uint256 y; } contract { mapping(address => S[2]) m; } }
    insert_in_namespace [Insert Refused, Shift Refused] { namespace "example.main" Main { uint256 x; } contract { } }
        => { namespace "example.main" Main { address n; uint256 x; } contract { } }
    insert_before_gap_unshrunk [GapUse Safe, Shift Refused] { contract { uint256 a; uint256[10] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256[10] __gap; uint256 z; } }

    delete_last [Delete Refused] { contract { uint256 a; uint256 b; } } => { contract { uint256 a; } }
    delete_first [Delete Refused, Shift Refused] { contract { uint256 a; address b; } } => { contract { address b; } }
    delete_middle [Delete Refused, Shift Refused] { contract { uint256 a; address b; bytes32 c; } } => { contract { uint256 a; bytes32 c; } }
    delete_packed_last [Delete Refused] { contract { uint64 a; uint64 b; } } => { contract { uint64 a; } }
    delete_member [Delete Refused] { struct S { uint256 x; uint256 y; } contract { mapping(address => S) m; } }
        => { struct S { uint256 x; } contract { mapping(address => S) m; } }
    delete_all [Delete Refused] { contract { uint256 a; } } => { contract { } }
    delete_map [Delete Refused] { contract { uint256 a; mapping(address => uint256) b; } } => { contract { uint256 a; } }
    delete_in_namespace [Delete Refused] { namespace "example.main" Main { uint256 x; uint256 y; } contract { } }
        => { namespace "example.main" Main { uint256 x; } contract { } }
    replace_by_other [Delete Refused, Insert Refused] { contract { uint256 a; address b; } } => { contract { uint256 a; string c; } }
    delete_and_reuse [Delete Refused, Insert Refused] { contract { uint128 a; uint128 b; } } => { contract { uint128 a; uint64 c; uint64 d; } }

    gap_grows_over_field [GapUse Refused, Shift Refused] { contract { uint256 a; uint256[10] __gap; uint256 z; } }
        => { contract { uint256 a; uint256[12] __gap; uint256 z; } }
    gap_shrinks_too_much [GapUse Safe, GapUse Refused, Shift Refused] { contract { uint256 a; uint256[10] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256[8] __gap; uint256 z; } }
    gap_shrinks_too_little [GapUse Safe, GapUse Refused, Shift Refused] { contract { uint256 a; uint256[10] __gap; uint256 z; } }
        => { contract { uint256 a; uint256 b; uint256 c; uint256[9] __gap; uint256 z; } }
    gap_dropped [GapUse Refused] { contract { uint256 a; uint256[10] __gap; } } => { contract { uint256 a; } }
    gap_dropped_before [GapUse Refused, Shift Refused] { contract { uint256 a; uint256[10] __gap; uint256 z; } } => { contract { uint256 a; uint256 z; } }
    gap_half_used_dropped [GapUse Safe, GapUse Refused] { contract { uint256 a; uint256[10] __gap; } } => { contract { uint256 a; uint256 b; } }

    namespace_dropped [NamespaceChange Refused] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { contract { uint256 a; } }
    namespace_id_changed [NamespaceChange Refused] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { namespace "example.main.v2" Main { uint256 x; } contract { uint256 a; } }
    namespace_to_root [NamespaceChange Refused] { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
        => { contract { uint256 a; uint256 x; } }
    root_to_namespace [Delete Refused, NamespaceChange Refused] { contract { uint256 a; uint256 x; } }
        => { namespace "example.main" Main { uint256 x; } contract { uint256 a; } }
    namespace_one_of_two [NamespaceChange Refused]
        { namespace "example.a" A { uint256 x; } namespace "example.b" B { uint256 y; } contract { } }
        => { namespace "example.a" A { uint256 x; } contract { } }
    namespaces_swapped [Delete Refused, Insert Refused]
        { namespace "example.a" A { uint256 x; } namespace "example.b" B { address y; } contract { } }
        => { namespace "example.a" A { address y; } namespace "example.b" B { uint256 x; } contract { } }
    namespace_both_dropped [NamespaceChange Refused]
        { namespace "example.a" A { uint256 x; } namespace "example.b" B { address y; } contract { uint256 a; } }
        => { contract { uint256 a; } }
    namespace_merged_into_another [NamespaceChange Refused]
        { namespace "example.a" A { uint256 x; } namespace "example.b" B { address y; } contract { } }
        => { namespace "example.a" A { uint256 x; address y; } contract { } }
    namespace_dropped_root_grows [NamespaceChange Refused, SafeAppend Safe]
        { namespace "example.main" Main { bytes32 x; string y; } contract { uint256 a; } }
        => { contract { uint256 a; bool b; } }
    namespace_replaced_by_other [NamespaceChange Refused, SafeAppend Safe]
        { namespace "example.a" A { uint256 x; } contract { } }
        => { namespace "example.b" B { bytes y; } contract { } }
}
