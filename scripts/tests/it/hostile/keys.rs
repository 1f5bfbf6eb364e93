//! Where keys come from, and who else could have them.

use crate::hostile::sandbox::{Run, Sandbox};
use crate::prelude::*;
use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy::signers::local::PrivateKeySigner;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

const KEY: &str = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
/// A command that needs a key, reads it first, and then finds no chain.
const NEEDS: &str = "deploy counter-v1 --json --rpc-url http://127.0.0.1:9";

fn run(sandbox: &Sandbox, more: &str) -> Run {
    sandbox.run(&format!("{NEEDS} {more}"))
}

fn assert_read(run: &Run) {
    run.is(4, "Unreachable");
}

/// Encrypts a key into the file `store`.
pub(crate) fn encrypt(sandbox: &Sandbox, key: &[u8], password: &str) {
    let (folder, name) = (sandbox.folder(), Some("store"));
    PrivateKeySigner::encrypt_keystore(folder, &mut OsRng, key, password, name).expect("it");
    sandbox.set_mode("store", 0o600);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write_private("key", KEY);
    let mut told = Vec::new();
    for mode in [0o644, 0o640, 0o604, 0o660, 0o622, 0o777] {
        sandbox.set_mode("key", mode);
        let run = run(&sandbox, "--private-key-path key");
        run.is(2, "KeyExposed");
        told.push(run.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"));
    for mode in [0o600, 0o400] {
        sandbox.set_mode("key", mode);
        assert_read(&run(&sandbox, "--private-key-path key"));
    }
}

#[test]
fn a_key_can_come_through_a_pipe() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&format!("{NEEDS} --private-key-path /dev/stdin"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(KEY.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_password_file_that_others_can_read_is_refused_and_a_keystore_is_warned_of() {
    let sandbox = Sandbox::new();
    sandbox.write("store", "{}");
    sandbox.write("password", "open sesame");
    let words = "--keystore store --password-file password";
    let refused = run(&sandbox, words);
    refused.is(2, "KeyExposed");
    assert_snapshot!(refused.refusal(), @"
    message: others can read password, which holds a secret: its mode is 644
    expected: a file that only its owner can read
    found: mode 644
    next: chmod 600 password; if others may have read it, use another key
    ");
    assert_snapshot!(refused.notes(), @"warning: others can read the keystore store: chmod 600 store");
    sandbox.set_mode("password", 0o600);
    assert_eq!(run(&sandbox, words).error("name"), "Keystore");
    run(&sandbox, "--keystore store").is(2, "NoPassword");
}

/// Runs a command whose terminal is its stdin.
const AT_TERMINAL: &str = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); \
                           os.execv(sys.argv[1], sys.argv[1:])";

#[test]
fn a_signal_at_the_prompt_for_a_password_leaves_a_terminal_that_shows_what_is_typed() {
    let sandbox = Sandbox::new();
    encrypt(&sandbox, &[1; 32], "hunter2");
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    unlockpt(&screen).expect("unlocked");
    let name = ptsname(&screen, Vec::new()).expect("its name");
    let terminal = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it opens");
    let terminal = || Stdio::from(terminal.try_clone().expect("it"));
    let is_shown = || {
        let modes = tcgetattr(&screen).expect("modes");
        modes.local_modes.contains(LocalModes::ECHO)
    };
    let command = sandbox.command(&format!("{NEEDS} --keystore store"));
    let mut child = Command::new("python3")
        .args(["-c", AT_TERMINAL])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(sandbox.folder())
        .stdin(terminal())
        .stdout(terminal())
        .stderr(terminal())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    while is_shown() {
        assert!(begun.elapsed() < TIMEOUT, "it asks for no password");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let end = child.wait().expect("it ends").code();
    assert_eq!((end, is_shown()), (Some(130), true));
}

#[test]
fn an_encrypted_keystore_opens_with_its_password_file() {
    let sandbox = Sandbox::new();
    encrypt(&sandbox, &hex::decode(KEY).expect("a key"), "pass word");
    sandbox.write_private("password", "pass word\n");
    assert_read(&run(&sandbox, "--keystore store --password-file password"));
}

#[test]
fn keys_of_the_environment_are_found_and_must_belong_to_eth_from() {
    let sandbox = Sandbox::new();
    let owner = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
    for name in ["PRIVATE_KEY", "ETH_PRIVATE_KEY"] {
        let mut command = sandbox.command(NEEDS);
        assert_read(&Run::of(command.env(name, KEY)));
        assert_read(&Run::of(command.env("ETH_FROM", owner)));
        let other = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        Run::of(command.env("ETH_FROM", other)).is(2, "OtherAddress");
        let run = Run::of(command.env(name, &KEY[..50]).env_remove("ETH_FROM"));
        run.is(2, "KeyMalformed").hides(&KEY[2..50]);
    }
    sandbox.write_private("broken", &KEY[..50]);
    let run = run(&sandbox, "--private-key-path broken");
    run.is(2, "KeyMalformed").hides(&KEY[2..50]);
}

#[test]
fn a_secret_where_its_path_belongs_is_not_printed() {
    let sandbox = Sandbox::new();
    sandbox.write_private("store", "{}");
    const PASSWORD: &str = "correct horse battery staple";
    let no_file = ["--keystore", "store", "--password-file", PASSWORD];
    for (flags, variable) in [
        (&["--private-key-path", KEY][..], None),
        (&["--keystore", KEY], None),
        (&["--account", KEY], None),
        (&no_file, None),
        (&["--keystore", "store"], Some(("ETH_PASSWORD", PASSWORD))),
        (&[], Some(("ETH_KEYSTORE", KEY))),
        (&["--unlocked", KEY], None),
        (&["--private-key", KEY], Some(("ETH_FROM", KEY))),
    ] {
        let mut command = sandbox.command(NEEDS);
        let run = Run::of(command.args(flags).envs(variable));
        assert_ne!(run.exit, Some(0), "{flags:?}");
        run.hides(&KEY[2..]);
        run.hides(PASSWORD);
    }
}

#[test]
fn the_manifest_names_a_key_and_flags_and_variables_count_before_it() {
    let sandbox = Sandbox::new();
    let names = |key: &str| {
        sandbox.write(
            MANIFEST,
            &format!("key = {{ private_key_path = {key:?} }}\n"),
        );
    };
    sandbox.write_private("key", KEY);
    names("key");
    let of_manifest = run(&sandbox, "");
    assert_read(&of_manifest);
    let signs = "the key of the manifest is that of 0x";
    contains(&of_manifest.stderr, &[signs]);
    sandbox.write_private("other", &KEY.replace("b6b1", "b6b2"));
    let typed = run(&sandbox, "--private-key-path other");
    assert_read(&typed);
    typed.hides(signs);
    names(KEY);
    run(&sandbox, "").is(2, "ManifestSecret").hides(&KEY[2..]);
}
