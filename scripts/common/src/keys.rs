//! The source of the signing key. The key is never printed, whatever goes wrong.

use crate::address;
use crate::error::Refusal;
use crate::output::{Output, visible};
use crate::progress::Progress;
use crate::secret::Secret;
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of the refusal of a file that others can read.
const EXPOSED: &str = "KeyExposed";
/// The name of a key in the manifest.
const OF_MANIFEST: &str = "`key` in the manifest";
/// The words for a text that may be a key.
const NOT_REPEATED: &str = "something else, which is not repeated here";
/// Environment variable with the address that the key must belong to.
const FROM_VARIABLE: &str = "ETH_FROM";
/// Environment variables that may hold a private key, in the order in which they are asked.
const KEY_VARIABLES: [&str; 2] = ["PRIVATE_KEY", "ETH_PRIVATE_KEY"];

/// Environment variables that hold a key, or say where a password is.
pub(crate) const SECRET_VARIABLES: [&str; 3] = ["PRIVATE_KEY", "ETH_PRIVATE_KEY", "ETH_PASSWORD"];

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
#[command(next_help_heading = "Key")]
pub struct KeyArgs {
    /// The private key itself: other processes can see it. Without any of these flags, PRIVATE_KEY
    /// is used, then ETH_PRIVATE_KEY. ETH_FROM, if set, is the address that the key must have
    #[arg(long, value_name = "HEX", global = true)]
    private_key: Option<Secret>,
    /// Where else the key lies.
    #[command(flatten)]
    place: KeyPlace,
    /// Whether no key is looked for, whatever was given and wherever one may be.
    #[arg(skip)]
    none: bool,
    /// What the manifest names, for where neither a flag nor a variable says anything.
    #[arg(skip)]
    manifest: KeyPlace,
}

/// Where a key lies, as flags say or the manifest: `key = { account = "ana" }`. Of several the first counts: file,
/// keystore, account, unlocked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Args)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Key")]
pub struct KeyPlace {
    /// A file with the private key in hexadecimal; others must not be able to read it
    #[arg(long, value_name = "FILE", global = true)]
    pub private_key_path: Option<PathBuf>,
    /// An encrypted keystore file [env: ETH_KEYSTORE=]
    #[arg(long, alias = "keystore-path", value_name = "FILE", global = true)]
    pub keystore: Option<PathBuf>,
    /// The name of a keystore in ~/.foundry/keystores [env: ETH_KEYSTORE_ACCOUNT=]
    #[arg(long, value_name = "NAME", global = true)]
    pub account: Option<String>,
    /// A file with the password of the keystore [env: ETH_PASSWORD=] [default: a prompt at the
    /// terminal]
    #[arg(
        long,
        alias = "keystore-password-path",
        value_name = "FILE",
        global = true
    )]
    pub password_file: Option<PathBuf>,
    /// The endpoint signs (eth_signTransaction) with this account, which it holds unlocked
    #[arg(
        long,
        value_name = "ADDRESS",
        global = true,
        conflicts_with_all = ["private_key", "private_key_path"]
    )]
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

    /// The source, and the flag that names it.
    fn source(&self) -> Option<(Source, &'static str)> {
        let file = self.private_key_path.clone().map(Source::File);
        let keystore = self.keystore.clone().map(Source::Keystore);
        let account = self.account.clone().and_then(of_foundry);
        let all = [
            (file, "--private-key-path"),
            (keystore, "--keystore"),
            (account, "--account"),
        ];
        first(all)
    }
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

    /// Returns true if the key stands in the arguments, where other processes can read it.
    pub fn is_exposed(&self) -> bool {
        self.private_key.is_some()
    }

    /// The key, `None` if none was given; `output` hides it from then on. A password is asked for
    /// where somebody sits at a terminal.
    pub fn signer(&self, output: &Output) -> Result<Option<PrivateKeySigner>, Refusal> {
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
        let is_other = self.none || self.given().is_some() || self.manifest.source().is_some();
        let of_manifest = self.manifest.unlocked.as_deref().filter(|_| !is_other);
        self.place.unlocked.as_deref().or(of_manifest)
    }

    /// Refuses another account than that of `ETH_FROM`, where that is set.
    pub fn require_from(found: Address) -> Result<(), Refusal> {
        let Some(from) = variable(FROM_VARIABLE) else {
            return Ok(());
        };
        match address::parse(&from) {
            Ok(expected) if expected == found => Ok(()),
            Ok(expected) => Err(Refusal::new(
                "OtherAddress",
                "the key belongs to another address than ETH_FROM",
            )
            .with(
                expected.to_string(),
                found.to_string(),
                "use the key of that address, or unset ETH_FROM",
            )
            .usage()),
            Err(_) => Err(Refusal::new(
                "FromMalformed",
                "ETH_FROM is not an address, or its checksum is wrong",
            )
            .with(
                "0x and 40 hexadecimal digits",
                NOT_REPEATED,
                "correct or unset ETH_FROM",
            )
            .usage()),
        }
    }

    fn find(&self, output: &Output) -> Result<Option<PrivateKeySigner>, Refusal> {
        let of_manifest = || Some((self.manifest.source()?.0, OF_MANIFEST));
        let found = self.given().or_else(of_manifest).filter(|_| !self.none);
        let Some((source, source_name)) = found else {
            return Ok(None);
        };
        let signer = match source {
            Source::Key(key) => parse(key.expose(), source_name, output)?,
            Source::File(path) => parse(&read(&path, source_name)?, source_name, output)?,
            Source::Keystore(path) => open(&path, source_name, self.password(source_name), output)?,
        };
        if source_name == OF_MANIFEST {
            let address = signer.address();
            output.note(&format!("the key of the manifest is that of {address}"));
        }
        Ok(Some(signer))
    }

    /// Returns what flags and variables say, every flag before every variable, and what names it.
    fn given(&self) -> Option<(Source, &'static str)> {
        let key = |key: Secret| Some(Source::Key(key));
        let keystore = path_variable(KEYSTORE_VARIABLE).map(Source::Keystore);
        let account = path_variable(ACCOUNT_VARIABLE).and_then(of_foundry);
        let of_path = [(keystore, KEYSTORE_VARIABLE), (account, ACCOUNT_VARIABLE)];
        let of_key =
            KEY_VARIABLES.map(|name| (variable(name).map(Secret::new).and_then(key), name));
        first([(self.private_key.clone().and_then(key), "--private-key")])
            .or_else(|| self.place.source())
            .or_else(|| first(of_path))
            .or_else(|| first(of_key))
    }

    /// The file with the password of a keystore that `source_name` names, and what names the file.
    fn password(&self, source_name: &str) -> Option<(PathBuf, &'static str)> {
        let flag = self.place.password_file.clone();
        let of_manifest = self.manifest.password_file.clone();
        let of_manifest = of_manifest.filter(|_| source_name == OF_MANIFEST);
        flag.map(|path| (path, "--password-file"))
            .or_else(|| Some((path_variable(PASSWORD_VARIABLE)?, PASSWORD_VARIABLE)))
            .or_else(|| Some((of_manifest?, OF_MANIFEST)))
    }
}

