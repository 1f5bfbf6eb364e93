//! Names of what is kept lazily. A field over a lazy one names every form that its values may be in
//! (`LazyValue`), and so does its name in the layout: `lazy … over lazy …`. Each part ends with the
//! form that was written then, as the field's type has it, so that the next form is another name.

use syn::visit::Visit;
use syn::{Error, GenericArgument, Ident, LitStr, PathArguments, PathSegment, Result, Type};

/// The types that convert what they hold.
const LAZY: [&str; 2] = ["LazyMap", "LazyCell"];
/// The text between the names of two forms.
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
    if count(ty, &LAZY) > 1 {
        return Err(Error::new(
            opaque.span(),
            "two lazy types in one field, and a name that says the form of one: give each a field of its own",
        ));
    }
    let values = count(ty, &["LazyValue"]);
    let is_lazy = name.starts_with("lazy ") || values > 0 || forms(ty).is_some();
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
    if is_lazy && !name.starts_with("lazy ") {
        return Err(Error::new(
            opaque.span(),
            "a lazy field, or one that holds lazy ones, has a name that begins with \"lazy \": expected \
             \"lazy ... Form\", so that the next form is another name",
        ));
    }
    if is_lazy {
        forms_are_named(ty, &name).map_err(|reason| Error::new(opaque.span(), reason))?;
    }
    Ok(LitStr::new(&name, opaque.span()))
}

/// Errors unless each part of the name ends with the form that the type has there.
fn forms_are_named(ty: &Type, name: &str) -> std::result::Result<(), String> {
    let Some((plain, written)) = forms(ty) else {
        return Err(format!(
            "{name:?} is the name of a lazy field: write its type out, LazyMap<Key, Old, New> or \
             LazyCell<Old, New>, so that the name can be compared with the forms"
        ));
    };
    let parts: Vec<&str> = name.split(OVER).collect();
    for (at, form) in written.iter().enumerate() {
        let part = parts.get(at).copied().unwrap_or_default();
        let last = last_word(part);
        if last != form && last != label(form) {
            return Err(format!(
                "a lazy field's name ends with the form that is written, so that another form in \
                 the next version is another name: expected \"lazy ... {form}\", found {part:?}; \
                 name {form}"
            ));
        }
        let mut earlier = written.iter().skip(at + 1).chain([&plain]);
        if earlier.any(|earlier| earlier == form) {
            return Err(format!(
                "two forms are called {form}, so no name in the layout distinguishes them: rename \
                 one, or its import"
            ));
        }
    }
    Ok(())
}

/// The form before any lazy one, and those that were written lazily, the newest first.
fn forms(ty: &Type) -> Option<(String, Vec<String>)> {
    struct Search(Option<[Type; 2]>);
    impl<'ast> Visit<'ast> for Search {
        fn visit_path_segment(&mut self, segment: &'ast PathSegment) {
            if self.0.is_none() && LAZY.iter().any(|one| segment.ident == one) {
                self.0 = last_two(segment);
            }
            syn::visit::visit_path_segment(self, segment);
        }
    }
    let mut search = Search(None);
    search.visit_type(ty);
    let [mut old, new] = search.0?;
    let mut written = vec![called(&new)?];
    while let Type::Path(path) = &old
        && let Some(segment) = path.path.segments.last()
        && segment.ident == "LazyValue"
    {
        let [earlier, form] = last_two(segment)?;
        written.push(called(&form)?);
        old = earlier;
    }
    Some((called(&old)?, written))
}

/// The last two types that a segment has as arguments.
fn last_two(segment: &PathSegment) -> Option<[Type; 2]> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let mut types = arguments.args.iter().rev().filter_map(|one| match one {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    let (last, before) = (types.next()?, types.next()?);
    Some([before, last])
}

/// Returns the name of a type; arguments do not count.
fn called(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The label of a type of alloy: `uint256` for `U256`.
fn label(form: &str) -> String {
    match form {
        "Address" => "address".into(),
        "B256" => "bytes32".into(),
        _ => match form.strip_prefix('U') {
            Some(bits) if bits.parse::<u16>().is_ok() => format!("uint{bits}"),
            _ => form.into(),
        },
    }
}

/// The last word of a name: `Amount` of `lazy mapping(address => Amount)`.
fn last_word(part: &str) -> &str {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let part = part.trim_end_matches(|c: char| !is_word(c));
    part.rsplit(|c: char| !is_word(c))
        .next()
        .unwrap_or_default()
}

/// Counts the places at which the type says one of these names.
fn count(ty: &Type, names: &[&str]) -> usize {
    struct Search<'n>(&'n [&'n str], usize);
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.1 += usize::from(self.0.iter().any(|name| ident == name));
        }
    }
    let mut search = Search(names, 0);
    search.visit_type(ty);
    search.1
}
