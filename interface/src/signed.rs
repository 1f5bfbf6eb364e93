//! EIP-712 types that an approver signs offline, one for each governed call. A type has the name of
//! the function, capitalized, its parameters in their order, what tells the action from others of
//! the same call, and who approves: one signature counts for one account.

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use keccak_const::Keccak256;

use crate::registry::IRegistry as Registry;

/// `name` of the domain.
pub const DOMAIN_NAME: &str = "stylus-upgrades";
/// `version` of the domain.
pub const DOMAIN_VERSION: &str = "1";
/// The fields that the domain has, as ERC-5267 numbers them: name, version, chain id, contract.
pub const DOMAIN_FIELDS: u8 = 0x0f;
/// The hash of the domain's type.
pub const DOMAIN_TYPE_HASH: B256 =
    hash(&["EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"]);
/// The struct of a version's code.
pub const CODE_TYPE: &str =
    "Code(address implementation,bytes32 codehash,bytes32 layoutHash,bytes32 sourceHash)";
/// The struct of a step.
pub const STEP_TYPE: &str =
    "Step(string from,uint8 kind,address script,bytes32 scriptCodehash,bytes data)";
/// The hash of [`CODE_TYPE`].
pub const CODE_TYPE_HASH: B256 = hash(&[CODE_TYPE]);
/// The hash of [`STEP_TYPE`].
pub const STEP_TYPE_HASH: B256 = hash(&[STEP_TYPE]);
/// The members that follow the parameters.
const ACTION: &str = "uint64 epoch,uint32 round,uint64 deadline,address approver";
/// Parameters of a call, at most.
pub const PARAMETERS_MAX: usize = 5;
/// The answer of an ERC-1271 contract to a signature that it accepts: its selector.
pub const ERC1271_MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];
/// Half of the order of secp256k1: a signature has no higher `s`, so that there is one of each.
pub const SECP256K1_HALF: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// The encoding of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// None: there are no more.
    None,
    /// A type of one word, of which so many bytes can be other than zero.
    Word(u8),
    /// `string` or `bytes`.
    Bytes,
    /// `address[]`.
    Addresses,
    /// [`CODE_TYPE`], four words in the calldata.
    Code,
    /// [`STEP_TYPE`].
    Step,
}

impl Parameter {
    /// Words that it takes in front of what is dynamic.
    pub const fn words(self) -> usize {
        match self {
            Self::None => 0,
            Self::Code => 4,
            _ => 1,
        }
    }
}

/// The members of a [`STEP_TYPE`].
pub const STEP_MEMBERS: [Parameter; PARAMETERS_MAX] =
    read("string from,uint8 kind,address script,bytes32 scriptCodehash,bytes data");

/// The type of a governed call.
#[derive(Clone, Copy, Debug)]
pub struct Signed {
    /// Selector of the call.
    pub selector: [u8; 4],
    /// Hash of the type.
    pub type_hash: B256,
    /// Its parameters, then nothing.
    pub parameters: [Parameter; PARAMETERS_MAX],
}

/// A call, the name of its type, and its parameters.
type Source = ([u8; 4], &'static str, &'static str);

const VERSION: &str = "string name,string version,Code code,Step step";
/// Every governed call.
pub const SOURCES: [Source; 14] = [
    (
        Registry::createDefinitionCall::SELECTOR,
        "CreateDefinition",
        "string name,string migratePolicy,string policyPolicy,string createPolicy",
    ),
    (Registry::addVersionCall::SELECTOR, "AddVersion", VERSION),
    (
        Registry::addStepCall::SELECTOR,
        "AddStep",
        "string name,string version,Step step",
    ),
    (Registry::migrateCall::SELECTOR, "Migrate", VERSION),
    (
        Registry::setHandlerCall::SELECTOR,
        "SetHandler",
        "string name,address proxy,address handler,uint64 nonce",
    ),
    (
        Registry::abortMigrationCall::SELECTOR,
        "AbortMigration",
        "string name,address proxy,uint64 nonce",
    ),
    (
        Registry::adoptCall::SELECTOR,
        "Adopt",
        "string name,address proxy,uint8 kind,string version",
    ),
    (
        Registry::acceptTransferCall::SELECTOR,
        "AcceptTransfer",
        "string name,address proxy,string version,address registry,uint64 nonce",
    ),
    (
        Registry::transferProxyCall::SELECTOR,
        "TransferProxy",
        "string name,address proxy,address to,string definition,uint64 nonce",
    ),
    (
        Registry::removeInstanceCall::SELECTOR,
        "RemoveInstance",
        "string name,address proxy,uint64 nonce",
    ),
    (
        Registry::setPolicyCall::SELECTOR,
        "SetPolicy",
        "string name,string role,string expression",
    ),
    (
        Registry::createProxyCall::SELECTOR,
        "CreateProxy",
        "string name,string version,uint8 kind,bytes32 salt,bytes initData",
    ),
    (
        Registry::pauseCall::SELECTOR,
        "Pause",
        "string name,address[] first",
    ),
    (
        Registry::resumeCall::SELECTOR,
        "Resume",
        "string name,string version",
    ),
];

