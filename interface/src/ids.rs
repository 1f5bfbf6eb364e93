//! Types of values that are not interchangeable though they look alike: words that name different
//! things, numbers that count or mean different things. Each is its value, in memory and in storage.

use alloy_primitives::B256;

use crate::{reasons, role};

/// Declares types that are one word.
macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[repr(transparent)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub B256);

        impl $name {
            /// None: no hash is zero.
            pub const ZERO: Self = Self(B256::ZERO);
        }
    )+};
}

words! {
    /// A definition: keccak256 of its name.
    DefinitionId;
    /// A governed call that gathers approvals:
    /// `keccak256(abi.encode(chain id, registry, call data, epoch, round))`.
    ActionId;
    /// keccak256 of an account's code: zero where nothing exists, [`CodeHash::OF_NOTHING`] where an
    /// account without code does.
    CodeHash;
}

impl CodeHash {
    /// keccak256 of nothing.
    pub const OF_NOTHING: Self = Self(alloy_primitives::KECCAK256_EMPTY);
}

/// Index of a version within its definition, in order of registration. The first version has 1.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionIndex(pub u32);

impl VersionIndex {
    /// No version.
    pub const NONE: Self = Self(0);

    /// Returns true if there is none.
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// An order of a registry to an instance.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To take the steps of a path.
    Upgrade = reasons::order::UPGRADE,
    /// To run the pause stub.
    Pause = reasons::order::PAUSE,
    /// To run the code of its version again.
    Resume = reasons::order::RESUME,
    /// To obey another registry from now on.
    Transfer = reasons::order::TRANSFER,
}

impl Order {
    /// The order of that number, one of [`reasons::order`].
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            reasons::order::UPGRADE => Some(Self::Upgrade),
            reasons::order::PAUSE => Some(Self::Pause),
            reasons::order::RESUME => Some(Self::Resume),
            reasons::order::TRANSFER => Some(Self::Transfer),
            _ => None,
        }
    }
}

/// Kind of a step, one of [`reasons::step`].
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepKind(pub u8);

impl StepKind {
    /// [`reasons::step::NONE`]
    pub const NONE: Self = Self(reasons::step::NONE);
    /// [`reasons::step::CALL`]
    pub const CALL: Self = Self(reasons::step::CALL);
    /// [`reasons::step::SCRIPT`]
    pub const SCRIPT: Self = Self(reasons::step::SCRIPT);
    /// [`reasons::step::COMPLEX`]
    pub const COMPLEX: Self = Self(reasons::step::COMPLEX);
    /// [`reasons::step::FOREIGN_CALL`]
    pub const FOREIGN_CALL: Self = Self(reasons::step::FOREIGN_CALL);

    /// Returns true if `script` is code that the proxy delegatecalls. Where it is not, `script` may name a check
    /// ([`crate::check`]).
    pub const fn runs_script(self) -> bool {
        matches!(self, Self::SCRIPT | Self::COMPLEX)
    }
}

/// The authority over a governed call: a role, and how its policy is read for that call. Actions store the number.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority(pub u8);

impl Authority {
    /// Role `define` of the definition with the empty name.
    pub const DEFINE: Self = Self(0);
    /// Role `migrate`.
    pub const MIGRATE: Self = Self(1);
    /// Role `policy`.
    pub const POLICY: Self = Self(2);
    /// Role `create`.
    pub const CREATE: Self = Self(3);
    /// Role `pause`, where it is set.
    pub const PAUSE: Self = Self(4);
    /// Any one address of role `migrate`, for `pause` where role `pause` is not set.
    pub const ANY_ONE: Self = Self(5);
    /// The policy `OR(migrate, pause)` with every delay passed, for `resume`: a role that is not set, or `NONE`, is
    /// left out.
    pub const RESUME: Self = Self(6);
    /// The number of authorities.
    pub const COUNT: u8 = 7;

    /// The role whose policy, and changes of it, it stands for. Of [`Self::RESUME`] it is the stronger one.
    pub const fn role(self) -> &'static str {
        match self {
            Self::DEFINE => role::DEFINE,
            Self::POLICY => role::POLICY,
            Self::CREATE => role::CREATE,
            Self::PAUSE => role::PAUSE,
            _ => role::MIGRATE,
        }
    }

    /// Returns true if approvals are bound to the definition's sequence, false if to the changes of the role's policy.
    pub const fn counts_sequence(self) -> bool {
        matches!(self, Self::MIGRATE | Self::ANY_ONE | Self::RESUME)
    }
}

/// State of an instance, one of [`reasons::instance_state`].
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstanceState(pub u8);

impl InstanceState {
    /// [`reasons::instance_state::LIVE`]
    pub const LIVE: Self = Self(reasons::instance_state::LIVE);
    /// [`reasons::instance_state::MIGRATING`]
    pub const MIGRATING: Self = Self(reasons::instance_state::MIGRATING);
    /// [`reasons::instance_state::TURNING_BACK`]
    pub const TURNING_BACK: Self = Self(reasons::instance_state::TURNING_BACK);
    /// [`reasons::instance_state::PAUSED`]
    pub const PAUSED: Self = Self(reasons::instance_state::PAUSED);
}
