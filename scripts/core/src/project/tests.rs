use super::{Framework, NewProject};
use crate::app_error::Error;
use crate::error::Explain;

fn project(name: &str) -> Result<NewProject, Error> {
    NewProject::new(name, Framework::Version("0.1.0".into()))
}

#[test]
fn a_name_is_one_of_a_folder_a_crate_and_a_struct() {
    for name in ["note", "my-note", "a2", "note_2"] {
        project(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let long = "n".repeat(65);
    let refused = [
        "", "Note", "2note", "-note", ".", "..", "a/b", "../note", "a b", "nöte", "note\n", "test",
        "fn", "self", "std", "async", &long,
    ];
    for name in refused {
        let error = project(name).expect_err(name);
        assert_eq!(error.name(), "ProjectName", "{name}: {error}");
    }
}

#[test]
fn a_project_is_made_whole_and_nothing_is_written_over() {
    let here = tempfile::tempdir().expect("a folder");
    let made = project("my-note").expect("a name").write_in(here.path());
    let made = made.expect("made");
    assert_eq!(made.definition, "MyNote");
    assert!(made.is_without_lock);
    for file in &made.files {
        let text = std::fs::read_to_string(made.folder.join(file)).expect("a file");
        assert!(!text.contains("{{"), "{file}: {text}");
    }
    let manifest = std::fs::read_to_string(made.folder.join("Cargo.toml")).expect("it");
    assert!(
        manifest.contains("stylus-upgradeable = \"0.1.0\"\n"),
        "{manifest}"
    );

    let before = std::fs::read_dir(here.path()).expect("it").count();
    for name in ["my-note", "file", "empty", "link"] {
        let path = here.path().join(name);
        match name {
            "file" => std::fs::write(&path, "other").expect("written"),
            "empty" => std::fs::create_dir(&path).expect("made"),
            "link" => std::os::unix::fs::symlink("nowhere", &path).expect("a link"),
            _ => {}
        }
        let error = project(name).expect("a name").write_in(here.path());
        let error = error.expect_err("it is there");
        assert_eq!(error.name(), "ProjectExists", "{name}");
    }
    let found = std::fs::read(here.path().join("file")).expect("it");
    assert_eq!(found, b"other");
    let found = std::fs::read_dir(here.path()).expect("it").count();
    assert_eq!(found, before + 3);
}

#[test]
fn our_crates_come_from_where_it_is_said() {
    let here = tempfile::tempdir().expect("a folder");
    let error = Framework::folder(here.path()).expect_err("empty");
    assert_eq!(error.name(), "NoFramework");
    let git = Framework::Git {
        url: "https://example.org/f.git".into(),
        revision: Some("abc".into()),
    };
    let dependency = git.dependency("tests/harness", here.path(), here.path());
    assert_eq!(
        dependency,
        r#"{ git = "https://example.org/f.git", rev = "abc" }"#
    );
}

#[test]
fn a_clone_beside_the_project_is_named_by_a_way_that_holds_for_others_too() {
    let here = tempfile::tempdir().expect("a folder");
    let at = |path: &str| here.path().join(path);
    std::fs::create_dir_all(at("all/.git")).expect("made");
    let clone = Framework::Folder(at("clone"));
    let way = |from: &str, project: &str| clone.dependency("tests", &at(from), &at(project));
    let up = |way: &str| format!("{{ path = \"{way}clone/tests\" }}");
    assert_eq!(way("note", "note"), up("../"));
    assert_eq!(way("note/inner", "note"), up("../../"));
    assert_eq!(way("all/note", "all/note"), up("../../"), "of a repository");
    let far = way("far/off/note", "far/off/note");
    let far_off = format!("{}/", here.path().display());
    assert_eq!(far, up(&far_off), "not beside the clone");
    let within = Framework::Folder(at("all/clone"));
    let within = within.dependency("tests", &at("all/note"), &at("all/note"));
    assert_eq!(within, up("../../all/"), "in the same repository");
}

#[test]
fn a_project_without_a_clone_keeps_the_crates_that_the_program_carries() {
    let here = tempfile::tempdir().expect("a folder");
    assert_eq!(Framework::own(), Framework::Carried, "built from a clone");
    let project = NewProject::new("my-note", Framework::own()).expect("a name");
    let folder = here.path().join("my-note");
    std::fs::create_dir(&folder).expect("made");
    let listed = project.write(&folder, Some("# lock")).expect("written");
    assert!(
        listed.iter().any(|one| one == "vendor/stylus-upgrades/"),
        "{listed:?}"
    );
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect(file);
    let manifest = read("Cargo.toml");
    for line in [
        "stylus-upgradeable = { path = \"vendor/stylus-upgrades/migratable/upgradeable\" }\n",
        "exclude = [\"vendor/stylus-upgrades\"]\n",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}");
    }
    assert!(
        !manifest.contains("{{") && !manifest.contains("wasmi"),
        "{manifest}"
    );
    assert!(!read("upgrade-tests/Cargo.toml").contains("harness"));
    assert!(read("upgrade-tests/tests/upgrade.rs").contains("use my_note_upgrade_tests::Chain;"));
    let macros = "vendor/stylus-upgrades/migratable/macros/src/lib.rs";
    let (_, _, known) = stylus_upgrades_framework::SOURCES
        .iter()
        .find(|(name, inside, _)| (*name, *inside) == ("stylus-upgrades-macros", "src/lib.rs"))
        .expect("carried");
    assert_eq!(read(macros).as_bytes(), *known);
}
