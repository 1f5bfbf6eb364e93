//! Kinds and states: what the registry numbers, by name. A number that nobody here knows stays what it is.

use serde::{Serialize, Serializer};
use std::fmt;
use stylus_upgrades_interface::reasons::{
    blocked_by, definition_state, instance_state, proxy_kind, step,
};

/// Declares what is one of some numbers, with the word of each.
macro_rules! numbered {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$of:meta])+ $variant:ident = $number:path, $word:literal;)+ })+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$of])+ $variant,)+
            /// A number that has no name here.
            Unknown(u8),
        }

        impl $name {
            /// Every one that has a name.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The number on the chain.
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown(number) => number,
                }
            }

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(_) => "unknown",
                }
            }
        }

        impl From<u8> for $name {
            fn from(number: u8) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    other => Self::Unknown(other),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    )+};
}

numbered! {
    /// Kind of a proxy.
    ProxyKind {
        /// Our WASM proxy.
        Wasm = proxy_kind::WASM, "wasm";
        /// Our EVM proxy.
        Evm = proxy_kind::EVM, "evm";
        /// Adopted: OpenZeppelin's transparent proxy 4.x.
        Transparent4 = proxy_kind::TRANSPARENT_4, "transparent-4";
        /// Adopted: OpenZeppelin's transparent proxy 5.x.
        Transparent5 = proxy_kind::TRANSPARENT_5, "transparent-5";
        /// Adopted: OpenZeppelin's UUPS proxy.
        Uups = proxy_kind::UUPS, "uups";
    }
    /// State of a definition.
    #[derive(Default)]
    DefinitionState {
        /// Versions may be added, instances created and upgraded.
        #[default]
        Live = definition_state::LIVE, "live";
        /// Its instances refuse every call.
        Paused = definition_state::PAUSED, "paused";
        /// The policy of `migrate` is `NONE`: nothing changes again.
        Frozen = definition_state::FROZEN, "frozen";
    }
    /// State of an instance.
    InstanceState {
        /// It runs its version's code.
        Live = instance_state::LIVE, "live";
        /// In a complex migration.
        Migrating = instance_state::MIGRATING, "migrating";
        /// In a complex migration that goes back.
        TurningBack = instance_state::TURNING_BACK, "turning-back";
        /// It runs the pause stub.
        Paused = instance_state::PAUSED, "paused";
    }
    /// The code that a step runs.
    StepKind {
        /// Nothing: the data stays as it is.
        None = step::NONE, "none";
        /// A call on the new implementation, which has the framework's mixin.
        Call = step::CALL, "call";
        /// A migration script.
        Script = step::SCRIPT, "script";
        /// The program of a complex migration.
        Complex = step::COMPLEX, "complex";
        /// A call on the new implementation, which lacks the framework's mixin.
        ForeignCall = step::FOREIGN_CALL, "foreign-call";
    }
    /// The obstacle that keeps an action from being executed.
    BlockedBy {
        /// Nothing: any call of anybody executes it.
        Nothing = blocked_by::NOTHING, "nothing";
        /// Approvals are missing.
        Approvals = blocked_by::APPROVALS, "approvals";
        /// A delay has not passed.
        Delay = blocked_by::DELAY, "delay";
        /// A lambda does not consent.
        Lambda = blocked_by::LAMBDA, "lambda";
        /// It has expired.
        Expired = blocked_by::EXPIRED, "expired";
    }
}

impl InstanceState {
    /// Returns true if it is in a complex migration, in either direction: it runs the migration's program then.
    pub const fn is_migrating(self) -> bool {
        matches!(self, Self::Migrating | Self::TurningBack)
    }
}

impl ProxyKind {
    /// Returns true if it is a proxy of others that was adopted.
    pub const fn is_adopted(self) -> bool {
        matches!(self, Self::Transparent4 | Self::Transparent5 | Self::Uups)
    }
}

impl StepKind {
    /// Returns true if it runs code of a contract of its own.
    pub const fn runs_script(self) -> bool {
        matches!(self, Self::Script | Self::Complex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use stylus_upgrades_interface::adopted::is_adopted;

    /// Every number gives what has that number again, and every word what it is the word of.
    fn is_a_table<T>(all: &[T], number: fn(T) -> u8, word: fn(T) -> &'static str)
    where
        T: Copy + From<u8> + Serialize,
    {
        for number_of in 0..=u8::MAX {
            assert_eq!(number(T::from(number_of)), number_of);
        }
        let words: BTreeSet<_> = all.iter().map(|one| word(*one)).collect();
        assert_eq!(words.len(), all.len());
        for one in all {
            let json = serde_json::to_string(one).expect("a word");
            assert_eq!(json, format!("{:?}", word(*one)));
        }
    }

    #[test]
    fn numbers_and_words_name_the_same() {
        is_a_table(ProxyKind::ALL, ProxyKind::number, ProxyKind::word);
        is_a_table(
            DefinitionState::ALL,
            DefinitionState::number,
            DefinitionState::word,
        );
        is_a_table(
            InstanceState::ALL,
            InstanceState::number,
            InstanceState::word,
        );
        is_a_table(StepKind::ALL, StepKind::number, StepKind::word);
        is_a_table(BlockedBy::ALL, BlockedBy::number, BlockedBy::word);
    }

    #[test]
    fn an_unknown_number_has_no_property() {
        for kind in (0..=u8::MAX).map(ProxyKind::from) {
            let is_known = !matches!(kind, ProxyKind::Unknown(_));
            assert_eq!(
                kind.is_adopted(),
                is_known && is_adopted(kind.number()),
                "{kind:?}"
            );
        }
        assert!(!InstanceState::from(9).is_migrating());
        assert!(!StepKind::from(9).runs_script());
        assert_eq!(ProxyKind::from(9).word(), "unknown");
    }
}
