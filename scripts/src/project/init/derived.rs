//! A copy of a crate that says how its storage is laid out: the same structs and functions, with our attributes
//! above them and nothing else of ours. The crate itself stays as it is.

use super::crates::Contract;
use super::source::Goal;
use super::{Framework, Init, ProjectError, read, refused};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, TableLike, Value};

/// Folders that no build reads.
const LEFT_OUT: [&str; 3] = ["target", ".git", "node_modules"];

/// The copy, which goes with this value.
#[derive(Debug)]
pub struct Derived {
    _copy: TempDir,
    folder: PathBuf,
}

impl Derived {
    /// A copy of the crate in `folder`, with its workspace.
    ///
    /// # Errors
    /// [`ProjectError::NotInitialized`] where it is no contract of stylus-sdk; [`ProjectError::File`].
    pub fn of(folder: &Path, framework: &Framework) -> Result<Self, ProjectError> {
        let root = Contract::of(folder)?.root;
        let canonical = folder.canonicalize();
        let canonical = canonical.map_err(ProjectError::file("find", folder))?;
        let place = canonical.strip_prefix(&root).unwrap_or(Path::new(""));
        let copy = tempfile::tempdir().map_err(ProjectError::file("make", "a folder"))?;
        copy_folder(&root, copy.path(), &root)?;
        let folder = copy.path().join(place);
        let plan = Init::planned(&folder, framework, Goal::Layout)?;
        plan.write()?;
        plan.settle()?;
        Ok(Self {
            _copy: copy,
            folder,
        })
    }

    /// The crate's folder in the copy.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Copies what lies in `from`. In manifests the paths that lead out of `root` become absolute.
fn copy_folder(from: &Path, to: &Path, root: &Path) -> Result<(), ProjectError> {
    for entry in std::fs::read_dir(from).map_err(ProjectError::file("read", from))? {
        let entry = entry.map_err(ProjectError::file("read", from))?;
        let (path, name) = (entry.path(), entry.file_name());
        let copied = to.join(&name);
        let kind = entry.file_type();
        let kind = kind.map_err(ProjectError::file("read", &path))?;
        if kind.is_dir() {
            if LEFT_OUT.iter().any(|one| name == *one) {
                continue;
            }
            std::fs::create_dir(&copied).map_err(ProjectError::file("make", &copied))?;
            copy_folder(&path, &copied, root)?;
        } else if name == "Cargo.toml" {
            let text = with_absolute_paths(&read(&path)?, from, root)?;
            std::fs::write(&copied, text).map_err(ProjectError::file("write", &copied))?;
        } else if path.is_file() {
            std::fs::copy(&path, &copied).map_err(ProjectError::file("copy", &path))?;
        }
    }
    Ok(())
}

fn with_absolute_paths(text: &str, folder: &Path, root: &Path) -> Result<String, ProjectError> {
    let mut manifest: DocumentMut = text
        .parse()
        .map_err(|error| refused(format!("Cargo.toml: {error}")))?;
    absolute(manifest.as_table_mut(), folder, root);
    Ok(manifest.to_string())
}

fn absolute(table: &mut dyn TableLike, folder: &Path, root: &Path) {
    for (key, item) in table.iter_mut() {
        let outside = item.as_str().and_then(|path| outside(path, folder, root));
        match outside {
            Some(path) if key == "path" => {
                *item = Item::Value(Value::from(path.display().to_string()));
            }
            _ => {
                if let Some(inner) = item.as_table_like_mut() {
                    absolute(inner, folder, root);
                }
            }
        }
    }
}

/// Where a relative path leads, if that is out of `root`.
fn outside(path: &str, folder: &Path, root: &Path) -> Option<PathBuf> {
    let mut leads = folder.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                leads.pop();
            }
            Component::Normal(name) => leads.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
            Component::CurDir => {}
        }
    }
    (!leads.starts_with(root)).then_some(leads)
}
