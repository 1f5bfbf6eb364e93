//! Names of what is kept lazily. A field over a lazy one names every form that its values may be in
//! (`LazyValue`), and so does its name in the layout: `lazy … over lazy …`.

use syn::visit::Visit;
use syn::{Error, Ident, LitStr, Result, Type};

/// What stands between the names of two forms.
const OVER: &str = " over ";

/// The name of an opaque field in the layout.
pub(super) fn name(ty: &Type, opaque: &LitStr, retyped_from: Option<&LitStr>) -> Result<LitStr> {
    let before = retyped_from
        .map(LitStr::value)
        .filter(|from| from.starts_with("lazy "));
    let mut name = opaque.value();
    if let Some(before) = before
        && !name.ends_with(&format!("{OVER}{before}"))
    {
        name = format!("{name}{OVER}{before}");
    }
    let values = lazy_values(ty);
    let is_lazy = name.starts_with("lazy ") || values > 0;
    let forms = name.matches(&format!("{OVER}lazy ")).count();
    if forms > values {
        return Err(Error::new(
            opaque.span(),
            "the version before kept this lazily, so its values are in one of two forms: name both \
             in the field's type, LazyMap<Key, LazyValue<Old, New>, Newer> (so with LazyCell), or \
             they are read as what they are not",
        ));
    }
    if is_lazy && forms < values {
        return Err(Error::new(
            opaque.span(),
            "LazyValue is for what the version before kept lazily: say what that was, \
             retyped_from = \"lazy …\"",
        ));
    }
    Ok(LitStr::new(&name, opaque.span()))
}

/// How often the type says `LazyValue`.
fn lazy_values(ty: &Type) -> usize {
    struct Search(usize);
    impl<'ast> Visit<'ast> for Search {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 += usize::from(ident == "LazyValue");
        }
    }
    let mut search = Search(0);
    search.visit_type(ty);
    search.0
}
