//! Who may call: one rule for HTTP and WebSocket.
//!
//! A page in a browser names itself in `Origin`. A page that made its own host name point at this
//! machine (DNS rebinding) names that host in `Host`.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::{Request, Uri};

use crate::config::Cors;

/// Hosts and origins that may call.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    cors: Cors,
    /// Host names in lower case; `localhost` is allowed without being one of them.
    hosts: Vec<String>,
}

impl Access {
    pub(crate) fn new(cors: Cors, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { cors, hosts }
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
            Some(origin) if !self.allows_origin(origin, host) => Err(format!(
                "the origin `{origin}` is not allowed: start this node with --allow-origin {origin} and without \
                 --no-cors"
            )),
            _ => Ok(()),
        }
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
        let is_named =
            |allowed: &String| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin);
        match &self.cors {
            Cors::Any => true,
            Cors::Origins(origins) => is_own || origins.iter().any(is_named),
            Cors::Off => is_own,
        }
    }
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

    fn check(access: &Access, headers: &[(&str, &str)]) -> Result<(), String> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        access.check(&request.body(()).expect("a request"))
    }

    #[test]
    fn hosts_are_addresses_localhost_or_named() {
        let access = Access::new(Cors::Any, &["Node.Test".to_owned()]);
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
    fn origins_are_those_that_were_named_or_the_nodes_own() {
        let page = "https://page.test";
        let named = Access::new(Cors::Origins(vec![page.into()]), &[]);
        let off = Access::new(Cors::Off, &[]);
        let any = Access::new(Cors::Any, &[]);
        let from = |access: &Access, origin: &str| {
            check(access, &[("host", "127.0.0.1:8547"), ("origin", origin)]).is_ok()
        };
        for (origin, expected) in [
            (page, [true, false, true]),
            ("https://evil.test", [false, false, true]),
            ("https://page.test.evil.test", [false, false, true]),
            ("http://page.test", [false, false, true]),
            ("null", [false, false, true]),
            ("http://127.0.0.1:8547", [true, true, true]),
            ("http://127.0.0.1:3000", [false, false, true]),
        ] {
            let found = [&named, &off, &any].map(|access| from(access, origin));
            assert_eq!(found, expected, "{origin}");
        }
    }
}
