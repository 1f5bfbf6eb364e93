//! `nonzero(field, …)` and `holds(Self::condition, …)`: what must hold after a body.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Block, Error, Ident, Member, Path, Result, ReturnType, Signature, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// A field of the contract, or one within it: `owner`, `state.owner`, `pair.0`.
struct Field(Punctuated<Member, Token![.]>);

impl Parse for Field {
    fn parse(input: ParseStream) -> Result<Self> {
        Punctuated::parse_separated_nonempty(input)
            .map(Self)
            .map_err(|error| {
                Error::new(
                    error.span(),
                    "expected a field of the contract, as in nonzero(owner, state.value)",
                )
            })
    }
}

/// One condition: what is asked, and how its author wrote it.
struct Condition {
    span: Span,
    held: TokenStream,
    text: String,
}

/// All of them, in their order.
#[derive(Default)]
pub(crate) struct Conditions(Vec<Condition>);

impl Conditions {
    /// Reads what follows `nonzero` or `holds`; whether `name` is one of them.
    pub(crate) fn parse(&mut self, name: &Ident, input: ParseStream) -> Result<bool> {
        if name == "nonzero" {
            for Field(field) in list(name, input)? {
                let span = field.span();
                let held = quote_spanned! {span=>
                    !::stylus_upgradeable::__private::IsZero::is_zero(&self.#field)
                };
                self.push(name, &field, span, held)?;
            }
        } else if name == "holds" {
            for condition in list::<Path>(name, input)? {
                let span = condition.span();
                self.push(
                    name,
                    &condition,
                    span,
                    quote_spanned!(span=> #condition(&*self)),
                )?;
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn push(
        &mut self,
        name: &Ident,
        what: &impl ToTokens,
        span: Span,
        held: TokenStream,
    ) -> Result<()> {
        let text = format!("{name}({})", compact(what.to_token_stream()));
        if self.0.iter().any(|other| other.text == text) {
            return Err(Error::new(span, format!("`{text}` is declared already")));
        }
        self.0.push(Condition { span, held, text });
        Ok(())
    }

    /// Each as its author wrote it.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|condition| condition.text.as_str())
    }

    /// The place of the first one.
    pub(crate) fn span(&self) -> Option<Span> {
        Some(self.0.first()?.span)
    }

    /// The body of a function that returns a `Result`, with the conditions after it; `return`
    /// and `?` in it lead to them, not past them.
    pub(crate) fn around(&self, sig: &Signature, block: &Block) -> TokenStream {
        let statements = &block.stmts;
        let (ReturnType::Type(_, output), false) = (&sig.output, self.0.is_empty()) else {
            return quote!(#(#statements)*);
        };
        let checks = self.0.iter().map(|Condition { span, held, text }| {
            quote_spanned! {*span=>
                ::stylus_upgradeable::__private::require(#held, #text)?;
            }
        });
        quote! {
            #[allow(clippy::redundant_closure_call)]
            let done = (|| -> #output { #(#statements)* })()?;
            ::stylus_upgradeable::__private::settle();
            #(#checks)*
            Ok(done)
        }
    }
}

/// Conditions alone, at least one, for `#[ensures]`.
pub(crate) struct Ensures(pub(crate) Conditions);

impl Parse for Ensures {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut conditions = Conditions::default();
        loop {
            let name: Ident = input.parse().map_err(|error| usage(error.span()))?;
            if !conditions.parse(&name, input)? {
                return Err(usage(name.span()));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            if input.is_empty() {
                return Ok(Self(conditions));
            }
        }
    }
}

/// Makes the error that shows the form of `#[ensures]`.
fn usage(span: Span) -> Error {
    Error::new(
        span,
        "conditions are fields that are not zero and functions that answer `true`: \
         #[ensures(nonzero(owner), holds(Self::is_balanced))]",
    )
}

/// The contents of the parentheses, at least one.
fn list<T: Parse>(name: &Ident, input: ParseStream) -> Result<Punctuated<T, Token![,]>> {
    let content;
    parenthesized!(content in input);
    let list = Punctuated::parse_terminated(&content)?;
    if list.is_empty() {
        return Err(Error::new(
            name.span(),
            format!("`{name}()` declares nothing"),
        ));
    }
    Ok(list)
}

/// Tokens without the spaces between them.
fn compact(tokens: TokenStream) -> String {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => group.to_string(),
            token => token.to_string(),
        })
        .collect()
}