/// Says where a key is that other programs of this user can read, whatever this process hides: in its arguments, or in
/// the environment of a process that started it. `None` if there is none.
pub fn in_sight() -> Option<String> {
    let is_key = |argument: std::ffi::OsString| {
        let argument = argument.to_string_lossy();
        argument == "--private-key" || argument.starts_with("--private-key=")
    };
    if std::env::args_os().any(is_key) {
        return Some("the arguments (--private-key)".to_owned());
    }
    #[cfg(target_os = "linux")]
    let found = in_environment_above();
    #[cfg(not(target_os = "linux"))]
    let found = {
        let mut names = KEY_VARIABLES.iter();
        let name = names.find(|name| variable(name).is_some());
        name.map(|name| format!("the variable {name}"))
    };
    found
}

/// The key that is in the environment of a process above this one.
#[cfg(target_os = "linux")]
fn in_environment_above() -> Option<String> {
    let mut above = rustix::process::getppid();
    while let Some(pid) = above {
        let of = |file: &str| std::fs::read(format!("/proc/{}/{file}", pid.as_raw_nonzero()));
        let environment = of("environ").unwrap_or_default();
        let mut entries = environment.split(|byte| *byte == 0);
        let found = entries.find_map(|entry| {
            let mut names = KEY_VARIABLES.iter();
            names.find(|name| {
                let value = entry.strip_prefix(name.as_bytes());
                value.is_some_and(|value| value.len() > 1 && value.starts_with(b"="))
            })
        });
        if let Some(name) = found {
            return Some(format!(
                "the variable {name} of the process {}",
                pid.as_raw_nonzero()
            ));
        }
        let status = String::from_utf8_lossy(&of("status").unwrap_or_default()).into_owned();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        let parent = parent.and_then(|parent| parent.trim().parse().ok());
        above = parent.and_then(rustix::process::Pid::from_raw);
    }
    None
}

/// The place of a key.
enum Source {
    Key(Secret),
    File(PathBuf),
    Keystore(PathBuf),
}

