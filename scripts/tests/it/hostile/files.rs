//! Manifests, journals and what lies beside them, put there by somebody else.

use crate::hostile::sandbox::{MANIFEST, Run, Sandbox, node};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Uid, chownat, mknodat};
use rustix::process::geteuid;
use std::os::unix::fs::symlink;
use std::path::Path;

const GOOD: &str = "rpc = \"http://127.0.0.1:9\"\n";

/// A command that reads the manifest and nothing else.
const READS: [&str; 3] = ["layout", "show", "nothing"];

fn assert_untrusted(run: &Run, name: &str) {
    assert_eq!(run.exit, Some(2), "{run:?}");
    assert_eq!(run.error("name"), name);
    for field in ["expected", "found", "next"] {
        assert!(!run.error(field).is_empty(), "{run:?}");
    }
}

fn json<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &["--json"]].concat()
}

fn give_away(path: &Path) {
    let (uid, gid) = (Uid::from_raw(4242), Gid::from_raw(4242));
    chownat(CWD, path, Some(uid), Some(gid), AtFlags::empty()).expect("given away");
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a fifo");
}

#[test]
fn an_alias_that_looks_like_an_address_or_a_word_of_policies_is_refused() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(65);
    let aliases = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "aaaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0xAdmin",
        "NONE",
        "none",
        "outof",
        "And",
        "call",
        "AFTER",
        "1",
        "7Admin",
        "",
        "Admin Two",
        "Admin\\nTwo",
        "\\u0410dmin",
        "Adm\\u200bin",
        "-x",
        &long,
    ];
    for alias in aliases {
        let line = format!("\"{alias}\" = \"0x2222222222222222222222222222222222222222\"");
        sandbox.write(MANIFEST, &format!("{GOOD}[aliases]\n{line}\n"));
        assert_untrusted(&sandbox.run(&json(&READS)), "ManifestAlias");
    }
}

#[test]
fn a_manifest_that_others_may_write_is_refused_and_so_is_its_folder() {
    let sandbox = Sandbox::new();
    sandbox.write(MANIFEST, GOOD);
    for mode in [0o602, 0o646, 0o666] {
        sandbox.set_mode(MANIFEST, mode);
        let run = sandbox.run(&json(&READS));
        assert_untrusted(&run, "ManifestUntrusted");
        assert!(run.error("next").contains("chmod go-w"), "{run:?}");
    }
    sandbox.set_mode(MANIFEST, 0o644);
    sandbox.set_mode(".", 0o777);
    assert_untrusted(&sandbox.run(&json(&READS)), "ManifestUntrusted");
    sandbox.set_mode(".", 0o755);
    assert_eq!(sandbox.run(&json(&READS)).error("name"), "NotAContract");
}

#[test]
fn a_manifest_of_somebody_else_is_refused_wherever_it_is_found() {
    if !geteuid().is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write(MANIFEST, GOOD);
    give_away(&sandbox.path(MANIFEST));
    let run = sandbox.run(&json(&READS));
    assert_untrusted(&run, "ManifestUntrusted");
    assert!(run.error("found").contains("4242"), "{run:?}");
    std::fs::create_dir(sandbox.path("below")).expect("a folder");
    let mut command = sandbox.command(&json(&READS));
    let below = Run::of(command.current_dir(sandbox.path("below")));
    assert_untrusted(&below, "ManifestUntrusted");
    // the named way on
    let mut command = sandbox.command(&json(&READS));
    let named = Run::of(command.env("STYLUS_UPGRADES_TRUSTED_UIDS", "1,4242"));
    assert_eq!(named.error("name"), "NotAContract");
}

