//! The contents of `#[initializer(…)]` and `#[migration(…)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Ident, LitStr, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
};

use crate::condition::Conditions;

/// An initializer or a migration, as its attribute describes it.
pub(crate) struct Step {
    /// The version it leaves, none for an initializer.
    pub(crate) from: Option<LitStr>,
    /// The version it reaches.
    pub(crate) to: LitStr,
    /// The other words in the attribute.
    pub(crate) flags: Flags,
}

impl Step {
    /// The step that a function's attributes describe, if it has one; errors are left to the
    /// attribute's own expansion.
    pub(crate) fn of(attributes: &[Attribute]) -> Option<Self> {
        attributes.iter().find_map(|attribute| {
            let name = &attribute.path().segments.last()?.ident;
            if name == "initializer" {
                attribute.parse_args::<Initializer>().ok().map(Self::from)
            } else if name == "migration" {
                attribute.parse_args::<Migration>().ok().map(Self::from)
            } else {
                None
            }
        })
    }

    /// The two labels; an initializer starts from the empty one.
    pub(crate) fn labels(&self) -> (String, String) {
        let from = self.from.as_ref().map(LitStr::value).unwrap_or_default();
        (from, self.to.value())
    }

    /// The constant that does the checks.
    pub(crate) fn constant(&self) -> (TokenStream, TokenStream) {
        let to = &self.to;
        match &self.from {
            None => (
                quote!(::stylus_upgradeable::__private::Initializer),
                quote!(::stylus_upgradeable::__private::Initializer::new(#to)),
            ),
            Some(from) => (
                quote!(::stylus_upgradeable::__private::Migration),
                quote!(::stylus_upgradeable::__private::Migration::new(#from, #to)),
            ),
        }
    }
}

/// `"1.0"` and flags.
pub(crate) struct Initializer(LitStr, Flags);

impl Parse for Initializer {
    fn parse(input: ParseStream) -> Result<Self> {
        let version = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(
                error.span(),
                "expected the version, as in #[initializer(\"1.0\")]",
            )
        })?;
        Ok(Self(version, Flags::after(input)?))
    }
}

impl From<Initializer> for Step {
    fn from(Initializer(to, flags): Initializer) -> Self {
        Self {
            from: None,
            to,
            flags,
        }
    }
}

/// `from = "1.0", to = "2.0"` and flags.
pub(crate) struct Migration(LitStr, LitStr, Flags);

impl Parse for Migration {
    fn parse(input: ParseStream) -> Result<Self> {
        let from = named(input, "from")?;
        input
            .parse::<Token![,]>()
            .map_err(|error| usage(error.span()))?;
        let to = named(input, "to")?;
        if from.value() == to.value() {
            return Err(syn::Error::new(
                to.span(),
                "a migration leads to another version than it starts from",
            ));
        }
        Ok(Self(from, to, Flags::after(input)?))
    }
}

impl From<Migration> for Step {
    fn from(Migration(from, to, flags): Migration) -> Self {
        Self {
            from: Some(from),
            to,
            flags,
        }
    }
}

/// `name = "text"`.
fn named(input: ParseStream, name: &str) -> Result<LitStr> {
    let found: Ident = input
        .parse()
        .map_err(|error: syn::Error| usage(error.span()))?;
    if found != name {
        return Err(usage(found.span()));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Makes the error that shows the form of `#[migration]`.
fn usage(span: Span) -> syn::Error {
    syn::Error::new(
        span,
        "a migration names the version that it starts from and the one that it reaches, in this \
         order: #[migration(from = \"1.0\", to = \"2.0\")]",
    )
}

/// The word by which `#[upgradeable]` notes the argument of type `Proof` in a step's attribute; no author writes it.
pub(crate) const PROOF: &str = "__proof";

/// `allow_sender` and conditions, in any order, or nothing.
#[derive(Default)]
pub(crate) struct Flags {
    /// True if the body may ask who calls.
    pub(crate) allow_sender: bool,
    /// Conditions that must hold after the body.
    pub(crate) conditions: Conditions,
    /// The name of the argument of type `Proof`, which `#[upgradeable]` noted here when it took it
    /// out of the signature.
    pub(crate) proof: Option<Ident>,
}

impl Flags {
    /// Flags that follow something else.
    fn after(input: ParseStream) -> Result<Self> {
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        input.parse()
    }
}

impl Parse for Flags {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut flags = Self::default();
        while !input.is_empty() {
            let flag: Ident = input.parse()?;
            if flag == "allow_sender" {
                flags.allow_sender = true;
            } else if flag == PROOF {
                let name;
                parenthesized!(name in input);
                flags.proof = Some(name.parse()?);
            } else if !flags.conditions.parse(&flag, input)? {
                return Err(syn::Error::new(
                    flag.span(),
                    format!(
                        "expected `allow_sender`, `nonzero(field, …)` or `holds(Self::condition, …)`, found `{flag}`"
                    ),
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(flags)
    }
}
