//! An RPC URL: parsed once, and printed without what is secret in it.

use crate::error::Refusal;
use crate::loopback::is_loopback;
use alloy::transports::choose_tls_cryptography;
use alloy::transports::http::reqwest::header::{AUTHORIZATION, HeaderMap};
use alloy::transports::http::reqwest::{self, Client, Url};
use std::fmt;
use std::time::Duration;

/// The time that one request may take, if nobody says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Passwords, path segments and query values from this length on are looked for in all that is
/// printed; shorter ones are ordinary words.
const KEY_LENGTH: usize = 12;
/// The same where a part is known to come from a variable: shorter ones are not looked for.
const VALUE_LENGTH: usize = 6;

/// An RPC URL. Its `Display` form has scheme, host and port alone: providers put keys into the user
/// part, the path and the query.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    shown: String,
    /// The time that one request may take.
    pub timeout: Duration,
}

impl Endpoint {
    /// Reads a URL.
    ///
    /// # Errors
    /// Where it is none that this program can use. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let unusable = |reason: &str| {
            let message = format!("the RPC URL cannot be used: {reason}");
            let expected = if cfg!(feature = "tls") {
                "http://host:port or https://host"
            } else {
                "http://host:port"
            };
            let next = "give another --rpc-url";
            Refusal::new("Url", message)
                .with(expected, reason, next)
                .usage()
        };
        let url: Url = text
            .trim()
            .parse()
            .map_err(|error| unusable(&format!("it cannot be read: {error}")))?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => {
                return Err(unusable("this program was built without the feature `tls`"));
            }
            _ => return Err(unusable("its scheme is neither http nor https")),
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

    /// The place of a copy in this process, for what is printed of it.
    pub(super) fn of_copy() -> Self {
        Self {
            url: Url::parse("http://localhost").expect("a URL"),
            shown: "the copy of the chain".into(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// The same with another limit on what a request may take.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Returns true if it is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.url.host_str().unwrap_or_default())
    }

    /// The URL itself, for the transport alone.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Like [`Self::secrets`], with values of variables that were put into the URL: each is a key, in
    /// whatever part of the URL it stands. Of a value that is a URL itself, scheme, host and port are
    /// printed.
    pub fn secrets_with(&self, values: &[String]) -> Vec<String> {
        let mut all = self.secrets();
        for value in values {
            let is_url = value.contains("://");
            // What the URL holds in another spelling is looked for part by part.
            if is_url || !self.url.as_str().contains(value.as_str()) {
                all.extend(self.parts(VALUE_LENGTH));
            }
            if is_url && self.shown.contains(value.trim_end_matches('/')) {
                continue;
            }
            let host = value.to_ascii_lowercase();
            if host != *value && self.shown.contains(&host) {
                all.push(host);
            }
            all.push(value.clone());
        }
        all.retain(|secret| secret.len() >= VALUE_LENGTH);
        all
    }

    /// Returns what must not be printed of it: the URL as a whole and every part that may be a key.
    pub fn secrets(&self) -> Vec<String> {
        self.parts(KEY_LENGTH)
    }

    /// User and password as they are sent: in base64.
    fn credentials(&self) -> Option<String> {
        if self.url.username().is_empty() && self.url.password().is_none() {
            return None;
        }
        let headers = self.headers().ok()?;
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (_, encoded) = header.split_once(' ')?;
        Some(encoded.trim_end_matches('=').to_owned())
    }

    /// Returns the headers that are sent along for the URL's user and password, as the HTTP client writes them.
    fn headers(&self) -> reqwest::Result<HeaderMap> {
        choose_tls_cryptography();
        let request = Client::builder().build()?.get(self.url.clone()).build()?;
        Ok(request.headers().clone())
    }

    fn parts(&self, shortest: usize) -> Vec<String> {
        let url = &self.url;
        let mut all: Vec<_> = self.credentials().into_iter().collect();
        if self.shown.trim_end_matches('/') != url.as_str().trim_end_matches('/') {
            all.push(url.to_string());
        }
        if let Some(password) = url.password() {
            all.push(format!("{}:{password}", url.username()));
            all.extend(Some(password.to_owned()).filter(|password| password.len() >= shortest));
        }
        let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
        let pairs = url.query_pairs().map(|(_, value)| value.into_owned());
        let long = |part: &String| part.len() >= shortest;
        all.extend(segments.chain(pairs).filter(long));
        all.extend(url.query().map(str::to_owned).filter(long));
        if url.username().len() >= shortest {
            all.push(url.username().to_owned());
        }
        // An endpoint may repeat a part as it reads it.
        let read: Vec<_> = all.iter().filter_map(|part| decoded(part)).collect();
        all.extend(read.into_iter().filter(long));
        all
    }
}

/// A part of a URL without its percent signs; `None` where it has none.
fn decoded(part: &str) -> Option<String> {
    // A plus is a plus everywhere but in the values of a query, which are read already.
    let part = part.contains('%').then(|| part.replace('+', "%2B"))?;
    let whole = format!("={part}");
    let (_, value) = form_urlencoded::parse(whole.as_bytes()).next()?;
    Some(value.into_owned())
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
        let url = "http://host/v2/0123%2F4567+89%40abcdef";
        let secrets = Endpoint::parse(url).expect(url).secrets();
        for part in ["0123%2F4567+89%40abcdef", "0123/4567+89@abcdef"] {
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
    fn the_value_of_a_variable_is_a_secret_wherever_it_stands() {
        let with = |url: &str, value: &str| {
            let endpoint = Endpoint::parse(url).expect(url);
            endpoint.secrets_with(&[value.to_owned()])
        };
        let holds = |all: &[String], secret: &str| all.iter().any(|one| one == secret);
        for (url, value) in [
            ("http://host/v2/abc123", "abc123"),
            ("http://abc123.host", "abc123"),
            ("http://abc123", "abc123"),
        ] {
            assert!(holds(&with(url, value), value), "{url}");
        }
        assert!(holds(&with("http://AbC123.host", "AbC123"), "abc123"));
        assert!(holds(
            &with("http://host/a%20b1234", "a b1234"),
            "a%20b1234"
        ));
        let whole = "http://host/short1";
        assert!(holds(&with(whole, whole), "short1"));
        assert!(with("http://host:8547", "http://host:8547").is_empty());
        assert!(
            with("http://host/12345", "12345")
                .iter()
                .all(|one| one != "12345")
        );
    }

    #[test]
    fn user_and_password_are_secret_as_they_are_sent() {
        // user:secretword, key:
        for (url, sent) in [
            ("http://user:secretword@host", "dXNlcjpzZWNyZXR3b3Jk"),
            ("http://key@host", "a2V5Og"),
        ] {
            let secrets = Endpoint::parse(url).expect(url).secrets();
            assert!(secrets.iter().any(|secret| secret == sent), "{secrets:?}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_used_is_not_repeated() {
        for url in [
            "http://u:secretword@",
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
