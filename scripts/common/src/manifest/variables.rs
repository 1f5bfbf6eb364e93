//! `${NAME}` in an RPC URL: a variable of the environment. What it stands for is put in when the URL
//! is used, and is written nowhere.

use crate::error::Refusal;
use crate::secret::Secret;

/// `text` with its variables replaced by what `value` says, and the values that went into it.
pub(super) fn expand(
    text: &str,
    value: impl Fn(&str) -> Option<String>,
) -> Result<(Secret, Vec<String>), Refusal> {
    let mut expanded = String::with_capacity(text.len());
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        let Some((name, after)) = from.split_once('}').filter(|(name, _)| is_name(name)) else {
            return Err(refused(
                "a `${` has no variable name and `}` after it",
                "${NAME}: a letter or '_', then letters, digits or '_'",
                "correct the URL in the manifest",
            ));
        };
        let missing = || {
            refused(
                &format!("the variable {name} is not set, or empty"),
                &format!("{name} in the environment, with a value"),
                &format!("export {name}=…, or give --rpc-url"),
            )
        };
        let found = value(name).filter(|found| !found.is_empty());
        let found = found.ok_or_else(missing)?;
        expanded.push_str(before);
        expanded.push_str(&found);
        values.push(found);
        rest = after;
    }
    expanded.push_str(rest);
    Ok((Secret::new(expanded), values))
}

fn refused(reason: &str, expected: &str, next: &str) -> Refusal {
    let message = format!("the manifest's RPC URL cannot be used: {reason}");
    Refusal::new("RpcUrlVariable", message)
        .with(expected, reason, next)
        .usage()
}

fn is_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::error::Explain;

    fn value(name: &str) -> Option<String> {
        match name {
            "KEY" => Some("0123456789abcdef".into()),
            "HOST_2" => Some("rpc.example".into()),
            "DOLLAR" => Some("${KEY}".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_once_and_everything_else_stays() {
        let (url, values) = expand("https://${HOST_2}/v2/${KEY}?a=$b}", value).expect("it");
        assert_eq!(
            url.expose(),
            "https://rpc.example/v2/0123456789abcdef?a=$b}"
        );
        assert_eq!(values, ["rpc.example", "0123456789abcdef"]);
        let (url, _) = expand("http://h/${DOLLAR}", value).expect("it");
        assert_eq!(url.expose(), "http://h/${KEY}");
        assert!(expand("http://h", value).expect("it").1.is_empty());
    }

    #[test]
    fn a_variable_that_is_not_set_or_none_is_refused_without_the_url() {
        for wrong in ["${NONE}", "${EMPTY}", "${}", "${KEY", "${1}", "${a b}"] {
            let error = expand(&format!("https://secretword/{wrong}"), value).expect_err(wrong);
            assert_eq!(error.name(), "RpcUrlVariable");
            assert!(!format!("{error:?}").contains("secretword"), "{error:?}");
        }
        let found = |text: &str| expand(text, value).expect_err(text).to_string();
        for name in ["NONE", "EMPTY"] {
            let told = found(&format!("${{{name}}}"));
            let ends = format!("the variable {name} is not set, or empty");
            assert!(told.ends_with(&ends), "{told}");
        }
    }
}
