//! Where the signing key comes from. It is never printed, whatever goes wrong.

use crate::address;
use crate::error::{Exit, Explain};
use crate::output::{Output, visible};
use crate::progress::Progress;
use crate::secret::Secret;
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Environment variable with the address that the key must belong to.
const FROM_VARIABLE: &str = "ETH_FROM";
/// Environment variables that may hold a private key, in the order in which they are asked.
const KEY_VARIABLES: [&str; 2] = ["PRIVATE_KEY", "ETH_PRIVATE_KEY"];

/// Characters from which on a text that is no key may be a mistyped one.
const LIKE_A_KEY: usize = 20;

/// Environment variables with the path of a keystore, its name, and the path of its password.
const KEYSTORE_VARIABLE: &str = "ETH_KEYSTORE";
const ACCOUNT_VARIABLE: &str = "ETH_KEYSTORE_ACCOUNT";
const PASSWORD_VARIABLE: &str = "ETH_PASSWORD";

/// The key's source, under the names that cast and cargo-stylus use. The first one given counts:
/// an unlocked account, private key, its file, keystore, account, then the environment. No flag's value is
/// printed: somebody may put the secret where its path belongs.
#[derive(Debug, Clone, Default, Args)]
pub struct KeyArgs {
    /// The private key itself: other processes can see it. Without any of these flags PRIVATE_KEY
    /// is asked, then ETH_PRIVATE_KEY. ETH_FROM, if set, is the address that the key must have
    #[arg(long, value_name = "HEX", global = true, help_heading = "Key")]
    private_key: Option<Secret>,
    /// A file that holds the private key in hexadecimal; only its owner may be able to read it
    #[arg(long, value_name = "FILE", global = true, help_heading = "Key")]
    private_key_path: Option<PathBuf>,
    /// An encrypted keystore file [env: ETH_KEYSTORE=]
    #[arg(
        long,
        alias = "keystore-path",
        value_name = "FILE",
        global = true,
        help_heading = "Key"
    )]
    keystore: Option<PathBuf>,
    /// The name of a keystore in ~/.foundry/keystores [env: ETH_KEYSTORE_ACCOUNT=]
    #[arg(long, value_name = "NAME", global = true, help_heading = "Key")]
    account: Option<String>,
    /// A file that holds the keystore's password [env: ETH_PASSWORD=] [default: it is asked for at the
    /// terminal]
    #[arg(
        long,
        alias = "keystore-password-path",
        value_name = "FILE",
        global = true,
        help_heading = "Key"
    )]
    password_file: Option<PathBuf>,
    /// The endpoint signs (eth_signTransaction), with this account, which it holds unlocked
    #[arg(
        long,
        value_name = "ADDRESS",
        global = true,
        help_heading = "Key",
        conflicts_with_all = ["private_key", "private_key_path"]
    )]
    unlocked: Option<String>,
    /// Whether no key is looked for, whatever was given and wherever one may be.
    #[arg(skip)]
    none: bool,
    /// What the manifest names, for where neither a flag nor a variable says anything.
    #[arg(skip)]
    manifest: KeyPlace,
}

/// Where the manifest says that a key lies: `key = { account = "ana" }`. Of several the first counts: file, keystore,
/// account, unlocked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPlace {
    /// A file that holds the private key in hexadecimal.
    pub private_key_path: Option<PathBuf>,
    /// An encrypted keystore file.
    pub keystore: Option<PathBuf>,
    /// The name of a keystore in ~/.foundry/keystores.
    pub account: Option<String>,
    /// A file that holds the keystore's password.
    pub password_file: Option<PathBuf>,
    /// An account that the endpoint holds, an address or an alias.
    pub unlocked: Option<String>,
}

impl KeyPlace {
    /// The same, its paths from the folder of the manifest at `path`.
    pub fn beside(self, path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let beside = |file: Option<PathBuf>| file.map(|file| folder.join(file));
        Self {
            private_key_path: beside(self.private_key_path),
            keystore: beside(self.keystore),
            account: self.account,
            password_file: beside(self.password_file),
            unlocked: self.unlocked,
        }
    }

    /// Whether it names a key.
    pub fn is_some(&self) -> bool {
        let is_file = self.private_key_path.is_some() || self.keystore.is_some();
        is_file || self.account.is_some() || self.unlocked.is_some()
    }
}