#[test]
fn links_fifos_and_folders_instead_of_the_manifest_are_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("other.toml", GOOD);
    let path = sandbox.path(MANIFEST);
    let named = ["layout", "show", "nothing", "--manifest", MANIFEST];
    let makes: [&dyn Fn(); 4] = [
        &|| symlink("other.toml", &path).expect("a link"),
        &|| symlink("nothing", &path).expect("a link"),
        &|| fifo(&path),
        &|| std::fs::create_dir(&path).expect("a folder"),
    ];
    for make in makes {
        make();
        assert_untrusted(&sandbox.run(&json(&READS)), "ManifestUntrusted");
        assert_untrusted(&sandbox.run(&json(&named)), "ManifestUntrusted");
        if path.is_dir() {
            std::fs::remove_dir(&path).expect("removed");
        } else {
            std::fs::remove_file(&path).expect("removed");
        }
    }
    let devices = ["layout", "show", "nothing", "--manifest", "/dev/zero"];
    assert_untrusted(&sandbox.run(&json(&devices)), "ManifestUntrusted");
}

#[test]
fn a_manifest_of_a_parent_folder_is_named_and_none_above_home_is_used() {
    let sandbox = Sandbox::new();
    sandbox.write(MANIFEST, GOOD);
    let below = sandbox.path("home/below");
    std::fs::create_dir_all(&below).expect("a folder");
    let path = sandbox.path(MANIFEST).display().to_string();
    let run = |home: &Path| {
        let mut command = sandbox.command(&READS);
        Run::of(command.current_dir(&below).env("HOME", home))
    };
    assert!(run(sandbox.folder()).stderr.contains(&path), "told");
    assert!(run(Path::new("/nowhere")).stderr.contains(&path), "told");
    assert!(
        !run(&sandbox.path("home")).stderr.contains(&path),
        "not used"
    );
    let here = sandbox.run(&READS);
    assert!(!here.stderr.contains("manifest"), "{here:?}");
}

#[test]
fn a_link_or_folder_instead_of_the_journal_is_neither_read_nor_written_through() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let words = "deploy counter-v1 --private-key-path key --json";
    let mut command = sandbox.command(&words);
    Run::of(command.env("STYLUS_UPGRADES_KILL_AT", "before-sending:1"));
    let folder = sandbox.path(".stylus-upgrades");
    let journal = std::fs::read_dir(&folder)
        .expect("it")
        .next()
        .expect("a file");
    let journal = journal.expect("a file").path();
    let content = std::fs::read(&journal).expect("the journal");
    sandbox.write("victim", "theirs");

    let kept = sandbox.path("kept");
    let remove = || std::fs::remove_file(&journal).expect("removed");
    let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    // another file's link, a fifo, a folder, a file that anybody may write
    remove();
    symlink(sandbox.path("victim"), &journal).expect("a link");
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    remove();
    fifo(&journal);
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    remove();
    std::fs::create_dir(&journal).expect("a folder");
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    std::fs::remove_dir(&journal).expect("removed");
    std::fs::write(&journal, &content).expect("written");
    std::fs::set_permissions(&journal, mode(0o666)).expect("set");
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    std::fs::set_permissions(&journal, mode(0o600)).expect("set");
    // the folder
    std::fs::set_permissions(&folder, mode(0o777)).expect("set");
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    std::fs::set_permissions(&folder, mode(0o700)).expect("set");
    std::fs::rename(&folder, &kept).expect("moved");
    symlink(&kept, &folder).expect("a link");
    assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
    if geteuid().is_root() {
        std::fs::remove_file(&folder).expect("removed");
        std::fs::create_dir(&folder).expect("a folder");
        give_away(&folder);
        assert_untrusted(&sandbox.run(&words), "JournalUntrusted");
        std::fs::remove_dir(&folder).expect("removed");
    } else {
        println!("skipped: only root can give a folder away");
        std::fs::remove_file(&folder).expect("removed");
    }
    let victim = std::fs::read_to_string(sandbox.path("victim")).expect("it");
    assert_eq!(victim, "theirs");
    // and with the journal back, it goes on
    std::fs::rename(&kept, &folder).expect("moved back");
    assert_eq!(sandbox.run(&words).exit, Some(0));
}
