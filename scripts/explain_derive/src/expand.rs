//! The implementation that a derive writes.

use crate::attribute::Explanation;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, Result, parse_quote,
};

/// A variant, or the struct.
struct Case {
    name: Ident,
    pattern: TokenStream,
    explanation: Explanation,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let whole = Explanation::read(&input.attrs)?;
    let cases = match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let mut own = Explanation::read(&variant.attrs)?;
                if is_transparent(&variant.attrs) && own.missing().is_some() {
                    own.of = Some(parse_quote!(_0));
                }
                let own = own.or(&whole);
                let name = &variant.ident;
                case(name, quote!(Self::#name), &variant.fields, own)
            })
            .collect::<Result<Vec<_>>>()?,
        Data::Struct(data) => vec![case(&input.ident, quote!(Self), &data.fields, whole)?],
        Data::Union(_) => return Err(Error::new(input.ident.span(), "a union is no error")),
    };
    let name = method(&cases, |case| {
        let own = case.name.to_string();
        let default = quote!(::std::string::String::from(#own));
        let given = |value: &Expr| quote!(::std::string::String::from(#value));
        value(
            case,
            case.explanation.name.as_ref().map(given),
            "name",
            default,
        )
    });
    let details = method(&cases, |case| {
        let given = case
            .explanation
            .details
            .as_ref()
            .map(|value| quote!(#value));
        value(case, given, "details", quote!(::std::vec::Vec::new()))
    });
    let exit = method(&cases, |case| {
        let given = case.explanation.exit.as_ref().map(|value| quote!(#value));
        value(case, given, "exit", quote!(crate::error::Exit::Refused))
    });
    let expected = method(&cases, |case| {
        text(case, case.explanation.expected.as_ref(), "expected")
    });
    let found = method(&cases, |case| {
        text(case, case.explanation.found.as_ref(), "found")
    });
    let next = method(&cases, |case| {
        text(case, case.explanation.next.as_ref(), "next")
    });
    let error = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl #generics crate::error::Explain for #error #arguments #bounds {
            fn name(&self) -> ::std::string::String { #name }
            fn details(&self) -> ::std::vec::Vec<::std::string::String> { #details }
            fn expected(&self) -> ::std::option::Option<::std::string::String> { #expected }
            fn found(&self) -> ::std::option::Option<::std::string::String> { #found }
            fn next(&self) -> ::std::option::Option<::std::string::String> { #next }
            fn exit(&self) -> crate::error::Exit { #exit }
        }
    })
}

/// Whether thiserror takes an error's words from the one in it.
fn is_transparent(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        let words = one.meta.require_list().map(|list| list.tokens.to_string());
        one.path().is_ident("error") && words.is_ok_and(|words| words == "transparent")
    })
}

fn case(
    name: &Ident,
    path: TokenStream,
    fields: &Fields,
    explanation: Explanation,
) -> Result<Case> {
    if let Some(missing) = explanation.missing() {
        let message = format!("#[explain({missing} = …)] is missing");
        return Err(Error::new(name.span(), message));
    }
    let pattern = match fields {
        Fields::Named(fields) => {
            let names = fields.named.iter().map(|field| &field.ident);
            quote!(#path { #(#names),* })
        }
        Fields::Unnamed(fields) => {
            let names = (0..fields.unnamed.len()).map(|index| format_ident!("_{index}"));
            quote!(#path(#(#names),*))
        }
        Fields::Unit => path,
    };
    Ok(Case {
        name: name.clone(),
        pattern,
        explanation,
    })
}

/// A method's body: what `answer` says for each case.
fn method(cases: &[Case], answer: impl Fn(&Case) -> TokenStream) -> TokenStream {
    let patterns = cases.iter().map(|case| &case.pattern);
    let answers = cases.iter().map(answer);
    quote!(match self { #(#patterns => #answers),* })
}

/// What is given, else what `of` answers, else the default.
fn value(
    case: &Case,
    given: Option<TokenStream>,
    method: &str,
    default: TokenStream,
) -> TokenStream {
    match (given, &case.explanation.of) {
        (Some(given), _) => given,
        (None, Some(of)) => {
            let method = format_ident!("{method}");
            // By method call, which looks through references and boxes.
            quote!({ use crate::error::Explain as _; (#of).#method() })
        }
        (None, None) => default,
    }
}

fn text(case: &Case, given: Option<&Expr>, method: &str) -> TokenStream {
    let given = given.map(|given| match given {
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => match literal.value().contains(['{', '}']) {
            true => quote!(::std::option::Option::Some(::std::format!(#literal))),
            false => quote!(::std::option::Option::Some(::std::string::String::from(#literal))),
        },
        other => quote! {
            ::std::convert::Into::<::std::option::Option<::std::string::String>>::into(#other)
        },
    });
    // Only `of` is left: without it a missing text was refused.
    value(case, given, method, quote!(::std::option::Option::None))
}

#[cfg(test)]
mod tests {
    use super::expand;
    use syn::{DeriveInput, parse_quote};

    /// The compiler's error, empty if there is none.
    fn error(input: DeriveInput) -> String {
        expand(&input)
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_variant_without_one_of_the_three_texts_does_not_compile() {
        assert_eq!(
            error(parse_quote! {
                enum Error {
                    #[explain(expected = "a", found = "b", next = "c")]
                    One,
                    #[explain(expected = "a", next = "c")]
                    Two { path: String },
                }
            }),
            "#[explain(found = …)] is missing"
        );
        assert_eq!(
            error(parse_quote! { struct Error; }),
            "#[explain(expected = …)] is missing"
        );
    }

    #[test]
    fn what_explains_itself_needs_no_text() {
        assert_eq!(
            error(parse_quote! {
                #[explain(exit = Exit::Usage)]
                enum Error {
                    #[explain(of = _0)]
                    One(Box<Other>),
                    #[error(transparent)]
                    Two(Other),
                }
            }),
            ""
        );
    }

    #[test]
    fn a_key_that_is_unknown_or_given_twice_does_not_compile() {
        assert_eq!(
            error(parse_quote! { #[explain(expect = "a")] struct Error; }),
            "expected name, details, expected, found, next, exit or of"
        );
        assert_eq!(
            error(parse_quote! { #[explain(next = "a", next = "b")] struct Error; }),
            "it is given twice"
        );
    }
}
