//! The flags that lead to the chain and the registry, as they were typed.

use crate::client::Endpoint;
use crate::secret::redacted;
use crate::text::shell_word;
use clap::ArgMatches;
use clap::parser::ValueSource;

/// The flags that lead to the chain and the registry.
const PLACE: [&str; 6] = [
    "rpc_url",
    "network",
    "registry",
    "trust_registry",
    "manifest",
    "framework_from",
];

/// Returns the typed flags that lead to the chain and the registry, as a shell takes them. Variables and the manifest
/// lead there again by themselves. A URL that may hold a key is left to the reader.
pub(crate) fn place(matches: &ArgMatches) -> Vec<String> {
    let is_typed = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let all = PLACE.iter().filter(is_typed).flat_map(|id| {
        let values = matches.get_raw(id).into_iter().flatten();
        values.map(move |value| {
            let value = value.to_string_lossy();
            let shown = match *id {
                "rpc_url" => {
                    Endpoint::parse(&value).map_or_else(|_| String::new(), |url| url.to_string())
                }
                _ => redacted(&value),
            };
            let value = if shown == value.trim_end_matches('/') {
                shell_word(&value)
            } else {
                id.replace("rpc_", "").to_uppercase()
            };
            format!("--{} {value}", id.replace('_', "-"))
        })
    });
    all.collect()
}
