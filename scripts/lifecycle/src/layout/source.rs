//! A layout from a file: a compiler's JSON, alone or within other output, or a `.wasm` file.

use super::audit::Audit;
use super::compilations::{Compilation, Compilations, Judgement};
use super::compiled::Compiled;
use super::error::{self, Unreadable};
use super::json::{self, NotJson};
use super::library_errors::library_errors;
use super::namespaces;
use super::solc::{self, NotCompiled};
use super::validator::Validator;
use crate::build::{BuildError, wasm};
use crate::client::ChainError;
use crate::error::Explain;
use crate::interface::published;
use crate::progress::Progress;
use alloy::json_abi::JsonAbi;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use stylus_layout::{Document, Layout, is_gap_name};

/// A layout document and whose it is.
#[derive(Debug, Clone)]
pub struct Named {
    /// The contract or file.
    pub name: String,
    /// Its layout, with what else is known of it.
    pub document: Document,
    /// The code that it is of, where the file has that.
    pub compiled: Option<Compiled>,
    /// Findings in the sources of the code, where the file has their AST.
    pub audit: Option<Audit>,
    /// True if it is what was registered.
    pub is_recorded: bool,
    /// Success if the code and all claims about it were compiled on this machine; else the reason why not.
    pub compiled_here: Result<(), NotCompiled>,
}

impl Named {
    /// A document of code that is not known.
    pub fn of(name: impl Into<String>, document: Document) -> Self {
        Self {
            name: name.into(),
            document,
            compiled: None,
            audit: None,
            is_recorded: false,
            compiled_here: Err(NotCompiled::NotAsked),
        }
    }
}

/// The path of a file, and the contract that is chosen where it is `FILE:NAME` or `FILE:SOURCE:NAME`.
pub fn file_of(source: &Path) -> (&Path, Option<&str>) {
    let text = source.to_str().unwrap_or_default();
    let mut ends = text.rmatch_indices(':').map(|(at, _)| text.split_at(at));
    match ends.find(|(file, _)| Path::new(file).is_file()) {
        Some((file, contract)) if !source.exists() => (Path::new(file), contract.get(1..)),
        _ => (source, None),
    }
}

/// Reads a file, or one contract of several in it (`FILE:NAME`, of two with one name `FILE:SOURCE:NAME`): a `.wasm`
/// file as the compiler wrote it, the JSON of a layout, of solc (`storageLayout`, alone, in its standard output, or in
/// the build-info of hardhat and foundry), of
/// `@openzeppelin/upgrades-core`. An `abi` beside the layout is its interface. ERC-7201 namespaces are known of what
/// upgrades-core wrote, and from the AST of a build-info.
///
/// # Errors
/// `LayoutUnreadable`, `LayoutUnknown`.
pub fn read_file(source: &Path) -> Result<Named, ChainError> {
    read(source, None)
}

/// The same; the input of a build-info is compiled again, if its compiler is on this machine, unless `known` has that.
/// Then the file's own output is ignored, and the validator judges the contract.
///
/// # Errors
/// As [`read_file`].
pub fn compile_file(
    source: &Path,
    known: &Compilations,
    progress: &dyn Progress,
) -> Result<Named, ChainError> {
    let judge = |info: &Value, file: &str, name: &str| -> Judgement {
        let validator = Validator::of_user().ok_or("this user has no home folder")?;
        validator.judge(info, file, name, std::env::var_os("PATH"), progress)
    };
    read(source, Some((known, &judge)))
}

/// A function that judges a contract of a build-info, by its file and name.
type Judge<'a> = &'a dyn Fn(&Value, &str, &str) -> Judgement;