/// What can go wrong with a key. No variant carries the key.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Usage)]
pub enum KeyError {
    /// The text is no private key.
    #[error("{source_name} holds no private key")]
    #[explain(
        name = "KeyMalformed",
        expected = "64 hexadecimal digits, with or without 0x",
        found = "something else, which is not repeated here",
        next = "check where the key comes from"
    )]
    Malformed {
        /// Where it was read.
        source_name: String,
    },
    /// A file cannot be read.
    #[error("the file of {source_name} cannot be read: {reason}")]
    #[explain(
        name = "KeyFile",
        expected = "the path of a file with a secret",
        found = "{reason}",
        next = "check the path, which is not repeated here, and its permissions"
    )]
    File {
        /// The flag or variable that names the file.
        source_name: &'static str,
        /// The system's answer.
        reason: String,
    },
    /// Others can read the file.
    #[error("others can read {}, which holds a secret: its mode is {mode:03o}", path.display())]
    #[explain(
        name = "KeyExposed",
        expected = "a file that only its owner can read",
        found = "mode {mode:03o}",
        next = format!(
            "chmod 600 {}; if others may have read it, use another key",
            shell_word(&path.display().to_string())
        )
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The keystore does not open.
    #[error("the keystore of {source_name} does not open: {reason}")]
    #[explain(
        expected = "a keystore and its password",
        found = "{reason}",
        next = "check the file and its password"
    )]
    Keystore {
        /// The flag or variable that names the file.
        source_name: &'static str,
        /// Why not.
        reason: String,
    },
    /// A keystore without a password file, and nobody at a terminal.
    #[error("the keystore of {source_name} needs a password")]
    #[explain(
        expected = "a file with its password, or a terminal",
        found = "none",
        next = "give --password-file, or set ETH_PASSWORD to its path"
    )]
    NoPassword {
        /// The flag or variable that names the keystore.
        source_name: &'static str,
    },
    /// `--unlocked` is neither an address nor an alias.
    #[error("--unlocked is neither an address nor an alias")]
    #[explain(
        expected = "0x and 40 hexadecimal digits, or an alias of the manifest",
        found = "something else, which is not repeated here",
        next = "give the address of the account that the endpoint holds"
    )]
    NoAccount,
    /// `ETH_FROM` is no address, so nobody can say whether the key is the right one.
    #[error("ETH_FROM is no address, or its checksum does not hold")]
    #[explain(
        expected = "0x and 40 hexadecimal digits",
        found = "something else, which is not repeated here",
        next = "correct or unset ETH_FROM"
    )]
    FromMalformed,
    /// The key belongs to another address than the one asked for.
    #[error("the key belongs to another address than ETH_FROM")]
    #[explain(
        expected = "{expected}",
        found = "{found}",
        next = "use the key of that address, or unset ETH_FROM"
    )]
    OtherAddress {
        /// The address of `ETH_FROM`.
        expected: Address,
        /// The key's address.
        found: Address,
    },
}

impl KeyArgs {
    /// No key: not in the arguments, not in the environment.
    pub fn none() -> Self {
        Self {
            none: true,
            ..Self::default()
        }
    }

    /// The same, with what the manifest names.
    pub fn or_of_manifest(self, manifest: KeyPlace) -> Self {
        Self { manifest, ..self }
    }

    /// Whether the key stands in the arguments, where other processes can read it.
    pub fn is_exposed(&self) -> bool {
        self.private_key.is_some()
    }

    /// The key, `None` if none was given; `output` hides it from then on. A password is asked for
    /// where somebody sits at a terminal.
    pub fn signer(&self, output: &Output) -> Result<Option<PrivateKeySigner>, KeyError> {
        let Some(signer) = self.find(output)? else {
            return Ok(None);
        };
        output.hide(&hex::encode(signer.to_bytes()));
        Self::require_from(signer.address())?;
        Ok(Some(signer))
    }

    /// The account for which the endpoint signs, as it was written. One that the manifest names counts
    /// where neither a flag nor a variable nor the manifest says where a key lies.
    pub fn unlocked(&self) -> Option<&str> {
        let is_flag = self.private_key.is_some() || self.private_key_path.is_some();
        let is_variable = || KEY_VARIABLES.iter().any(|name| given(name).is_some());
        let has_key = is_flag || self.keystore().is_some() || is_variable();
        let place = &self.manifest;
        let has_place = place.private_key_path.is_some() || place.keystore.is_some();
        let has_place = has_place || place.account.is_some();
        let of_manifest = place.unlocked.as_deref();
        let of_manifest = of_manifest.filter(|_| !self.none && !has_key && !has_place);
        self.unlocked.as_deref().or(of_manifest)
    }

    /// Refuses another account than that of `ETH_FROM`, where that is set.
    pub fn require_from(found: Address) -> Result<(), KeyError> {
        let Some(from) = std::env::var(FROM_VARIABLE)
            .ok()
            .filter(|from| !from.is_empty())
        else {
            return Ok(());
        };
        match address::parse(&from) {
            Ok(expected) if expected == found => Ok(()),
            Ok(expected) => Err(KeyError::OtherAddress { expected, found }),
            Err(_) => Err(KeyError::FromMalformed),
        }
    }

    fn find(&self, output: &Output) -> Result<Option<PrivateKeySigner>, KeyError> {
        if self.none {
            return Ok(None);
        }
        if let Some(key) = &self.private_key {
            return parse(key.expose(), "--private-key", output).map(Some);
        }
        if let Some(path) = &self.private_key_path {
            const FLAG: &str = "--private-key-path";
            return parse(&read(path, FLAG)?, FLAG, output).map(Some);
        }
        if let Some((path, source_name)) = self.keystore() {
            return open(&path, source_name, self.password(), output).map(Some);
        }
        for name in KEY_VARIABLES {
            // An empty one is as none: that is how CI hands over a secret that it does not have.
            if let Some(key) = std::env::var(name).ok().filter(|key| !key.is_empty()) {
                return parse(&key, name, output).map(Some);
            }
        }
        let found = self.of_manifest(output)?;
        if let Some(signer) = &found {
            let address = signer.address();
            output.note(&format!("{address} signs: the manifest names its key"));
        }
        Ok(found)
    }

