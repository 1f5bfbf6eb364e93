//! `#[layout(…)]`.

use syn::{Attribute, LitStr, Result};

/// The words of `#[layout(…)]` on a struct or a field.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) erc7201: Option<LitStr>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) retyped_from: Option<LitStr>,
    pub(crate) opaque: Option<LitStr>,
}

impl Attributes {
    /// Reads them, and refuses what is not in `known`.
    pub(crate) fn read(attributes: &[Attribute], known: &[&str]) -> Result<Self> {
        let mut found = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("layout"))
        {
            attribute.parse_nested_meta(|meta| {
                let name = meta
                    .path
                    .get_ident()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                if !known.contains(&name.as_str()) {
                    return Err(meta.error(format!(
                        "expected one of {} here, found {name}",
                        known.join(", ")
                    )));
                }
                let text: LitStr = meta.value()?.parse()?;
                if text.value().trim().is_empty() || text.value().chars().any(char::is_control) {
                    return Err(syn::Error::new(
                        text.span(),
                        format!("{name} must name something"),
                    ));
                }
                // ERC-7201: "It MUST NOT contain any whitespace characters."
                if name == "erc7201" && text.value().contains(char::is_whitespace) {
                    let error = "the id of an ERC-7201 namespace has no whitespace";
                    return Err(syn::Error::new(text.span(), error));
                }
                let location = match name.as_str() {
                    "erc7201" => &mut found.erc7201,
                    "renamed_from" => &mut found.renamed_from,
                    "retyped_from" => &mut found.retyped_from,
                    _ => &mut found.opaque,
                };
                match location.replace(text) {
                    Some(_) => Err(meta.error(format!("{name} is given twice"))),
                    None => Ok(()),
                }
            })?;
        }
        Ok(found)
    }
}
