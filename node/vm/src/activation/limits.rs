//! Counts that are checked after instrumentation, in order.

use super::cost::CHARGING_FIXES;
use super::error::{ActivationError, Result, Rule};
use super::instrument::{INJECTED_GLOBALS, Instrumented};
use super::module::Module;
use crate::Rules;

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
    limit(Rule::Datas, "data segments", 128, module.datas.len())?;
    limit(
        Rule::Elements,
        "element segments",
        128,
        module.elements.len(),
    )?;
    limit(
        Rule::Exports,
        "exports",
        1_024,
        instrumented.export_names.len(),
    )?;
    limit(Rule::Functions, "functions", 4_096, module.bodies.len())?;
    limit(
        Rule::Globals,
        "globals",
        32_768,
        module.globals.len() + INJECTED_GLOBALS,
    )?;
    for (index, body) in instrumented.bodies.iter().enumerate() {
        limit(Rule::Locals, format!("function {index}"), 348, body.locals)?;
        limit(
            Rule::Opcodes,
            format!("function {index}"),
            65_536,
            body.operators,
        )?;
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
    limit(
        Rule::ElementEntries,
        "element segments",
        4_096,
        module.element_bytes(),
    )?;
    if let Some(name) = instrumented
        .export_names
        .iter()
        .find(|name| name.len() > MAX_NAME)
    {
        limit(Rule::ExportName, "exports", MAX_NAME, name.len())?;
    }
    limit(
        Rule::ModuleName,
        "the name section",
        MAX_NAME,
        module.name.len(),
    )
}

fn limit(rule: Rule, location: impl Into<String>, limit: usize, found: usize) -> Result<()> {
    if found > limit {
        return Err(ActivationError::limit(rule, location, limit, found));
    }
    Ok(())
}
