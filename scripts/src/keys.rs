//! Where the signing key comes from. It is never printed, whatever goes wrong.

use crate::error::{Exit, Explain};
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use clap::Args;
use std::path::PathBuf;
use thiserror::Error;

/// Environment variable with the address that the key must belong to.
const FROM_VARIABLE: &str = "ETH_FROM";
/// Environment variables that may hold a private key, in the order in which they are asked.
const KEY_VARIABLES: [&str; 2] = ["PRIVATE_KEY", "ETH_PRIVATE_KEY"];

/// The key's source, under the names that cast and cargo-stylus use. The first one given counts:
/// private key, its file, keystore, account, then the environment.
#[derive(Debug, Clone, Default, Args)]
pub struct KeyArgs {
    /// The private key itself: others can see it in the list of processes
    #[arg(long, value_name = "HEX", global = true, help_heading = "Key")]
    private_key: Option<Secret>,
    /// A file that holds the private key in hexadecimal
    #[arg(long, value_name = "FILE", global = true, help_heading = "Key")]
    private_key_path: Option<PathBuf>,
    /// An encrypted keystore file
    #[arg(
        long,
        alias = "keystore-path",
        env = "ETH_KEYSTORE",
        value_name = "FILE",
        global = true,
        help_heading = "Key"
    )]
    keystore: Option<PathBuf>,
    /// The name of a keystore in ~/.foundry/keystores
    #[arg(
        long,
        env = "ETH_KEYSTORE_ACCOUNT",
        value_name = "NAME",
        global = true,
        help_heading = "Key"
    )]
    account: Option<String>,
    /// A file that holds the keystore's password
    #[arg(
        long,
        alias = "keystore-password-path",
        env = "ETH_PASSWORD",
        value_name = "FILE",
        global = true,
        help_heading = "Key"
    )]
    password_file: Option<PathBuf>,
}

/// Text that no debug output shows.
#[derive(Clone)]
struct Secret(String);

impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// What can go wrong with a key. No variant carries the key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The text is no private key.
    #[error("{source_name} holds no private key")]
    Malformed {
        /// Where it was read.
        source_name: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// The keystore does not open.
    #[error("the keystore {} does not open: {reason}", path.display())]
    Keystore {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A keystore without a password file.
    #[error("the keystore {} needs a password", path.display())]
    NoPassword {
        /// The keystore.
        path: PathBuf,
    },
    /// `ETH_FROM` is no address, so nobody can tell whether the key is the right one.
    #[error("ETH_FROM is no address")]
    FromMalformed {
        /// What it is.
        found: String,
    },
    /// The key belongs to another address than the one asked for.
    #[error("the key belongs to another address than ETH_FROM")]
    OtherAddress {
        /// The address of `ETH_FROM`.
        expected: Address,
        /// The key's address.
        found: Address,
    },
}

impl Explain for KeyError {
    fn name(&self) -> String {
        match self {
            Self::Malformed { .. } => "KeyMalformed",
            Self::File { .. } => "KeyFile",
            Self::Keystore { .. } => "Keystore",
            Self::NoPassword { .. } => "NoPassword",
            Self::FromMalformed { .. } => "FromMalformed",
            Self::OtherAddress { .. } => "OtherAddress",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Malformed { .. } => Some("64 hexadecimal digits, with or without 0x".into()),
            Self::FromMalformed { .. } => Some("0x and 40 hexadecimal digits".into()),
            Self::OtherAddress { expected, .. } => Some(expected.to_string()),
            Self::File { .. } => Some("a file with a key".into()),
            Self::Keystore { .. } => Some("a keystore and its password".into()),
            Self::NoPassword { .. } => Some("a file with its password".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::FromMalformed { found } => Some(found.clone()),
            Self::OtherAddress { found, .. } => Some(found.to_string()),
            Self::File { reason, .. } | Self::Keystore { reason, .. } => Some(reason.clone()),
            Self::Malformed { .. } => Some("something else, which is not repeated here".into()),
            Self::NoPassword { .. } => Some("none".into()),
        }
    }

    fn next(&self) -> Option<String> {
        Some(
            match self {
                Self::Malformed { .. } => "check where the key comes from",
                Self::File { .. } => "check the path and its permissions",
                Self::Keystore { .. } => "check the file and its password",
                Self::NoPassword { .. } => "give --password-file, or set ETH_PASSWORD to its path",
                Self::FromMalformed { .. } => "correct or unset ETH_FROM",
                Self::OtherAddress { .. } => "use the key of that address, or unset ETH_FROM",
            }
            .to_owned(),
        )
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl KeyArgs {
    /// Whether the key stands in the arguments, where other processes can read it.
    pub fn is_exposed(&self) -> bool {
        self.private_key.is_some()
    }

    /// The key, `None` if none was given.
    pub fn signer(&self) -> Result<Option<PrivateKeySigner>, KeyError> {
        let Some(signer) = self.find()? else {
            return Ok(None);
        };
        let Some(from) = std::env::var(FROM_VARIABLE)
            .ok()
            .filter(|from| !from.is_empty())
        else {
            return Ok(Some(signer));
        };
        match from.parse::<Address>() {
            Ok(expected) if expected == signer.address() => Ok(Some(signer)),
            Ok(expected) => Err(KeyError::OtherAddress {
                expected,
                found: signer.address(),
            }),
            Err(_) => Err(KeyError::FromMalformed { found: from }),
        }
    }

    fn find(&self) -> Result<Option<PrivateKeySigner>, KeyError> {
        if let Some(Secret(key)) = &self.private_key {
            return parse(key, "--private-key").map(Some);
        }
        if let Some(path) = &self.private_key_path {
            return parse(&read(path)?, &path.display().to_string()).map(Some);
        }
        if let Some(path) = self.keystore.clone().or_else(|| self.account_path()) {
            return self.open(path).map(Some);
        }
        for name in KEY_VARIABLES {
            if let Ok(key) = std::env::var(name) {
                return parse(&key, name).map(Some);
            }
        }
        Ok(None)
    }

    fn account_path(&self) -> Option<PathBuf> {
        let name = self.account.as_ref()?;
        Some(
            std::env::home_dir()?
                .join(".foundry")
                .join("keystores")
                .join(name),
        )
    }

    fn open(&self, path: PathBuf) -> Result<PrivateKeySigner, KeyError> {
        let Some(file) = &self.password_file else {
            return Err(KeyError::NoPassword { path });
        };
        let password = read(file)?;
        PrivateKeySigner::decrypt_keystore(&path, password.trim_end_matches(['\r', '\n'])).map_err(
            |error| KeyError::Keystore {
                path,
                reason: error.to_string(),
            },
        )
    }
}

/// Reads a key. The parser's own words are left out: they might quote it.
fn parse(text: &str, source_name: &str) -> Result<PrivateKeySigner, KeyError> {
    text.trim().parse().map_err(|_| KeyError::Malformed {
        source_name: source_name.to_owned(),
    })
}

fn read(path: &PathBuf) -> Result<String, KeyError> {
    std::fs::read_to_string(path).map_err(|error| KeyError::File {
        path: path.clone(),
        reason: error.to_string(),
    })
}