/// Reads a file, and compiles and judges it if `again` says how.
fn read(source: &Path, again: Option<(&Compilations, Judge<'_>)>) -> Result<Named, ChainError> {
    let (path, contract) = file_of(source);
    let unreadable = |reason: String| error::unreadable(path, Unreadable::Malformed(reason));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(path).map_err(|error| error::file("read", path, error))?;
    if path.extension().is_some_and(|ending| ending == "wasm") {
        let refused =
            |error: BuildError| unreadable(error.found().unwrap_or_else(|| error.to_string()));
        let layout = wasm::layout(&name, &bytes).map_err(refused)?;
        let document = Document {
            layout: layout.ok_or_else(|| error::undeclared(path.display()))?,
            steps: wasm::steps(&name, &bytes).map_err(refused)?,
            migrates: Vec::new(),
            filled: Vec::new(),
            unsafe_code: Vec::new(),
            build: None,
            interface: None,
        };
        return Ok(Named::of(name, document));
    }
    if let Ok(document) = Document::decode(&bytes) {
        return Ok(Named::of(name, document));
    }
    let written = with_output(path, &bytes).map_err(|why| match why {
        NotJson::TooDeep => error::unreadable(path, Unreadable::TooDeep),
        NotJson::Malformed(why) => unreadable(why),
    })?;
    let compiled: Compilation = match again {
        Some((known, _)) => known.compiled(&bytes, || solc::compile(&written)),
        None => Arc::new(Err(NotCompiled::NotAsked)),
    };
    let (compiled_here, document) = match &*compiled {
        Ok(compiled) => (Ok(()), compiled),
        Err(why) => (Err(why.clone()), &written),
    };
    let mut found = Vec::new();
    find(document, "", &name, &mut found);
    let all: Vec<String> = found
        .iter()
        .map(|candidate| candidate.called(&found))
        .collect();
    if let Some(contract) = contract {
        found.retain(|candidate| candidate.name == contract || candidate.full_name() == contract);
    }
    match (found.as_slice(), contract) {
        ([one], _) => {
            let compiled = one.contract.map(|output| Compiled::of(document, output));
            let own = one.document(document).map_err(unreadable)?;
            let compiled = compiled.transpose().map_err(unreadable)?.flatten();
            let no_code = || NotCompiled::Lacks("it has no code".into());
            let has_code = compiled.as_ref().map(drop).ok_or_else(no_code);
            let compiled_here = compiled_here.and(has_code);
            let mut audit = Audit::of(document, &one.file, &one.name, &own.layout);
            if let Some(audit) = &mut audit {
                audit.judgement = match (&compiled_here, again) {
                    (Ok(()), Some((known, judge))) => {
                        let contract = one.full_name();
                        known.judged(&bytes, contract, || judge(document, &one.file, &one.name))
                    }
                    (Ok(()), None) => Err(NotCompiled::NotAsked.to_string()),
                    (Err(why), _) => Err(format!("the given file was not compiled here ({why})")),
                };
            }
            Ok(Named {
                compiled,
                compiled_here,
                audit,
                ..Named::of(&one.name, own)
            })
        }
        ([], Some(contract)) => {
            let why = Unreadable::NotOf(contract.to_owned(), all);
            Err(error::unreadable(path, why))
        }
        ([], None) => Err(error::unreadable(path, kept_elsewhere(document, path))),
        (several, _) => {
            let names = several
                .iter()
                .map(|candidate| candidate.called(several))
                .collect();
            Err(error::unreadable(path, Unreadable::Several(names)))
        }
    }
}

/// Explains why a file without a layout has none.
fn kept_elsewhere(document: &Value, path: &Path) -> Unreadable {
    if let Some(info) = document["buildInfo"].as_str() {
        let info = path.parent().unwrap_or(path).join(info);
        let next = format!("give the build-info that it names: {}:NAME", info.display());
        return Unreadable::Elsewhere("a debug file of hardhat", next);
    }
    if document.get("manifestVersion").is_some() && document["impls"].is_object() {
        let next = "give the build-info of the contract: artifacts/build-info/ID.json:NAME, or out/build-info/ID.json:NAME";
        return Unreadable::Elsewhere("a network file of OpenZeppelin Upgrades", next.into());
    }
    let format = document["_format"].as_str().unwrap_or_default();
    if format.starts_with("hh") && format.contains("artifact") {
        let next = "give the build-info beside it: artifacts/build-info/ID.json:NAME";
        return Unreadable::Elsewhere("an artifact of hardhat", next.into());
    }
    Unreadable::NoLayout
}

/// Parses a file with these bytes, together with the compiler's output for it.
///
/// # Errors
/// Why it is no JSON.
pub fn with_output(path: &Path, bytes: &[u8]) -> Result<Value, NotJson> {
    let mut document = json::parse(bytes)?;
    // hardhat 3 keeps the compiler's output in a file beside that with its input
    if document.get("input").is_some() && document.get("output").is_none() {
        let output = std::fs::read(path.with_extension("output.json")).unwrap_or_default();
        let mut output = match json::parse(&output) {
            Err(NotJson::TooDeep) => return Err(NotJson::TooDeep),
            other => other.unwrap_or(Value::Null),
        };
        document["output"] = output["output"].take();
    }
    Ok(document)
}

/// A layout within a compiler's output.
struct Found<'v> {
    /// Its contract.
    name: String,
    /// The source file of the contract, where the output says so.
    file: String,
    layout: &'v Value,
    /// The output beside the layout: the contract's interface and code.
    contract: Option<&'v Map<String, Value>>,
    /// True if this program wrote it, of a contract whose attributes list everything.
    is_own: bool,
}

