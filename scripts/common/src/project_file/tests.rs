use super::{place_of, read, without_quotes};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_link_a_fifo_and_a_device_are_refused_and_files_of_others_are_read() {
    let place = tempfile::tempdir().expect("a folder");
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("file"), "text").expect("written");
    std::fs::set_permissions(at("file"), PermissionsExt::from_mode(0o666)).expect("set");
    std::fs::create_dir(at("folder")).expect("a folder");
    symlink(at("file"), at("link")).expect("a link");
    symlink(at("nothing"), at("dangling")).expect("a link");
    symlink("/dev/zero", at("endless")).expect("a link");
    mknodat(
        CWD,
        at("fifo"),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .expect("a fifo");
    assert_eq!(read(&at("file")).expect("read").as_deref(), Some("text"));
    for name in ["nothing", "folder"] {
        assert_eq!(read(&at(name)).expect(name), None);
    }
    for name in ["link", "dangling", "endless", "fifo"] {
        let error = read(&at(name)).expect_err(name);
        assert!(error.is("Kind"), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn words_about_a_mistake_quote_nothing_of_the_file() {
    let text = "[package]\nname = \"a\"\nsecret of the reader\n";
    let error = text.parse::<toml::Table>().expect_err("no TOML");
    assert_eq!(place_of(text, &error), "line 3, column 8");
    let said = "error: key with no value, expected `=`\n --> Cargo.toml:1:7\n  |\n1 | secret\n  |       ^\nend";
    let words = "error: key with no value, expected `=`\n --> Cargo.toml:1:7\nend";
    assert_eq!(without_quotes(said), words);
    assert_eq!(without_quotes("12 | secret\n   | ^^^^\nkept"), "kept");
}
