//! The lock file of a project as cargo itself writes it, before anything is built from it: where
//! cargo rewrote it later, the hash of unchanged sources would be another.

use super::cargo::without_foreign;
use super::error::BuildError;
use super::package::{Workspace, canonical};
use super::toolchain::ToolchainFile;
use crate::children::Started;
use crate::error::Refusal;
use crate::own_file::require_no_link;
use crate::project_file::without_quotes;
use std::path::Path;
use std::process::Stdio;

/// Has cargo write the lock file of the workspace of the crate in `folder`: what it needs, and no
/// other version of anything that is locked. Where there is none, `seed` is what it begins with.
/// Nothing is downloaded but the registry's index, and that only if need be. Cargo runs in the root folder: in that of
/// the crate it would run the programs that a configuration there names, for credentials for example.
///
/// # Errors
/// `Unsolved` with what cargo says. The lock file stays as it is then.
pub fn settle_lock(folder: &Path, seed: Option<&str>) -> Result<(), BuildError> {
    let folder = &canonical(folder)?;
    let path = Workspace::of(folder)?.root.join("Cargo.lock");
    require_no_link(&path)?;
    let is_new = !path.exists();
    if let Some(seed) = seed.filter(|_| is_new) {
        std::fs::write(&path, seed).map_err(BuildError::file("write", &path))?;
    }
    let file = ToolchainFile::of(folder)?;
    let mut reason = String::new();
    // What this machine has of the index does for what is locked.
    for offline in [&["--offline"][..], &[]] {
        let mut command = file.command("cargo");
        without_foreign(&mut command);
        command
            .args(["update", "--workspace", "--quiet", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .args(offline)
            .stdin(Stdio::null());
        let output = Started::output(&mut command);
        let output = output.map_err(BuildError::file("run cargo in", folder))?;
        if output.status.success() {
            return Ok(());
        }
        reason = without_quotes(String::from_utf8_lossy(&output.stderr).trim());
    }
    if is_new && path.exists() {
        std::fs::remove_file(&path).map_err(BuildError::file("remove", &path))?;
    }
    let message = "cargo finds no versions that suit both the crate and the framework:";
    let refusal = Refusal::new("Unsolved", message).detailed(&reason).with(
        "dependencies that cargo can solve",
        reason,
        "change what Cargo.toml asks for; nothing was written",
    );
    Err(refusal.into())
}

#[cfg(test)]
mod tests {
    use super::settle_lock;
    use crate::error::Explain;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt;

    /// A registry asks for credentials, and the folder names a program that has them.
    #[test]
    fn no_program_runs_that_a_configuration_in_the_folder_names() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = server.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for connection in server.incoming().flatten() {
                let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
                while lines.next().is_some_and(|line| !line.is_empty()) {}
                let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Cargo login_url=\"http://x/\"\r\n\
                              content-length: 0\r\nconnection: close\r\n\r\n";
                let _ = (&connection).write_all(answer.as_bytes());
            }
        });
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, text).expect("written");
            path
        };
        let index = format!("sparse+http://127.0.0.1:{port}/");
        write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"c\"\n[dependencies]\nother = {{ version = \"1\", registry-index = \"{index}\" }}\n"
            ),
        );
        write("src/lib.rs", "");
        let program = write("run.sh", "#!/bin/sh\ntouch \"$0.ran\"\n");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(program, executable).expect("set");
        let settings = format!(
            "[registry]\nglobal-credential-providers = [\"./run.sh\"]\n\
             [registries.other]\nindex = \"{index}\"\ncredential-provider = [\"./run.sh\"]\n"
        );
        write(".cargo/config.toml", &settings);
        let error = settle_lock(folder.path(), None).expect_err("no credentials");
        assert_eq!(error.name(), "Unsolved", "{error}");
        assert!(!folder.path().join("run.sh.ran").exists());
    }
}
