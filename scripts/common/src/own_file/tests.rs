use super::{FileError, append, folder, open_or_create, others_may_write, read, try_write, write};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Uid, chownat, mknodat};
use rustix::process::geteuid;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn is<T>(used: &Result<T, FileError>, name: &str) -> bool {
    used.as_ref().is_err_and(|error| error.is(name))
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("set");
}

/// What every way of using the file answers.
fn every_use(path: &Path) -> [Result<(), FileError>; 4] {
    [
        read(path).map(drop),
        append(path).map(drop),
        open_or_create(path).map(drop),
        write(path, b"own"),
    ]
}

#[test]
fn what_was_written_is_read_and_nothing_is_left_beside_it() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("file");
    assert_eq!(read(&path).expect("none"), None);
    write(&path, b"one").expect("written");
    write(&path, b"two").expect("written again");
    assert_eq!(read(&path).expect("it").as_deref(), Some("two"));
    assert_eq!(std::fs::read_dir(place.path()).expect("it").count(), 1);
}

#[test]
fn links_fifos_devices_and_folders_are_neither_read_nor_written_through() {
    let place = tempfile::tempdir().expect("a folder");
    let victim = place.path().join("victim");
    std::fs::write(&victim, "other").expect("written");
    let (link, dangling) = (place.path().join("link"), place.path().join("dangling"));
    symlink(&victim, &link).expect("a link");
    symlink(place.path().join("nothing"), &dangling).expect("a link");
    let fifo = place.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a fifo");
    let inner = place.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    for path in [link, dangling, fifo, inner, "/dev/null".into()] {
        for used in every_use(&path) {
            assert!(is(&used, "Kind"), "{path:?}: {used:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(victim).expect("it"), "other");
    assert!(!place.path().join("nothing").exists());
}

#[test]
fn what_others_may_write_is_refused_and_so_is_its_folder() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("file");
    std::fs::write(&path, "x").expect("written");
    for mode in [0o602, 0o646, 0o666] {
        set_mode(&path, mode);
        for used in every_use(&path) {
            assert!(is(&used, "Writable"), "{mode:o}: {used:?}");
        }
    }
    set_mode(&path, 0o644);
    set_mode(place.path(), 0o777);
    for used in every_use(&path) {
        assert!(is(&used, "Writable"), "{used:?}");
    }
    set_mode(place.path(), 0o1777);
    assert!(every_use(&path).iter().all(Result::is_ok), "sticky");
}

#[test]
fn a_group_may_write_only_where_it_is_the_users_own() {
    let own = |mode, group| !others_may_write(mode, 1_000, group);
    assert!(own(0o664, 1_000) && own(0o775, 1_000) && own(0o644, 100));
    assert!(!own(0o664, 100) && !own(0o620, 0) && !own(0o666, 1_000));
}

#[test]
fn a_folder_is_made_for_this_user_alone_and_a_link_is_none() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("inner");
    folder(&path).expect("made");
    folder(&path).expect("there");
    let mode = std::fs::metadata(&path).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    set_mode(&path, 0o777);
    assert!(is(&folder(&path), "Writable"));
    let link = place.path().join("link");
    symlink(place.path(), &link).expect("a link");
    assert!(is(&folder(&link), "Kind"));
}

#[test]
fn what_somebody_else_owns_is_refused() {
    if !geteuid().is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("file");
    let give = |path: &Path| {
        let (uid, gid) = (Uid::from_raw(4242), Gid::from_raw(4242));
        chownat(CWD, path, Some(uid), Some(gid), AtFlags::empty()).expect("given away");
    };
    std::fs::write(&path, "other").expect("written");
    give(&path);
    for used in every_use(&path) {
        assert!(is(&used, "Owner"), "{used:?}");
    }
    std::fs::remove_file(&path).expect("removed");
    give(place.path());
    for used in every_use(&path) {
        assert!(is(&used, "Owner"), "{used:?}");
    }
}

#[test]
fn what_could_be_written_is_not_there_afterwards() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("file");
    try_write(&path, b"something").expect("it could");
    assert_eq!(std::fs::read_dir(place.path()).expect("it").count(), 0);
    let nowhere = place.path().join("no/file");
    assert!(try_write(&nowhere, b"something").is_err());
}
