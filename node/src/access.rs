//! Access control: one rule for HTTP and WebSocket, before a body is read.
//!
//! A page in a browser names itself in `Origin`, and other programs do not: a page of the web is not the developer. A
//! page that made its own host name point at this machine (DNS rebinding) names that host in `Host`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::{Request, Uri};

use crate::config::CorsPolicy;

/// Schemes of pages that the developer has installed in a browser.
const EXTENSIONS: [&str; 3] = ["chrome-extension", "moz-extension", "safari-web-extension"];

/// Refused origins that are logged, at most.
const LOGGED: usize = 100;

/// Hosts and origins that may call.
#[derive(Debug)]
pub(crate) struct AccessPolicy {
    cors: CorsPolicy,
    /// Host names in lower case; `localhost` is allowed without being one of them.
    hosts: Vec<String>,
    /// Origins whose refusal was logged.
    logged: Mutex<BTreeSet<String>>,
}

impl AccessPolicy {
    pub(crate) fn new(cors: CorsPolicy, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self {
            cors,
            hosts,
            logged: Mutex::default(),
        }
    }

    /// Checks a request before anything of it is served.
    ///
    /// # Errors
    /// The reason to refuse it.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), String> {
        let host = only(request, &HOST)?.ok_or("expected a `Host` header, found none")?;
        let authority = request.uri().authority().map(|named| named.as_str());
        for named in [Some(host), authority].into_iter().flatten() {
            if !self.allows_host(named) {
                return Err(format!(
                    "the host `{named}` is not allowed: call this node by an IP address or as localhost, or start \
                     it with --allow-host and its name"
                ));
            }
        }
        match only(request, &ORIGIN)? {
            Some(origin) if !self.allows_origin(origin, host) => Err(self.refuse(origin)),
            _ => Ok(()),
        }
    }

    /// Returns the reason why a page of that origin may not call. The log has it once.
    fn refuse(&self, origin: &str) -> String {
        let allow = match self.cors {
            CorsPolicy::Off => "start this node without --no-cors",
            _ => "start this node with --allow-origin and the origin",
        };
        let refusal = format!("the web page `{origin}` may not call this node: {allow}");
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < LOGGED && logged.insert(origin.to_owned()) {
            tracing::warn!("{refusal}");
        }
        refusal
    }

    fn allows_host(&self, authority: &str) -> bool {
        let Some(name) = host_name(authority) else {
            return false;
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || self.hosts.iter().any(|host| *host == name || host == "*")
    }

    fn allows_origin(&self, origin: &str, host: &str) -> bool {
        // A page that this very address served.
        let is_own = origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority == host);
        is_own || self.cors.allows(origin)
    }
}

impl CorsPolicy {
    /// Returns true if a page of that origin may call, whatever address it calls.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        let is_named =
            |allowed: &String| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin);
        match self {
            Self::Any => true,
            Self::Origins(origins) => is_of_developer(origin) || origins.iter().any(is_named),
            Self::Off => false,
        }
    }
}

/// Returns true if an origin is a page of this machine, at any port, or an extension of the browser.
fn is_of_developer(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    if EXTENSIONS.contains(&scheme) {
        return true;
    }
    let Some(name) = host_name(authority) else {
        return false;
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    let is_local = name == "localhost" || name.ends_with(".localhost");
    ["http", "https"].contains(&scheme) && (is_loopback || is_local)
}

/// The header's value, if it is there; an error when there are several, or it is no text.
fn only<'a, B>(request: &'a Request<B>, name: &HeaderName) -> Result<Option<&'a str>, String> {
    let mut values = request.headers().get_all(name).iter();
    let first = values.next().map(|value| value.to_str()).transpose();
    match (first, values.next()) {
        (Ok(first), None) => Ok(first),
        _ => Err(format!("expected one `{name}` header of visible ASCII")),
    }
}

