//! wasm-opt of this machine, run on what the compiler wrote as a crate declares it.

use super::cargo::kept;
use super::error::BuildError;
use super::folders::empty;
use super::optimization::{Optimization, PROGRAM};
use super::procedure::STYLUS;
use super::sandbox::Sandbox;
use super::wasm::with_sections;
use crate::error::Refusal;
use crate::progress::Progress;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use wasmparser::BinaryReaderError;

/// The sections that tell it which features of WebAssembly a module has and how its functions are called.
const KEPT: [&str; 2] = ["target_features", "name"];
/// Settings of cargo's profile by which the linker leaves such sections out.
const STRIPPED: [&str; 2] = ["strip=true", "strip=\"symbols\""];
/// Lines of its words that an error carries.
const LINES_MAX: usize = 20;

impl Optimization {
    /// Optimizes what the compiler wrote, by the program of this machine. `profile` has the settings of cargo's
    /// profile, and `folder` the outputs, which nobody else writes meanwhile.
    ///
    /// # Errors
    /// `WasmOpt` if the program is not there, is of another version or refuses the module.
    pub(super) fn apply(
        &self,
        raw: &[u8],
        profile: &[String],
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>, BuildError> {
        let program = program().ok_or_else(|| self.failed("it is not in the PATH"))?;
        let folder = folder.join(PROGRAM);
        empty(&folder)?;
        std::fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        let said = self.run(&program, &folder, &["--version"], progress)?;
        if version_of(&said) != Some(self.version.as_str()) {
            return Err(self.failed(&format!(
                "{} is {}",
                program.display(),
                said.trim().lines().next().unwrap_or("silent")
            )));
        }
        let is_stripped = profile.iter().any(|one| STRIPPED.contains(&one.as_str()));
        let module = as_linked(raw, is_stripped).map_err(|why| self.failed(&why.to_string()))?;
        let (before, after) = (folder.join("module.wasm"), folder.join("optimized.wasm"));
        std::fs::write(&before, module).map_err(BuildError::file("write", &before))?;
        let (from, to) = (before.to_string_lossy(), after.to_string_lossy());
        let mut words: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        words.extend([&*from, "-o", &*to]);
        self.run(&program, &folder, &words, progress)?;
        std::fs::read(&after).map_err(BuildError::file("read", &after))
    }

    /// Runs the program where it reads the module and itself, and writes into `folder`.
    fn run(
        &self,
        program: &Path,
        folder: &Path,
        words: &[&str],
        progress: &dyn Progress,
    ) -> Result<String, BuildError> {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(folder)
            .env_clear()
            .envs(kept())
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .stdin(Stdio::null());
        // Its words go to a file, which is in nobody's way.
        let path = folder.join("said.txt");
        let open = || std::fs::File::create(&path).map_err(BuildError::file("write", &path));
        let said = open()?;
        let other = said.try_clone().map_err(BuildError::file("write", &path))?;
        command.stdout(said).stderr(other);
        progress.command(&format!("{command:?}"));
        let ended = Sandbox::new(Sandbox::around(program), [folder.to_owned()])
            .start(&mut command)
            .and_then(|(started, _)| started.wait());
        let status: ExitStatus = ended.map_err(|error| self.failed(&error.to_string()))?;
        let said = std::fs::read(&path).map_err(BuildError::file("read", &path))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        if status.success() {
            Ok(said)
        } else {
            let lines: Vec<&str> = said.lines().take(LINES_MAX).collect();
            Err(self.failed(&lines.join("\n")))
        }
    }

    fn failed(&self, why: &str) -> BuildError {
        let version = &self.version;
        let message = format!("{PROGRAM} {version}, which {STYLUS} asks for, cannot be run: {why}");
        Refusal::new("WasmOpt", message)
            .with(
                format!("{self}, on the module that the compiler wrote"),
                why,
                format!("install release {version} of Binaryen and put its folder bin into the PATH, or correct [wasm-opt] in {STYLUS}"),
            )
            .into()
    }
}

/// The first program of that name in the PATH.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join(PROGRAM));
    programs.find(|program| program.is_file())
}

/// The number in `wasm-opt version 131 (version_131)`.
fn version_of(said: &str) -> Option<&str> {
    let mut words = said.split_whitespace();
    words.find(|word| *word == "version")?;
    words.next()
}

/// The module as the linker writes it for its author: what this builder has the compiler add, such as lines and the
/// layout, is not there, as the program makes other code of a module with lines.
fn as_linked(raw: &[u8], is_stripped: bool) -> Result<Vec<u8>, BinaryReaderError> {
    let is_kept = |name: &str| !is_stripped && KEPT.contains(&name);
    with_sections(raw, is_kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CustomSection, Module};
    use wasmparser::{Parser, Payload};

    #[test]
    fn a_version_is_the_whole_number_that_the_program_says() {
        for (said, expected) in [
            ("wasm-opt version 131 (version_131)\n", Some("131")),
            ("wasm-opt version 119", Some("119")),
            ("131", None),
            ("", None),
        ] {
            assert_eq!(version_of(said), expected, "{said}");
        }
    }

    #[test]
    fn what_the_builder_adds_is_not_optimized() {
        let mut module = Module::new();
        for name in ["name", ".debug_info", "stylus-layout", "target_features"] {
            module.section(&CustomSection {
                name: name.into(),
                data: std::borrow::Cow::Borrowed(&[0]),
            });
        }
        let raw = module.finish();
        let names = |is_stripped: bool| {
            let linked = as_linked(&raw, is_stripped).expect("a module");
            let sections = Parser::new(0).parse_all(&linked);
            let names = sections.filter_map(|payload| match payload.expect("it") {
                Payload::CustomSection(custom) => Some(custom.name().to_owned()),
                _ => None,
            });
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(false), ["name", "target_features"]);
        assert_eq!(names(true), [""; 0]);
    }
}
