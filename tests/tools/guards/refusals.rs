//! Finds every refusal in the contracts' sources: each `Err(…)`, `ok_or…(…)` and `refuse(…)`
//! outside of tests, with its condition.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use stylus_upgrades_harness::HarnessError;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Stmt};

use super::wrong;

/// Folders whose sources are contracts, or libraries that refuse in their name.
const CONTRACTS: [&str; 5] = [
    "proxy",
    "registry",
    "migratable/upgradeable/src/complex",
    "migratable/upgradeable/src/lazy",
    "migratable/upgradeable/src/migratable",
];

/// One place where a contract refuses.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The file, below the repository's root.
    pub file: String,
    /// Where it stands, from 1.
    pub line: usize,
    /// The bytes of the file that decide whether it happens: the `if` with its block, the arm of a
    /// `match`, the statement, or the body of the function.
    pub condition: Range<usize>,
    /// Their text.
    pub text: String,
}

/// Every refusal in the contracts of the checkout in `home`.
///
/// # Errors
/// [`HarnessError::File`]; [`HarnessError::Library`] for a source that does not parse.
pub fn refusals(home: &Path) -> Result<Vec<Refusal>, HarnessError> {
    let mut files = Vec::new();
    for folder in CONTRACTS {
        sources(&home.join(folder), &mut files)?;
    }
    files.sort();
    let mut refusals = Vec::new();
    for path in files {
        let source = fs::read_to_string(&path).map_err(HarnessError::file("read", &path))?;
        let parsed = syn::parse_file(&source)
            .map_err(|error| wrong(format!("{}: {error}", path.display())))?;
        let mut finder = Finder::default();
        finder.visit_file(&parsed);
        let file = path.strip_prefix(home).unwrap_or(&path);
        refusals.extend(finder.found.into_iter().map(|(at, condition)| Refusal {
            file: file.display().to_string(),
            line: source[..at].matches('\n').count() + 1,
            text: source[condition.clone()].to_owned(),
            condition,
        }));
    }
    Ok(refusals)
}

/// The Rust files under `src` in `folder` and below, without tests.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), HarnessError> {
    let entries = fs::read_dir(folder).map_err(HarnessError::file("read", folder))?;
    for entry in entries {
        let entry = entry.map_err(HarnessError::file("read", folder))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if name != "tests" && name != "target" {
                sources(&path, files)?;
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let in_src = path.components().any(|part| part.as_os_str() == "src");
            files.extend(in_src.then_some(path));
        }
    }
    Ok(())
}

/// Walks a file and keeps the conditions around the place where it is.
#[derive(Default)]
struct Finder {
    conditions: Vec<Range<usize>>,
    /// Where each refusal begins, and its condition.
    found: Vec<(usize, Range<usize>)>,
}

impl Finder {
    fn under(&mut self, condition: Range<usize>, visit: impl FnOnce(&mut Self)) {
        self.conditions.push(condition);
        visit(self);
        self.conditions.pop();
    }

    fn refusal(&mut self, expression: &impl Spanned) {
        let at = expression.span().byte_range();
        let condition = self.conditions.last().cloned();
        self.found.push((at.start, condition.unwrap_or(at)));
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| match &attribute.meta {
            syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
            _ => false,
        });
        if !is_test {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.under(item.block.span().byte_range(), |it| {
            visit::visit_item_fn(it, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.under(item.block.span().byte_range(), |it| {
            visit::visit_impl_item_fn(it, item);
        });
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        // what leaves happens under the condition around it
        let leaves = matches!(
            statement,
            Stmt::Expr(Expr::Return(_) | Expr::Call(_) | Expr::MethodCall(_), _)
        );
        if leaves {
            visit::visit_stmt(self, statement);
        } else {
            self.under(statement.span().byte_range(), |it| {
                visit::visit_stmt(it, statement);
            });
        }
    }

    fn visit_expr_if(&mut self, expression: &'ast syn::ExprIf) {
        let whole = expression.span().byte_range();
        self.visit_expr(&expression.cond);
        let then = whole.start..expression.then_branch.span().byte_range().end;
        self.under(then, |it| it.visit_block(&expression.then_branch));
        if let Some((_, otherwise)) = &expression.else_branch {
            self.under(whole, |it| it.visit_expr(otherwise));
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.under(arm.span().byte_range(), |it| visit::visit_arm(it, arm));
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func {
            let name = function.path.segments.last().map(|part| &part.ident);
            if name.is_some_and(|name| name == "Err" || name == "refuse") {
                self.refusal(call);
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = &call.method;
        if name == "ok_or" || name == "ok_or_else" || name == "refuse" {
            self.refusal(call);
        }
        visit::visit_expr_method_call(self, call);
    }
}
