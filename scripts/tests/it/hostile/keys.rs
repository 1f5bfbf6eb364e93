//! Where keys come from, and who else could have them.

use crate::hostile::sandbox::{Run, Sandbox};
use std::io::Write;
use std::process::Stdio;
use stylus_upgrades_test_support::Words;

const KEY: &str = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
/// A command that needs a key, reads it first, and then finds no chain.
const NEEDS: [&str; 5] = [
    "deploy",
    "counter-v1",
    "--json",
    "--rpc-url",
    "http://127.0.0.1:9",
];

fn run(sandbox: &Sandbox, more: &(impl Words + ?Sized)) -> Run {
    sandbox.run(&[&NEEDS[..], &more.list()].concat())
}

fn assert_read(run: &Run) {
    assert_eq!(
        (run.exit, run.error("name").as_str()),
        (Some(4), "Unreachable"),
        "{run:?}"
    );
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write_private("key", KEY);
    for mode in [0o644, 0o640, 0o604, 0o660, 0o622, 0o777] {
        sandbox.set_mode("key", mode);
        let run = run(&sandbox, "--private-key-path key");
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(2), "KeyExposed")
        );
        assert!(run.error("next").contains("chmod 600"), "{run:?}");
    }
    for mode in [0o600, 0o400] {
        sandbox.set_mode("key", mode);
        assert_read(&run(&sandbox, "--private-key-path key"));
    }
}

#[test]
fn a_key_can_come_through_a_pipe() {
    let sandbox = Sandbox::new();
    let words = [&NEEDS[..], &["--private-key-path", "/dev/stdin"]].concat();
    let mut command = sandbox.command(&words);
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
    let refused = run(&sandbox, &words);
    assert_eq!(
        (refused.exit, refused.error("name").as_str()),
        (Some(2), "KeyExposed")
    );
    assert!(refused.error("message").contains("password"), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("warning: others can read the keystore"),
        "{refused:?}"
    );
    sandbox.set_mode("password", 0o600);
    assert_eq!(run(&sandbox, &words).error("name"), "Keystore");
    let nobody = run(&sandbox, "--keystore store");
    assert_eq!(
        (nobody.exit, nobody.error("name").as_str()),
        (Some(2), "NoPassword")
    );
}

#[test]
fn keys_of_the_environment_are_found_and_must_belong_to_eth_from() {
    let sandbox = Sandbox::new();
    let owner = "0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E";
    for name in ["PRIVATE_KEY", "ETH_PRIVATE_KEY"] {
        let mut command = sandbox.command(&NEEDS);
        assert_read(&Run::of(command.env(name, KEY)));
        assert_read(&Run::of(command.env("ETH_FROM", owner)));
        let other = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let run = Run::of(command.env("ETH_FROM", other));
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(2), "OtherAddress")
        );
        let run = Run::of(command.env(name, &KEY[..50]).env_remove("ETH_FROM"));
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(2), "KeyMalformed")
        );
        let everything = format!("{}{}", run.stdout, run.stderr);
        assert!(!everything.contains(&KEY[2..50]), "{run:?}");
    }
}

#[test]
fn a_secret_where_its_path_belongs_is_not_printed() {
    let sandbox = Sandbox::new();
    sandbox.write_private("store", "{}");
    const PASSWORD: &str = "correct horse battery staple";
    for (flags, variable) in [
        (vec!["--private-key-path", KEY], None),
        (vec!["--keystore", KEY], None),
        (vec!["--account", KEY], None),
        (
            vec!["--keystore", "store", "--password-file", PASSWORD],
            None,
        ),
        (
            vec!["--keystore", "store"],
            Some(("ETH_PASSWORD", PASSWORD)),
        ),
        (vec![], Some(("ETH_KEYSTORE", KEY))),
        (vec!["--unlocked", KEY], None),
        (vec!["--private-key", KEY], Some(("ETH_FROM", KEY))),
    ] {
        let mut command = sandbox.command(&[&NEEDS[..], &flags].concat());
        let run = Run::of(command.envs(variable));
        assert_ne!(run.exit, Some(0), "{flags:?}");
        let everything = format!("{}{}", run.stdout, run.stderr);
        for secret in [&KEY[2..], PASSWORD] {
            assert!(
                !everything.contains(secret),
                "{flags:?} {variable:?}: {everything}"
            );
        }
    }
}

#[test]
fn the_manifest_names_a_key_and_flags_and_variables_count_before_it() {
    let sandbox = Sandbox::new();
    sandbox.write_private("key", KEY);
    sandbox.write(
        "stylus-upgrades.toml",
        "key = { private_key_path = \"key\" }\n",
    );
    let of_manifest = run(&sandbox, "");
    assert_read(&of_manifest);
    let signs = "signs: the manifest names its key";
    assert!(of_manifest.stderr.contains(signs), "{of_manifest:?}");
    sandbox.write_private("other", &KEY.replace("b6b1", "b6b2"));
    let typed = run(&sandbox, "--private-key-path other");
    assert_read(&typed);
    assert!(!typed.stderr.contains(signs), "{typed:?}");
    sandbox.write(
        "stylus-upgrades.toml",
        &format!("key = {{ private_key_path = \"{KEY}\" }}\n"),
    );
    let misplaced = run(&sandbox, "");
    assert_eq!(
        (misplaced.exit, misplaced.error("name").as_str()),
        (Some(2), "ManifestSecret")
    );
    let digits = KEY.trim_start_matches("0x");
    assert!(!format!("{misplaced:?}").contains(digits), "{misplaced:?}");
}
