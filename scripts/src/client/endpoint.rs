//! An RPC URL: parsed once, and printed without what is secret in it.

use super::error::ChainError;
use alloy::transports::http::reqwest::Url;
use std::fmt;
use std::time::Duration;

/// How long one request may take, if nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Passwords, path segments and query values from this length on are looked for in all that is
/// printed; shorter ones are ordinary words.
const KEY_LENGTH: usize = 12;

/// An RPC URL. Its `Display` form has scheme, host and port alone: providers put keys into the user
/// part, the path and the query.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    shown: String,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`ChainError::Url`] where it is none that this program can use. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, ChainError> {
        let unusable = |reason: &str| ChainError::Url {
            reason: reason.to_owned(),
        };
        let url: Url = text
            .trim()
            .parse()
            .map_err(|error| unusable(&format!("it cannot be read: {error}")))?;
        match url.scheme() {
            "http" | "ws" => {}
            "https" | "wss" if cfg!(feature = "tls") => {}
            "https" | "wss" => {
                return Err(unusable("this program was built without the feature `tls`"));
            }
            _ => return Err(unusable("its scheme is none of http, https, ws and wss")),
        }
        let host = url
            .host_str()
            .ok_or_else(|| unusable("it has no host"))?
            .to_owned();
        let mut shown = format!("{}://{host}", url.scheme());
        if let Some(port) = url.port() {
            shown.push_str(&format!(":{port}"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            shown.push_str("/…");
        }
        Ok(Self {
            url,
            shown,
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// The same with another limit on what a request may take.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Whether it is asked over WebSocket.
    pub(super) fn is_websocket(&self) -> bool {
        matches!(self.url.scheme(), "ws" | "wss")
    }

    /// The URL itself, for the transport alone.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// As [`Self::secrets`], with values that were put into the URL: each may be a key, unless it is
    /// what is printed of the URL.
    pub fn secrets_with(&self, values: &[String]) -> Vec<String> {
        let mut all = self.secrets();
        let hidden = |value: &&String| {
            let value = value.trim_end_matches('/');
            value.len() >= KEY_LENGTH && !self.shown.contains(value)
        };
        all.extend(values.iter().filter(hidden).cloned());
        all
    }

    /// What must not be printed of it: the URL as a whole and every part that may be a key.
    pub fn secrets(&self) -> Vec<String> {
        let url = &self.url;
        let mut all = Vec::new();
        if self.shown.trim_end_matches('/') != url.as_str().trim_end_matches('/') {
            all.push(url.to_string());
        }
        if let Some(password) = url.password() {
            all.push(format!("{}:{password}", url.username()));
            all.extend(Some(password.to_owned()).filter(|password| password.len() >= KEY_LENGTH));
        }
        let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
        let pairs = url.query_pairs().map(|(_, value)| value.into_owned());
        let long = |part: &String| part.len() >= KEY_LENGTH;
        all.extend(segments.chain(pairs).filter(long));
        all.extend(url.query().map(str::to_owned).filter(long));
        if url.username().len() >= KEY_LENGTH {
            all.push(url.username().to_owned());
        }
        all
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_reported_by_scheme_host_and_port_alone() {
        let cases = [
            ("http://127.0.0.1:8547", "http://127.0.0.1:8547"),
            ("http://127.0.0.1:8547/", "http://127.0.0.1:8547"),
            ("http://me:secretword@host:1/", "http://host:1"),
            ("http://host/v2/0123456789abcdef", "http://host/…"),
            ("http://host/?apikey=0123456789abcdef", "http://host/…"),
        ];
        for (url, shown) in cases {
            let endpoint = Endpoint::parse(url).expect(url);
            assert_eq!(endpoint.to_string(), shown);
            assert_eq!(format!("{endpoint:?}"), format!("Endpoint({shown})"));
        }
    }

    #[test]
    fn every_part_that_may_be_a_key_is_a_secret() {
        let url = "http://user:secretsecret@host/v2/0123456789abcdef?apikey=fedcba9876543210";
        let secrets = Endpoint::parse(url).expect(url).secrets();
        for part in [url, "secretsecret", "0123456789abcdef", "fedcba9876543210"] {
            assert!(secrets.iter().any(|secret| secret == part), "{secrets:?}");
        }
        assert!(
            Endpoint::parse("http://127.0.0.1:1")
                .expect("it")
                .secrets()
                .is_empty()
        );
    }

    #[test]
    fn a_url_that_cannot_be_used_is_not_repeated() {
        for url in [
            "ws://u:secretword@",
            "htp:/secretword",
            "ftp://secretword",
            "secretword",
        ] {
            let error = Endpoint::parse(url).expect_err(url);
            assert!(
                !format!("{error} {error:?}").contains("secretword"),
                "{error:?}"
            );
        }
    }
}