/// The selector of every governed call, and its parameters: what calldata in canonical encoding hold.
pub static SHAPES: [([u8; 4], [Parameter; PARAMETERS_MAX]); SOURCES.len()] = {
    let mut all = [([0; 4], [Parameter::None; PARAMETERS_MAX]); SOURCES.len()];
    let mut n = 0;
    while n < SOURCES.len() {
        let (selector, _, parameters) = SOURCES[n];
        all[n] = (selector, read(parameters));
        n += 1;
    }
    all
};

/// The same as programs use it.
pub static SIGNED: [Signed; SOURCES.len()] = {
    let mut all = [Signed {
        selector: [0; 4],
        type_hash: B256::ZERO,
        parameters: [Parameter::None; PARAMETERS_MAX],
    }; SOURCES.len()];
    let mut n = 0;
    while n < SOURCES.len() {
        let (selector, _, parameters) = SOURCES[n];
        all[n] = Signed {
            selector,
            type_hash: hash(&text(SOURCES[n])),
            parameters: read(parameters),
        };
        n += 1;
    }
    all
};

/// The type in the form of EIP-712, in pieces.
///
/// # Panics
/// Where a parameter has a type that no governed call has: at compile time, where it is asked in a constant.
pub const fn text((_, name, parameters): Source) -> [&'static str; 8] {
    let of = read(parameters);
    let code = if has(&of, Parameter::Code) {
        CODE_TYPE
    } else {
        ""
    };
    let step = if has(&of, Parameter::Step) {
        STEP_TYPE
    } else {
        ""
    };
    [name, "(", parameters, ",", ACTION, ")", code, step]
}

const fn hash(pieces: &[&str]) -> B256 {
    let mut hasher = Keccak256::new();
    let mut n = 0;
    while n < pieces.len() {
        hasher = hasher.update(pieces[n].as_bytes());
        n += 1;
    }
    B256::new(hasher.finalize())
}

const fn has(all: &[Parameter; PARAMETERS_MAX], wanted: Parameter) -> bool {
    let mut n = 0;
    while n < all.len() {
        if matches!(
            (all[n], wanted),
            (Parameter::Code, Parameter::Code) | (Parameter::Step, Parameter::Step)
        ) {
            return true;
        }
        n += 1;
    }
    false
}

/// The parameters in a text such as `string name,Step step`.
const fn read(text: &str) -> [Parameter; PARAMETERS_MAX] {
    let text = text.as_bytes();
    let mut all = [Parameter::None; PARAMETERS_MAX];
    let (mut at, mut n) = (0, 0);
    while at < text.len() {
        all[n] = parameter(text, at);
        n += 1;
        while at < text.len() && text[at] != b',' {
            at += 1;
        }
        at += 1;
    }
    all
}

/// The parameter whose type begins there.
const fn parameter(text: &[u8], at: usize) -> Parameter {
    if begins(text, at, b"string ") || begins(text, at, b"bytes ") {
        Parameter::Bytes
    } else if begins(text, at, b"address[] ") {
        Parameter::Addresses
    } else if begins(text, at, b"Code ") {
        Parameter::Code
    } else if begins(text, at, b"Step ") {
        Parameter::Step
    } else if begins(text, at, b"address ") {
        Parameter::Word(20)
    } else if begins(text, at, b"uint8 ") {
        Parameter::Word(1)
    } else if begins(text, at, b"uint64 ") {
        Parameter::Word(8)
    } else if begins(text, at, b"bytes32 ") {
        Parameter::Word(32)
    } else {
        panic!("a parameter of a type that no governed call has")
    }
}

const fn begins(text: &[u8], at: usize, with: &[u8]) -> bool {
    let mut n = 0;
    while n < with.len() {
        if at + n >= text.len() || text[at + n] != with[n] {
            return false;
        }
        n += 1;
    }
    true
}