    /// The key that the manifest names.
    fn of_manifest(&self, output: &Output) -> Result<Option<PrivateKeySigner>, KeyError> {
        const NAME: &str = "`key` in the manifest";
        if let Some(path) = &self.manifest.private_key_path {
            return parse(&read(path, NAME)?, NAME, output).map(Some);
        }
        let account = self.manifest.account.as_ref();
        let account = account.and_then(|name| keystore_of_foundry(name.into()));
        let Some(path) = self.manifest.keystore.clone().or(account) else {
            return Ok(None);
        };
        let password = || Some((self.manifest.password_file.clone()?, NAME));
        let password = self.password().or_else(password);
        open(&path, NAME, password, output).map(Some)
    }

    /// The keystore, and what names it: every flag before every variable.
    fn keystore(&self) -> Option<(PathBuf, &'static str)> {
        let named = keystore_of_foundry;
        let flags = self.keystore.clone().map(|path| (path, "--keystore"));
        let flags = flags.or_else(|| Some((named(self.account.as_ref()?.into())?, "--account")));
        flags
            .or_else(|| Some((given(KEYSTORE_VARIABLE)?, KEYSTORE_VARIABLE)))
            .or_else(|| Some((named(given(ACCOUNT_VARIABLE)?)?, ACCOUNT_VARIABLE)))
    }

    /// The file with the keystore's password, and what names it.
    fn password(&self) -> Option<(PathBuf, &'static str)> {
        let flag = self
            .password_file
            .clone()
            .map(|path| (path, "--password-file"));
        flag.or_else(|| Some((given(PASSWORD_VARIABLE)?, PASSWORD_VARIABLE)))
    }
}

/// A keystore where cast keeps them.
fn keystore_of_foundry(name: PathBuf) -> Option<PathBuf> {
    let home = std::env::home_dir()?;
    Some(home.join(".foundry").join("keystores").join(name))
}

/// Opens a keystore with the password in that file, which something named; at a terminal it is asked for.
fn open(
    path: &Path,
    source_name: &'static str,
    password: Option<(PathBuf, &'static str)>,
    output: &Output,
) -> Result<PrivateKeySigner, KeyError> {
    // It is encrypted, and cast makes such files readable for all: no more than a warning.
    match require_private(path, source_name) {
        Err(KeyError::Exposed { .. }) => output.note(&format!(
            "warning: others can read the keystore {}: chmod 600 {}",
            path.display(),
            shell_word(&path.display().to_string())
        )),
        found => found?,
    }
    let refused = |reason: String| KeyError::Keystore {
        source_name,
        reason,
    };
    let password = match password {
        Some((file, source_name)) => read(&file, source_name)?,
        None if output.has_terminal() => {
            let question = format!("Password of {}: ", path.display());
            typed(&visible(&question))
                .map_err(|error| refused(format!("its password cannot be asked for: {error}")))?
        }
        None => return Err(KeyError::NoPassword { source_name }),
    };
    // Not hidden in what is printed: where an ordinary word is missing, it would be told.
    let password = password.trim_end_matches(['\r', '\n']);
    PrivateKeySigner::decrypt_keystore(path, password).map_err(|error| refused(error.to_string()))
}

/// What is typed at the terminal and not shown there.
fn typed(question: &str) -> io::Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // The end of the line is shown.
    hidden.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let mut answer = String::new();
    let read = BufReader::new(&terminal).read_line(&mut answer);
    tcsetattr(&terminal, OptionalActions::Now, &shown)?;
    read.map(|_| answer)
}

/// A path in a variable of the environment. An empty one is as none.
fn given(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

/// Reads a key. The parser's own words are left out: they might quote it.
fn parse(text: &str, source_name: &str, output: &Output) -> Result<PrivateKeySigner, KeyError> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() >= LIKE_A_KEY {
        output.hide(digits);
    }
    text.parse().map_err(|_| KeyError::Malformed {
        source_name: source_name.to_owned(),
    })
}

/// Reads a file with a secret, if others cannot.
fn read(path: &Path, source_name: &'static str) -> Result<String, KeyError> {
    require_private(path, source_name)?;
    std::fs::read_to_string(path).map_err(failed(source_name))
}

/// Refuses a file that others can read or write, as ssh does. A pipe is nobody else's.
fn require_private(path: &Path, source_name: &'static str) -> Result<(), KeyError> {
    let found = std::fs::metadata(path).map_err(failed(source_name))?;
    let mode = found.mode() & 0o777;
    match found.is_file() && mode & 0o077 != 0 {
        true => Err(KeyError::Exposed {
            path: path.to_owned(),
            mode,
        }),
        false => Ok(()),
    }
}

fn failed(source_name: &'static str) -> impl FnOnce(std::io::Error) -> KeyError {
    move |error| KeyError::File {
        source_name,
        reason: error.to_string(),
    }
}
