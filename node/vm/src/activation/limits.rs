//! Counts that are checked after instrumentation, in order.

use super::cost::CHARGING_FIXES;
use super::injected::INJECTED_GLOBALS;
use super::instrument::Instrumented;
use super::module::Module;
use crate::Rules;
use crate::error::{ActivationError, Result, Rule};

const MAX_NAME: usize = 512;

/// Judges page limit and counts.
pub(crate) fn check(module: &Module<'_>, instrumented: &Instrumented, rules: &Rules) -> Result<()> {
    let pages = module.initial_pages();
    if pages > u64::from(rules.page_limit) {
        return Err(ActivationError::new(
            Rule::PageLimit,
            "the memory",
            format!("at most {} initial pages", rules.page_limit),
            pages.to_string(),
        ));
    }
    let (exports, globals) = (&instrumented.export_names, module.globals.len());
    for (rule, what, most, found) in [
        (Rule::Datas, "data segments", 128, module.datas.len()),
        (
            Rule::Elements,
            "element segments",
            128,
            module.elements.len(),
        ),
        (Rule::Exports, "exports", 1_024, exports.len()),
        (Rule::Functions, "functions", 4_096, module.bodies.len()),
        (Rule::Globals, "globals", 32_768, globals + INJECTED_GLOBALS),
    ] {
        limit(rule, what, most, found)?;
    }
    for (index, body) in instrumented.bodies.iter().enumerate() {
        let what = || format!("function {index}");
        limit(Rule::Locals, what(), 348, body.locals)?;
        limit(Rule::Opcodes, what(), 65_536, body.operators)?;
    }
    if rules.arbos_version >= CHARGING_FIXES {
        limit(Rule::Imports, "imports", 513, module.imports.len())?;
    }
    let entries = module
        .tables
        .iter()
        .map(|table| table.initial)
        .fold(0, u64::saturating_add);
    let entries = usize::try_from(entries).unwrap_or(usize::MAX);
    limit(Rule::TableEntries, "tables", 4_096, entries)?;
    let bytes = module.element_bytes();
    limit(Rule::ElementEntries, "element segments", 4_096, bytes)?;
    for name in exports {
        limit(Rule::ExportName, "exports", MAX_NAME, name.len())?;
    }
    let name = module.name.len();
    limit(Rule::ModuleName, "the name section", MAX_NAME, name)
}

fn limit(rule: Rule, location: impl Into<String>, limit: usize, found: usize) -> Result<()> {
    if found > limit {
        return Err(ActivationError::limit(rule, location, limit, found));
    }
    Ok(())
}
