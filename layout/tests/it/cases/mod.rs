//! The pairs. Struct members, namespaces and variables are written in Solidity's words, which
//! `sol_storage!` reads too.

use stylus_layout::{Decision, Layout, Verdict};

/// One version of a contract, in both languages.
pub struct Version {
    pub rust: Layout,
    pub structs: &'static [(&'static str, &'static str)],
    /// Namespaces' ids, and the struct of each.
    pub namespaces: &'static [&'static str],
    pub namespace_structs: &'static [&'static str],
    pub variables: &'static str,
}

impl Version {
    /// The source of contract `C`.
    pub fn solidity(&self) -> String {
        let structs: String = self
            .structs
            .iter()
            .map(|(name, members)| format!("struct {name} {{ {members} }}\n"))
            .collect();
        let namespaces: String = self
            .namespace_structs
            .iter()
            .enumerate()
            .map(|(at, name)| format!("{name} __ns_{at};\n"))
            .collect();
        format!(
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract C {{\n{structs}{}\n{namespaces}}}\n",
            self.variables
        )
    }
}

/// Two versions and what is to be found.
pub struct Case {
    pub name: &'static str,
    pub old: Version,
    pub new: Version,
    pub renamed: &'static [(&'static str, &'static str)],
    pub retyped: &'static [(&'static str, &'static str)],
    pub expected: &'static [(Verdict, Decision)],
}

macro_rules! version {
    (
        $(struct $name:ident { $($members:tt)* })*
        $(namespace $id:literal $space:ident { $($inside:tt)* })*
        contract { $($variables:tt)* }
    ) => {{
        #[allow(dead_code, unexpected_cfgs, non_snake_case)]
        mod version {
            use stylus_sdk::prelude::*;
            use stylus_upgradeable::layout::StorageLayout;
            $(sol_storage! {
                #[derive(StorageLayout)]
                pub struct $name { $($members)* }
            })*
            $(sol_storage! {
                #[derive(StorageLayout)]
                #[layout(erc7201 = $id)]
                pub struct $space { $($inside)* }
            })*
            sol_storage! {
                #[derive(StorageLayout)]
                pub struct C {
                    $(stylus_upgradeable::layout::Erc7201<$space> $space;)*
                    $($variables)*
                }
            }
        }
        crate::cases::Version {
            rust: crate::layout_of::<version::C>(),
            structs: &[
                $((stringify!($name), stringify!($($members)*)),)*
                $((stringify!($space), stringify!($($inside)*)),)*
            ],
            namespaces: &[$($id),*],
            namespace_structs: &[$(stringify!($space)),*],
            variables: stringify!($($variables)*),
        }
    }};
}

macro_rules! cases {
    ($(
        $name:ident [$($verdict:ident $decision:ident),*]
        $(renamed $field:literal from $before:literal)*
        $(retyped $typed:literal from $kind:literal)*
        { $($old:tt)* } => { $($new:tt)* }
    )*) => {
        pub fn cases() -> Vec<crate::cases::Case> {
            vec![$({
                let old = version! { $($old)* };
                let new = version! { $($new)* };
                crate::cases::Case {
                    name: stringify!($name),
                    old,
                    new,
                    renamed: &[$(($field, $before)),*],
                    retyped: &[$(($typed, $kind)),*],
                    expected: &[$((stylus_layout::Verdict::$verdict, stylus_layout::Decision::$decision)),*],
                }
            }),*]
        }
    };
}

mod changed;
mod moved;
mod safe;

/// Every pair.
pub fn all() -> Vec<Case> {
    let mut all = safe::cases();
    all.extend(moved::cases());
    all.extend(changed::cases());
    all
}
