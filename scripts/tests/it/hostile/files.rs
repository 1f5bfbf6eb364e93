//! Manifests, journals and what lies beside them, put there by somebody else.

use crate::hostile::sandbox::{Run, Sandbox};
use crate::prelude::*;

const GOOD: &str = "rpc = \"http://127.0.0.1:9\"\n";

/// A command that reads the manifest and nothing else.
const READS: &str = "layout show nothing";

fn assert_untrusted(sandbox: &Sandbox, name: &str) -> Run {
    let run = sandbox.run(&format!("{READS} --json"));
    run.is(2, name).is_explained();
    run
}

#[test]
fn an_alias_that_looks_like_an_address_or_a_word_of_policies_is_refused() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(65);
    let words = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed 0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed \
                 aaaeb6053f3e94c9b9a09f33669435e7ef1beaed 0xAdmin NONE none outof And call AFTER 1 7Admin -x \
                 Admin\\nTwo \\u0410dmin Adm\\u200bin";
    for alias in words.list().into_iter().chain(["", "Admin Two", &long]) {
        let line = format!("\"{alias}\" = \"0x2222222222222222222222222222222222222222\"");
        sandbox.write(MANIFEST, &format!("{GOOD}[aliases]\n{line}\n"));
        assert_untrusted(&sandbox, "ManifestAlias");
    }
}

#[test]
fn a_manifest_that_others_may_write_is_refused_and_so_is_its_folder() {
    let sandbox = Sandbox::new();
    sandbox.write(MANIFEST, GOOD);
    let mut told = Vec::new();
    for mode in [0o602, 0o646, 0o666] {
        sandbox.set_mode(MANIFEST, mode);
        let run = assert_untrusted(&sandbox, "ManifestUntrusted");
        told.push(run.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"));
    sandbox.set_mode(MANIFEST, 0o644);
    sandbox.set_mode(".", 0o777);
    assert_untrusted(&sandbox, "ManifestUntrusted");
    sandbox.set_mode(".", 0o755);
    let run = sandbox.run(&format!("{READS} --json"));
    assert_eq!(run.error("name"), "NotAContract");
}

#[test]
fn a_manifest_of_a_parent_folder_is_named_and_none_above_home_is_used() {
    let sandbox = Sandbox::new();
    sandbox.write(MANIFEST, GOOD);
    let below = sandbox.path("home/below");
    std::fs::create_dir_all(&below).expect("a folder");
    let path = sandbox.path(MANIFEST).display().to_string();
    let home = sandbox.path("home");
    for (home, is_used) in [
        (sandbox.folder(), true),
        (Path::new("/nowhere"), true),
        (&home, false),
    ] {
        let mut command = sandbox.command(READS);
        let run = Run::of(command.current_dir(&below).env("HOME", home));
        assert_eq!(run.stderr.contains(&path), is_used, "{run:?}");
    }
    let here = sandbox.run(READS);
    assert!(!here.stderr.contains("manifest"), "{here:?}");
}
