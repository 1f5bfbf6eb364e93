//! Checks that come last, after the gas is paid: imports, floats, segments.

use wasmparser::{DataKind, ElementItems, ElementKind, Operator, ValType};

use super::instrument::Instrumented;
use super::module::{FuncImport, Module};
use super::parse::constant;
use crate::Rules;
use crate::error::{ActivationError, Result, Rule};
use crate::signature::{Hook, Kind};

pub(super) const PAGE: u64 = 65_536;

/// Judges imports, float operations and segments; gives the host function of every import.
pub(crate) fn check(
    module: &Module<'_>,
    instrumented: &Instrumented,
    rules: &Rules,
) -> Result<Vec<Hook>> {
    let hooks = module
        .imports
        .iter()
        .map(|import| hook(module, import, rules))
        .collect::<Result<_>>()?;
    if let Some((function, op)) = &instrumented.float {
        return Err(ActivationError::new(
            Rule::FloatOperation,
            format!("function {function}"),
            "no floating-point arithmetic, comparison or conversion",
            op,
        ));
    }
    data_fits(module)?;
    elements_fit(module)?;
    Ok(hooks)
}

fn hook(module: &Module<'_>, import: &FuncImport<'_>, rules: &Rules) -> Result<Hook> {
    let location = || format!("import {}.{}", import.module, import.name);
    let known = Hook::find(import.module, import.name)
        .filter(|hook| rules.debug || !hook.unknown_to_production());
    let Some(hook) = known else {
        return Err(ActivationError::new(
            Rule::ImportUnknown,
            location(),
            "a host function of the module vm_hooks",
            "no such host function",
        ));
    };
    if hook.debug_only() && !rules.debug {
        return Err(ActivationError::new(
            Rule::ImportDebugOnly,
            location(),
            "a host function of production chains",
            "one of debug chains",
        ));
    }
    let signature = hook.signature();
    let same = |kinds: &[Kind], types: &[ValType]| {
        kinds.len() == types.len()
            && kinds
                .iter()
                .zip(types)
                .all(|(kind, ty)| kind.val_type() == *ty)
    };
    let ty = usize::try_from(import.type_index)
        .ok()
        .and_then(|index| module.types.get(index));
    match ty {
        Some(ty)
            if same(signature.params, ty.params())
                && same(signature.result.as_slice(), ty.results()) =>
        {
            Ok(hook)
        }
        other => Err(ActivationError::new(
            Rule::ImportSignature,
            location(),
            signature.to_string(),
            other.map_or_else(String::new, ToString::to_string),
        )),
    }
}

fn data_fits(module: &Module<'_>) -> Result<()> {
    let size = module.initial_pages().saturating_mul(PAGE);
    for (index, data) in module.datas.iter().enumerate() {
        let DataKind::Active { offset_expr, .. } = &data.kind else {
            continue;
        };
        let location = format!("data segment {index}");
        let offset = offset(offset_expr, &location)?;
        in_bounds(
            Rule::DataBounds,
            &location,
            offset,
            data.data.len(),
            size,
            "bytes",
        )?;
    }
    Ok(())
}

fn elements_fit(module: &Module<'_>) -> Result<()> {
    for (index, element) in module.elements.iter().enumerate() {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            continue;
        };
        let location = format!("element segment {index}");
        let offset = offset(offset_expr, &location)?;
        let table = usize::try_from(table_index.unwrap_or_default()).ok();
        let size = table
            .and_then(|table| module.tables.get(table))
            .map_or(0, |table| table.initial);
        let ElementItems::Functions(items) = &element.items else {
            return Err(ActivationError::new(
                Rule::ElementItems,
                location,
                "a list of function indexes",
                "expressions",
            ));
        };
        let count = usize::try_from(items.count()).unwrap_or(usize::MAX);
        in_bounds(
            Rule::ElementBounds,
            &location,
            offset,
            count,
            size,
            "entries",
        )?;
    }
    Ok(())
}

fn offset(expr: &wasmparser::ConstExpr<'_>, location: &str) -> Result<u64> {
    match constant(expr)? {
        Some(Operator::I32Const { value }) => Ok(u64::from(value.cast_unsigned())),
        other => Err(ActivationError::new(
            Rule::SegmentOffset,
            location,
            "an i32.const as offset",
            format!("{other:?}"),
        )),
    }
}

fn in_bounds(
    rule: Rule,
    location: &str,
    offset: u64,
    len: usize,
    size: u64,
    unit: &str,
) -> Result<()> {
    let end = offset.saturating_add(len as u64);
    if end > size {
        return Err(ActivationError::new(
            rule,
            location,
            format!("an end within {size} {unit}"),
            end.to_string(),
        ));
    }
    Ok(())
}