/// The first of them that is given.
fn first<const N: usize>(
    all: [(Option<Source>, &'static str); N],
) -> Option<(Source, &'static str)> {
    let mut all = all.into_iter();
    all.find_map(|(source, name)| Some((source?, name)))
}

/// The keystore of that name, where cast keeps them.
fn of_foundry(name: impl AsRef<Path>) -> Option<Source> {
    let folder = std::env::home_dir()?.join(".foundry").join("keystores");
    Some(Source::Keystore(folder.join(name)))
}

/// Opens a keystore with the password in that file, which something named; at a terminal it is asked for.
fn open(
    path: &Path,
    source_name: &'static str,
    password: Option<(PathBuf, &'static str)>,
    output: &Output,
) -> Result<PrivateKeySigner, Refusal> {
    // It is encrypted, and cast makes such files readable for all: no more than a warning.
    match require_private(path, source_name) {
        Err(error) if error.is(EXPOSED) => output.note(&format!(
            "warning: others can read the keystore {}: chmod 600 {}",
            path.display(),
            shell_word(&path.display().to_string())
        )),
        found => found?,
    }
    let refused = |reason: String| {
        Refusal::new(
            "Keystore",
            format!("the keystore of {source_name} cannot be opened: {reason}"),
        )
        .with(
            "a keystore and its password",
            reason,
            "check the file and its password",
        )
        .usage()
    };
    let password = match password {
        Some((file, source_name)) => read(&file, source_name)?,
        None if output.has_terminal() => {
            let question = format!("Password of {}: ", path.display());
            typed(&visible(&question))
                .map_err(|error| refused(format!("its password cannot be asked for: {error}")))?
        }
        None => {
            return Err(Refusal::new(
                "NoPassword",
                format!("the keystore of {source_name} needs a password"),
            )
            .with(
                "a file with its password, or a terminal",
                "none",
                "give --password-file, or set ETH_PASSWORD to its path",
            )
            .usage());
        }
    };
    // Not hidden in what is printed: where an ordinary word is missing, it would be told.
    let password = password.trim_end_matches(['\r', '\n']);
    PrivateKeySigner::decrypt_keystore(path, password).map_err(|error| refused(error.to_string()))
}

/// The terminal that does not show what is typed, and its modes from before.
static PROMPT: Mutex<Option<Prompt>> = Mutex::new(None);

/// A terminal that hides what is typed, and its modes from before.
pub type Prompt = (File, Termios);

/// Reads what is typed at the terminal and not shown there.
fn typed(question: &str) -> io::Result<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // The end of the line is shown.
    hidden.local_modes.insert(LocalModes::ECHONL);
    {
        // Held meanwhile: `end_prompt` finds it, or comes before and keeps the lock.
        let mut prompt = PROMPT.lock().unwrap_or_else(PoisonError::into_inner);
        *prompt = Some((terminal.try_clone()?, shown));
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    }
    let mut answer = String::new();
    let read = BufReader::new(&terminal).read_line(&mut answer);
    drop(end_prompt());
    read.map(|_| answer)
}

/// The terminal shows again what is typed there. No prompt can hide it while the lock is held.
pub fn end_prompt() -> MutexGuard<'static, Option<Prompt>> {
    let mut prompt = PROMPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((terminal, shown)) = prompt.take() {
        let _ = tcsetattr(terminal, OptionalActions::Now, &shown); // it may be closed
    }
    prompt
}

/// A variable of the environment. An empty one is as none: that is how CI hands over a secret that it does not have.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The same of a path, which need be no text: one that was skipped would have another key sign.
fn path_variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

/// Reads a key. The parser's own words are left out: they might quote it.
fn parse(text: &str, source_name: &str, output: &Output) -> Result<PrivateKeySigner, Refusal> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() >= LIKE_A_KEY {
        output.hide(digits);
    }
    text.parse().map_err(|_| {
        Refusal::new(
            "KeyMalformed",
            format!("{source_name} holds no private key"),
        )
        .with(
            "64 hexadecimal digits, with or without 0x",
            NOT_REPEATED,
            "check the source of the key",
        )
        .usage()
    })
}

/// Reads a file with a secret, if others cannot.
fn read(path: &Path, source_name: &'static str) -> Result<String, Refusal> {
    require_private(path, source_name)?;
    std::fs::read_to_string(path).map_err(failed(source_name))
}

/// Refuses a file that others can read or write, as ssh does. A pipe is nobody else's.
fn require_private(path: &Path, source_name: &'static str) -> Result<(), Refusal> {
    let found = std::fs::metadata(path).map_err(failed(source_name))?;
    let mode = found.mode() & 0o777;
    if found.is_file() && mode & 0o077 != 0 {
        let shown = path.display().to_string();
        Err(Refusal::new(
            EXPOSED,
            format!("others can read {shown}, which holds a secret: its mode is {mode:03o}"),
        )
        .with(
            "a file that only its owner can read",
            format!("mode {mode:03o}"),
            format!(
                "chmod 600 {}; if others may have read it, use another key",
                shell_word(&shown)
            ),
        )
        .usage())
    } else {
        Ok(())
    }
}

fn failed(source_name: &'static str) -> impl FnOnce(std::io::Error) -> Refusal {
    move |error| {
        Refusal::new(
            "KeyFile",
            format!("the file of {source_name} cannot be read: {error}"),
        )
        .with(
            "the path of a file with a secret",
            error.to_string(),
            "check the path, which is not repeated here, and its permissions",
        )
        .usage()
    }
}
