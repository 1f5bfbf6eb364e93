//! Tags that authors write before declarations in Solidity: those of ERC-7201, and those of OpenZeppelin Upgrades about
//! names and types. Which declarations have documentation in the AST depends on the compiler; the sources have all of
//! it.

use super::published::is_published;
use serde_json::Value;
use std::collections::BTreeMap;

/// The tag before a namespace in the documentation of a struct (ERC-7201).
pub(super) const LOCATION: &str = "@custom:storage-location";
/// The tag before the name that a variable had in the version before.
const RENAMED: &str = "@custom:oz-renamed-from";
/// The tag before the type that a variable had in the version before.
const RETYPED: &str = "@custom:oz-retyped-from";
/// The sources of a compiler's output, by their paths.
pub(super) struct Sources<'v> {
    texts: BTreeMap<&'v str, &'v str>,
    /// True if each source that was compiled is there.
    is_whole: bool,
}

impl<'v> Sources<'v> {
    /// Reads the sources of a build-info.
    pub(super) fn of(info: &'v Value) -> Self {
        let output = info.get("output").unwrap_or(info);
        let given = info["input"]["sources"].as_object();
        let texts: BTreeMap<&str, &str> = given
            .into_iter()
            .flatten()
            .filter_map(|(path, source)| Some((path.as_str(), source["content"].as_str()?)))
            .collect();
        let compiled = output.get("sources").and_then(Value::as_object);
        let is_whole = compiled.is_some_and(|all| {
            !all.is_empty() && all.keys().all(|path| texts.contains_key(path.as_str()))
        });
        Self { texts, is_whole }
    }

    /// Returns true if a source names a namespace; nothing where not all sources are there.
    pub(super) fn name_a_namespace(&self) -> Option<bool> {
        let mut texts = self.texts.values();
        let names = texts.any(|text| text.contains("storage-location"));
        (self.is_whole || names).then_some(names)
    }

    /// The paths of the sources that are as OpenZeppelin published them.
    pub(super) fn published(&self) -> impl Iterator<Item = &'v str> {
        let published = self.texts.iter().filter(|(_, text)| is_published(text));
        published.map(|(path, _)| *path)
    }

    /// The documentation before a declaration: what the AST has, else what stands before it in its source.
    pub(super) fn documentation(&self, node: &Value, file: &str) -> String {
        let documentation = &node["documentation"];
        let known = documentation["text"].as_str().or(documentation.as_str());
        match known {
            Some(text) => text.to_owned(),
            None => self.before(node, file).unwrap_or_default(),
        }
    }

    /// The comment before a declaration.
    fn before(&self, node: &Value, file: &str) -> Option<String> {
        let text = self.texts.get(file)?;
        let start = node["src"].as_str()?.split(':').next()?.parse().ok()?;
        let before = text.get(..start)?.trim_end();
        if before.ends_with("*/") {
            let comment = before.get(before.rfind("/*")?..)?;
            return comment.starts_with("/**").then(|| comment.to_owned());
        }
        let lines = before.lines().rev();
        let lines = lines.map_while(|line| line.trim().strip_prefix("///"));
        let mut lines: Vec<&str> = lines.collect();
        lines.reverse();
        Some(lines.join("\n"))
    }
}

/// The text after a tag, up to the end of its line. A longer word that begins with the tag is not the tag.
fn value<'t>(text: &'t str, tag: &str) -> Option<&'t str> {
    let after = text.match_indices(tag).map(|(at, tag)| {
        let rest = text.get(at + tag.len()..).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    });
    let after = after.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    let mut values = after.map(|rest| rest.trim().trim_end_matches("*/").trim());
    values.next()
}

/// The namespace that the documentation of a struct names.
pub(super) fn location(text: &str) -> Option<String> {
    let rest = value(text, LOCATION)?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// The name that a variable is said to have had.
pub(super) fn renamed_from(text: &str) -> Option<String> {
    let rest = value(text, RENAMED)?;
    rest.split_whitespace().next().map(str::to_owned)
}

/// The type that a variable is said to have had.
pub(super) fn retyped_from(text: &str) -> Option<String> {
    let rest = value(text, RETYPED)?;
    (!rest.is_empty()).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_are_read_from_the_sources_where_the_ast_has_none() {
        let text = "contract A {\n  /// @custom:oz-renamed-from router\n  address oldRouter;\n  /**\n   * @notice on\n   * \
                    @custom:oz-retyped-from mapping(address => bool)\n   */\n  uint8 on; // none\n  uint256 x;\n}";
        let info = json!({"input": {"sources": {"A.sol": {"content": text}}}, "output": {"sources": {"A.sol": {}}}});
        let sources = Sources::of(&info);
        let at = |what: &str| json!({"src": format!("{}:1:0", text.find(what).expect("there"))});
        let of = |what: &str| sources.documentation(&at(what), "A.sol");
        assert_eq!(
            renamed_from(&of("address oldRouter")).as_deref(),
            Some("router")
        );
        assert_eq!(
            retyped_from(&of("uint8 on")).as_deref(),
            Some("mapping(address => bool)")
        );
        assert_eq!(of("uint256 x"), "");
        assert_eq!(sources.name_a_namespace(), Some(false));
    }
}
