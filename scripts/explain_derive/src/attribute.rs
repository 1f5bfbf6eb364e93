//! What `#[explain(…)]` says.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, Result, Token};

/// The values of one `#[explain(…)]`.
#[derive(Clone, Default)]
pub(crate) struct Explanation {
    pub(crate) name: Option<Expr>,
    pub(crate) details: Option<Expr>,
    pub(crate) expected: Option<Expr>,
    pub(crate) found: Option<Expr>,
    pub(crate) next: Option<Expr>,
    pub(crate) exit: Option<Expr>,
    pub(crate) of: Option<Expr>,
}

struct Entry {
    key: Ident,
    value: Expr,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        Ok(Self { key, value })
    }
}

impl Explanation {
    /// What the attributes of a variant or type say.
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("explain") {
                continue;
            }
            let parse = Punctuated::<Entry, Token![,]>::parse_terminated;
            for Entry { key, value } in attribute.parse_args_with(parse)? {
                let place = read.place(&key)?;
                if place.replace(value).is_some() {
                    return Err(Error::new(key.span(), "it is given twice"));
                }
            }
        }
        Ok(read)
    }

    fn place(&mut self, key: &Ident) -> Result<&mut Option<Expr>> {
        Ok(match key.to_string().as_str() {
            "name" => &mut self.name,
            "details" => &mut self.details,
            "expected" => &mut self.expected,
            "found" => &mut self.found,
            "next" => &mut self.next,
            "exit" => &mut self.exit,
            "of" => &mut self.of,
            _ => {
                return Err(Error::new(
                    key.span(),
                    "expected name, details, expected, found, next, exit or of",
                ));
            }
        })
    }

    /// The same, with what it leaves out from `default`; nothing if it has `of`, which gives all.
    pub(crate) fn or(self, default: &Self) -> Self {
        if self.of.is_some() {
            return self;
        }
        let default = default.clone();
        Self {
            name: self.name.or(default.name),
            details: self.details.or(default.details),
            expected: self.expected.or(default.expected),
            found: self.found.or(default.found),
            next: self.next.or(default.next),
            exit: self.exit.or(default.exit),
            of: default.of,
        }
    }

    /// The first of the three texts that nothing gives.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let texts = [
            ("expected", &self.expected),
            ("found", &self.found),
            ("next", &self.next),
        ];
        let is_missing = |text: &&(_, &Option<Expr>)| text.1.is_none() && self.of.is_none();
        texts.iter().find(is_missing).map(|(name, _)| *name)
    }
}
