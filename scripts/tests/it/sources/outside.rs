//! What is not hashed is not there to be read: other files, the user's settings, variables.

use std::process::Command;
use std::sync::Arc;
use stylus_upgrades::error::Explain;

use stylus_upgrades::build::{BuildError, Builder};

use super::project::{Project, Report, build, home, rebuild};

fn refused(project: &Project, what: &str, name: &str) -> BuildError {
    let error = build(&project.contract()).expect_err(what);
    assert_eq!(error.name(), name, "{what}: {error}");
    assert!(error.expected().is_some() && error.found().is_some() && error.next().is_some());
    error
}

#[test]
fn a_file_outside_the_sources_is_not_there_and_the_error_names_it() {
    let project = Project::new();
    project.write("work/outside.rs", "pub const N: u64 = 1;\n");
    project.write("outside.txt", "outside");
    for (text, file) in [
        (
            r#"pub const OUT: &str = include_str!("../../outside.rs");"#,
            "outside.rs",
        ),
        (
            r#"pub const OUT: &[u8] = include_bytes!("../../../outside.txt");"#,
            "outside.txt",
        ),
        (
            "#[path = \"../../outside.rs\"]\npub mod outside;",
            "outside.rs",
        ),
        (r#"include!("../../outside.rs");"#, "outside.rs"),
    ] {
        project.append(text);
        let error = refused(&project, text, "Compile");
        assert!(error.to_string().contains(file), "{text}: {error}");
        let next = error.next().expect("advice");
        assert!(next.contains("sources = ["), "{next}");
    }
}

#[test]
fn a_file_that_is_named_by_its_absolute_path_is_refused() {
    let project = Project::new();
    project.write("outside.rs", "pub const N: u64 = 1;\n");
    let path = project.path("outside.rs").display().to_string();
    for text in [
        format!("pub const OUT: &str = include_str!({path:?});"),
        format!("#[path = {path:?}]\npub mod outside;"),
    ] {
        project.append(&text);
        let error = build(&project.contract()).expect_err(&text);
        let said = error.to_string();
        // the compiler cannot read it where the kernel keeps a build from that; else what it read is refused
        let is_refused = match error.name().as_str() {
            "Compile" => said.contains("Permission denied"),
            name => name == "NotInSources",
        };
        assert!(is_refused && said.contains("outside.rs"), "{said}");
    }
}

#[test]
fn outputs_of_other_builds_are_no_sources() {
    let project = Project::new();
    let outputs = "wasm32-unknown-unknown/contract";
    let another = format!("{outputs}/build/another-0123456789abcdef/out");
    for way in [outputs, &another] {
        let folder = home().join("target/contracts").join(way);
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("left-by-another-build.txt");
        std::fs::write(&file, "of another build").expect("written");
        let text = format!(
            "#[unsafe(no_mangle)]\npub static LEFT: &str = \
             include_str!(\"../../../{way}/left-by-another-build.txt\");"
        );
        project.append(&text);
        let error = build(&project.contract()).expect_err(way);
        let said = error.to_string();
        assert!(said.contains("left-by-another-build.txt"), "{error}");
        // what runs code of its own builds apart, where the kernel keeps it from the outputs of others
        let is_refused = match error.name().as_str() {
            "Compile" => said.contains("Permission denied"),
            name => name == "NotInSources",
        };
        assert!(is_refused, "{error}");
        std::fs::remove_file(file).expect("removed");
    }
}

#[test]
fn what_a_build_script_writes_is_there() {
    let project = Project::new();
    let script = project.read("work/contract/build.rs");
    let (head, _) = script.rsplit_once('}').expect("a function");
    let script = format!(
        "{head}    let out = std::env::var_os(\"OUT_DIR\").expect(\"a folder\");\n    \
         std::fs::write(std::path::Path::new(&out).join(\"made.rs\"), \"pub const MADE: u8 = 1;\").expect(\"written\");\n}}\n"
    );
    project.write("work/contract/build.rs", &script);
    project.append("include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));");
    build(&project.contract()).expect("it builds");
}

/// A build script writes among the outputs, and the next build removes the modules that it finds there.
#[test]
fn a_link_that_a_build_script_left_leads_to_nothing_that_is_removed() {
    let project = Project::new();
    project.write("mine/own.wasm", "mine");
    let mine = project.path("mine");
    let script = format!(
        "fn main() {{\n    let out = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").expect(\"a folder\"));\n    \
         let outputs = out.ancestors().nth(3).expect(\"a folder\");\n    \
         std::fs::rename(outputs.join(\"deps\"), outputs.join(\"before\")).expect(\"renamed\");\n    \
         std::os::unix::fs::symlink({mine:?}, outputs.join(\"deps\")).expect(\"a link\");\n}}\n"
    );
    project.write("work/contract/build.rs", &script);
    let outputs = project.path("outputs");
    let build = || {
        let builder = Builder::at(&outputs, Arc::new(Report::default())).expect("a workspace");
        builder.path(&project.contract())
    };
    project.write("outputs/Cargo.toml", "[workspace]\n");
    build().expect_err("nothing can be written");
    let error = build().expect_err("a link");
    assert_eq!(error.name(), "SourceFile", "{error}");
    assert_eq!(project.read("mine/own.wasm"), "mine");
}

#[test]
fn code_that_holds_a_path_of_the_machine_is_refused() {
    let project = Project::new();
    let text = "#[unsafe(no_mangle)]\npub static WHERE: &str = env!(\"CARGO_MANIFEST_DIR\");\n";
    project.append(text);
    let source = project.read("work/contract/src/lib.rs");
    let source = source.replace("    file!(),", "    WHERE,");
    project.write("work/contract/src/lib.rs", &source);
    refused(&project, text, "PathInCode");
}

/// Another machine has another value; so does cargo where cargo-stylus builds.
#[test]
fn code_that_holds_a_variable_of_the_machine_is_refused() {
    let project = Project::new();
    for name in [
        "PATH",
        "HOME",
        "RUSTC",
        "CARGO_ENCODED_RUSTFLAGS",
        "NIX_NOT_SET",
    ] {
        let text = format!(
            "#[unsafe(no_mangle)]\npub static SET: bool = option_env!(\"{name}\").is_some();\n"
        );
        project.append(&text);
        let error = refused(&project, name, "NotInSources");
        assert!(
            error.to_string().contains(&format!("variable {name},")),
            "{error}"
        );
    }
    // In a library too.
    project.append("");
    let library = "#![no_std]\npub const FILE: &str = env!(\"TMPDIR\");\n";
    project.write("library/src/lib.rs", library);
    refused(&project, "a library", "NotInSources");
}

#[test]
fn code_that_holds_a_file_which_the_copy_has_in_another_form_is_refused() {
    let project = Project::new();
    for file in ["../Cargo.toml", "../../Cargo.toml", "../../Cargo.lock"] {
        let text = format!(
            "#[unsafe(no_mangle)]\npub static FILE: usize = include_str!({file:?}).len();\n"
        );
        project.append(&text);
        refused(&project, file, "NotInSources");
    }
}

#[test]
fn sources_that_are_declared_are_there() {
    let project = Project::new();
    project.write("work/shared/state.rs", "pub const N: usize = 5;\n");
    project.append("#[path = \"../../shared/state.rs\"]\npub mod state;");
    refused(&project, "it is not declared", "Compile");
    let manifest = project.read("work/contract/Cargo.toml");
    let declared = "[package.metadata.stylus-upgrades]\nsources = [\"../shared\"]\n";
    project.write(
        "work/contract/Cargo.toml",
        &format!("{manifest}\n{declared}"),
    );
    let before = build(&project.contract()).expect("it builds");
    project.write("work/shared/state.rs", "pub const N: usize = 6;\n");
    let after = build(&project.contract()).expect("it builds");
    assert_ne!(before.source_hash(), after.source_hash());
}

#[test]
fn neither_variables_nor_the_settings_of_the_user_change_the_code() {
    const INNER: &str = "STYLUS_UPGRADES_TEST_INNER";
    let project = Project::new();
    let expected = rebuild(&project.contract()).expect("it builds");
    let settings = "[build]\nrustflags = [\"--cfg\", \"flag\"]\nrustc-wrapper = \"/nowhere\"\n\
                    [target.wasm32-unknown-unknown]\nrustflags = [\"--cfg\", \"flag\"]\n\
                    [env]\nTINY_OPTIONAL = { value = \"leaked\", force = true }\n\
                    [profile.contract]\nopt-level = 1\n";
    // Above the workspace, and in the user's home.
    project.write(".cargo/config.toml", settings);
    project.write("home/.cargo/config.toml", settings);
    let test = std::env::current_exe().expect("this test");
    let inner = "sources::outside::inner_build_for_the_test_of_variables";
    let (flag, nowhere) = ("--cfg flag", "/nowhere");
    let mut command = Command::new(test);
    command.args(["--exact", inner, "--nocapture"]);
    command.env(INNER, project.contract());
    command.env("CARGO_HOME", project.path("home/.cargo"));
    command.envs([
        ("RUSTFLAGS", flag),
        ("CARGO_ENCODED_RUSTFLAGS", "--cfg\u{1f}flag"),
        ("CARGO_BUILD_RUSTFLAGS", flag),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flag),
        ("CARGO_PROFILE_CONTRACT_OPT_LEVEL", "1"),
        ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
        ("RUSTC", nowhere),
        ("RUSTC_WRAPPER", nowhere),
        ("RUSTC_WORKSPACE_WRAPPER", nowhere),
        ("TINY_OPTIONAL", "leaked"),
    ]);
    let output = command.output().expect("it starts");
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{said}{errors}");
    let found = format!("{} {}", expected.codehash(), expected.source_hash());
    assert!(said.contains(&found), "expected {found}, found {said}");
}

/// Runs in a process of its own, with other variables.
#[test]
fn inner_build_for_the_test_of_variables() {
    let Some(folder) = std::env::var_os("STYLUS_UPGRADES_TEST_INNER") else {
        return;
    };
    assert!(home().join("Cargo.toml").is_file());
    let built = rebuild(folder.as_ref()).expect("it builds");
    println!("{} {}", built.codehash(), built.source_hash());
}
