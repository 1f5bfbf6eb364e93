use super::super::cargo::without_foreign;
use super::super::package::Package;
use super::super::toolchain::{TARGET, ToolchainFile};
use super::super::wasm::is_same_program;
use super::{command, forget};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A contract that answers `answer`, with a time long ago.
fn checkout(folder: &Path, answer: u8) -> Package {
    let manifest = "[package]\nname = \"tiny\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n\
                    [profile.release]\npanic = \"abort\"\n[workspace]\n";
    let library = format!(
        "#![no_std]\n#[unsafe(no_mangle)]\npub extern \"C\" fn user_entrypoint() -> u8 {{ {answer} }}\n\
         #[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {{ loop {{}} }}\n"
    );
    let lock = "version = 4\n\n[[package]]\nname = \"tiny\"\nversion = \"0.0.0\"\n";
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    for (name, text) in [
        ("Cargo.toml", manifest),
        ("Cargo.lock", lock),
        ("src/lib.rs", &library),
    ] {
        std::fs::write(folder.join(name), text).expect("written");
        let file = std::fs::File::options()
            .append(true)
            .open(folder.join(name));
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.and_then(|file| file.set_modified(old))
            .expect("a time");
    }
    Package::open(folder).expect("a package")
}

#[test]
fn what_was_compiled_of_another_checkout_is_not_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("target");
    let build = |package: &Package| {
        let file = ToolchainFile::of(&package.folder).expect("a compiler");
        let mut cargo = file.command("cargo");
        without_foreign(&mut cargo);
        cargo.args([
            "build",
            "--lib",
            "--release",
            "--target",
            TARGET,
            "--manifest-path",
        ]);
        cargo.arg(package.folder.join("Cargo.toml"));
        let status = cargo.env("CARGO_TARGET_DIR", &target).status();
        assert!(status.expect("cargo").success());
        let module = target.join(TARGET).join("release/deps/tiny.wasm");
        std::fs::read(module).expect("a module")
    };
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let (one, other) = (checkout(&one, 1), checkout(&other, 2));
    forget(&one, &target).expect("nothing is there");
    let first = build(&one);
    forget(&other, &target).expect("forgotten");
    assert_ne!(build(&other), first);
    forget(&one, &target).expect("forgotten");
    assert_eq!(build(&one), first);
}

/// A module whose only function answers `answer`, with what cargo-stylus says of its sources.
fn module(answer: i32, custom: &[(&str, u8)]) -> Vec<u8> {
    let sections = custom.iter().map(|(name, byte)| {
        let data = format!("\\{byte:02x}").repeat(32);
        format!("(@custom \"{name}\" \"{data}\")")
    });
    let sections: String = sections.collect();
    let text = format!("(module (func (result i32) (i32.const {answer})) {sections})");
    wat::parse_str(text).expect("a module")
}

#[test]
fn init_code_of_another_source_is_not_the_same_program() {
    let hash = [("project_hash", 1)];
    let one = module(1, &hash);
    assert!(is_same_program(&one, &module(1, &hash)));
    assert!(is_same_program(&one, &module(1, &[("project_hash", 7)])));
    assert!(!is_same_program(&one, &module(2, &hash)), "other code");
    let more = [("project_hash", 1), ("other", 1)];
    assert!(!is_same_program(&one, &module(1, &more)), "a section more");
    assert!(!is_same_program(&one, b"no module"));
    assert!(!is_same_program(b"no module", b"no module"));
}

#[test]
fn cargo_stylus_has_no_variable_that_a_build_does_not_need() {
    let folder = tempfile::tempdir().expect("a folder");
    // The shell reads its first argument as a script: `stylus`, the subcommand.
    std::fs::write(folder.path().join("stylus"), "env\n").expect("written");
    let output = command(Path::new("sh"), folder.path(), folder.path()).output();
    let said = String::from_utf8(output.expect("it runs").stdout).expect("text");
    // Cargo gives this one to every test: what is not needed is not passed on.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let names: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .collect();
    assert!(names.contains(&"PATH") && names.contains(&"CARGO_TARGET_DIR"));
    assert!(!names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
}