impl Found<'_> {
    /// With its source file.
    fn full_name(&self) -> String {
        format!("{}:{}", self.file, self.name)
    }

    /// Returns a name that tells it from others.
    fn called(&self, all: &[Self]) -> String {
        match all
            .iter()
            .filter(|candidate| candidate.name == self.name)
            .count()
        {
            1 => self.name.clone(),
            _ => self.full_name(),
        }
    }

    fn document(&self, whole: &Value) -> Result<Document, String> {
        let text = self.layout.to_string();
        let mut layout = Layout::from_json(&text).map_err(|error| error.to_string())?;
        // upgrades-core lists namespaces, even where there are none; compilers never do.
        let is_listed = self.layout.get("namespaces").is_some_and(Value::is_object);
        if layout.unlisted.is_none() {
            layout.unlisted = if is_listed || self.is_own {
                if is_listed {
                    name_parents(&mut layout);
                }
                Some(Vec::new())
            } else {
                namespaces::add(whole, &self.file, &self.name, &mut layout)?
            };
        }
        layout.add_sources(whole);
        let abi = self.contract.and_then(|contract| contract.get("abi"));
        let abi = abi.filter(|abi| abi.is_array()).cloned();
        let abi = abi.map(serde_json::from_value::<JsonAbi>).transpose();
        let abi = abi.map_err(|error| error.to_string())?;
        let interface = abi.and_then(|abi| {
            let of_libraries = library_errors(whole, &self.file, &self.name, &abi);
            published(&abi, of_libraries)
        });
        Ok(Document {
            interface,
            ..Document::of_layout(layout)
        }
        .fitting())
    }
}

/// upgrades-core names the contract that declares each variable, where compilers name the one that has it.
fn name_parents(layout: &mut Layout) {
    let labels: Vec<String> = layout
        .storage
        .iter()
        .map(|item| item.label.clone())
        .collect();
    for item in &mut layout.storage {
        let is_shared = labels.iter().filter(|label| **label == item.label).count() > 1;
        let parent = item.contract.rsplit(':').next().unwrap_or_default();
        // Gaps are compared by their ends.
        if is_shared && !parent.is_empty() && !is_gap_name(&item.label) {
            item.base = Some(parent.to_owned());
        }
    }
}

/// Every layout within a compiler's output.
fn find<'v>(value: &'v Value, file: &str, name: &str, found: &mut Vec<Found<'v>>) {
    let Some(object) = value.as_object() else {
        return;
    };
    let is_layout = |value: &&Value| value.get("storage").is_some_and(Value::is_array);
    let own = Some(value).filter(is_layout).map(|layout| ("", layout));
    let mut within = ["storageLayout", "storage-layout", "layout"].into_iter();
    let layout =
        own.or_else(|| within.find_map(|key| Some((key, object.get(key).filter(is_layout)?))));
    if let Some((key, layout)) = layout {
        found.push(Found {
            name: name.to_owned(),
            file: file.to_owned(),
            layout,
            contract: own.is_none().then_some(object),
            is_own: key == "layout" && object.get("steps").is_some_and(Value::is_array),
        });
        return;
    }
    // hardhat and foundry keep the compiler's output within their build-info
    if let Some(output) = object.get("output") {
        return find(output, file, name, found);
    }
    let contracts = object.get("contracts").and_then(Value::as_object);
    for (file, contracts) in contracts.into_iter().flatten() {
        // solc --combined-json has `file:Contract` here, standard output a level more
        let (before, own) = file.rsplit_once(':').unwrap_or((file, file));
        // A contract of standard output may have that name.
        let mut layouts = ["storageLayout", "storage-layout"].into_iter();
        if layouts.any(|key| contracts.get(key).is_some_and(|value| is_layout(&value))) {
            find(contracts, before, own, found);
            continue;
        }
        for (name, contract) in contracts.as_object().into_iter().flatten() {
            find(contract, file, name, found);
        }
    }
}

#[cfg(test)]
mod tests;
