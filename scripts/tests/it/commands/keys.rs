//! Keys: missing, malformed, and in a keystore.

use crate::prelude::*;
use alloy::signers::k256::elliptic_curve::rand_core::OsRng;
use alloy::signers::local::PrivateKeySigner;
use std::os::unix::fs::PermissionsExt;

/// A file that nobody else can read.
fn private(sandbox: &Sandbox, name: &str, text: &str) {
    std::fs::write(sandbox.path(name), text).expect("written");
    let private = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(sandbox.path(name), private).expect("set");
}

#[test]
fn a_transaction_without_a_key_is_wrong_use_and_sends_nothing() {
    let sandbox = Sandbox::bare();
    let output = sandbox.raw("registry deploy --json");
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(document["error"]["name"], "NoKey");
}

#[test]
fn a_key_that_is_none_is_never_repeated() {
    let sandbox = Sandbox::bare();
    private(&sandbox, "broken", "0xsecretsecretsecret");
    let answer = sandbox.run("broken", "deploy counter-v1");
    answer.is(2, "KeyMalformed");
    assert!(!answer.stderr.contains("secretsecret"));
    assert!(!answer.document.to_string().contains("secretsecret"));
}

#[test]
fn an_encrypted_keystore_opens_with_its_password_file() {
    let sandbox = Sandbox::bare();
    let signer = &sandbox.node.accounts().mnemonic()[0];
    let (key, mut rng) = (signer.to_bytes(), OsRng);
    PrivateKeySigner::encrypt_keystore(
        sandbox.folder.path(),
        &mut rng,
        key,
        "pass word",
        Some("store"),
    )
    .expect("a keystore");
    private(&sandbox, "password", "pass word\n");
    let open = ["deploy", "counter-back", "--json", "--keystore", "store"];
    let output = sandbox.raw(&[&open[..], &["--password-file", "password"]].concat());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let closed = sandbox.raw(&open);
    assert_eq!(closed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&closed.stdout).contains("NoPassword"));
}