/// The host of `host[:port]`, in lower case.
fn host_name(authority: &str) -> Option<String> {
    let uri: Uri = authority.parse().ok()?;
    let parsed = uri.authority()?;
    // Nothing but a host and a port: no user, no path.
    let port = authority.strip_prefix(parsed.host())?;
    let is_plain = port.is_empty() || port.strip_prefix(':')?.parse::<u16>().is_ok();
    let name = parsed.host().trim_end_matches('.').to_ascii_lowercase();
    (is_plain && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: &AccessPolicy, headers: &[(&str, &str)]) -> Result<(), String> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        access.check(&request.body(()).expect("a request"))
    }

    #[test]
    fn hosts_are_addresses_localhost_or_named() {
        let access = AccessPolicy::new(CorsPolicy::Any, &["Node.Test".to_owned()]);
        for host in [
            "127.0.0.1",
            "127.0.0.1:8547",
            "[::1]:8547",
            "[::1]",
            "192.168.1.7:80",
            "localhost",
            "LOCALHOST:8547",
            "localhost.:8547",
            "node.test:8547",
        ] {
            assert_eq!(check(&access, &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "localhost.evil.test:8547",
            "127.0.0.1.evil.test",
            "localhost@evil.test",
            "evil.test@localhost",
            "localhost:x",
            "localhost:8547:1",
            "other.node.test",
            "127.0.0.1 ",
        ] {
            assert!(check(&access, &[("host", host)]).is_err(), "{host}");
        }
        assert!(check(&access, &[]).is_err());
        let two = [("host", "localhost"), ("host", "evil.test")];
        assert!(check(&access, &two).is_err());
    }

    #[test]
    fn origins_are_of_this_machine_or_were_named() {
        let page = "https://page.test";
        let developer = AccessPolicy::new(CorsPolicy::Origins(Vec::new()), &[]);
        let named = AccessPolicy::new(CorsPolicy::Origins(vec![page.into()]), &[]);
        let off = AccessPolicy::new(CorsPolicy::Off, &[]);
        let any = AccessPolicy::new(CorsPolicy::Any, &[]);
        let from = |access: &AccessPolicy, origin: &str| {
            check(access, &[("host", "127.0.0.1:8547"), ("origin", origin)]).is_ok()
        };
        for (origin, expected) in [
            (page, [false, true, false, true]),
            ("https://evil.test", [false, false, false, true]),
            ("https://page.test.evil.test", [false, false, false, true]),
            ("http://page.test", [false, false, false, true]),
            ("null", [false, false, false, true]),
            ("file://", [false, false, false, true]),
            ("http://127.0.0.1:8547", [true, true, true, true]),
            ("http://127.0.0.1:3000", [true, true, false, true]),
            ("https://localhost", [true, true, false, true]),
            ("http://[::1]:5173", [true, true, false, true]),
            ("http://app.localhost:3000", [true, true, false, true]),
            ("http://localhost.evil.test", [false, false, false, true]),
            ("http://evil.test/localhost", [false, false, false, true]),
            ("http://localhost@evil.test", [false, false, false, true]),
            ("http://evillocalhost", [false, false, false, true]),
            ("ftp://localhost", [false, false, false, true]),
            ("http://192.168.1.7:3000", [false, false, false, true]),
            ("http://172.17.0.2:3000", [false, false, false, true]),
            (
                "http://host.docker.internal:3000",
                [false, false, false, true],
            ),
            (
                "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn",
                [true, true, false, true],
            ),
            ("moz-extension://8c1a", [true, true, false, true]),
        ] {
            let found = [&developer, &named, &off, &any].map(|access| from(access, origin));
            assert_eq!(found, expected, "{origin}");
        }
        // A page that the node's own address on the network served.
        let own = [
            ("host", "192.168.1.7:8547"),
            ("origin", "http://192.168.1.7:8547"),
        ];
        assert!(check(&off, &own).is_ok());
    }
}
