//! Who may call: one rule for HTTP and WebSocket.
//!
//! A page in a browser names itself in `Origin`. A page that made its own host name point at this
//! machine (DNS rebinding) names that host in `Host`.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::{HeaderMap, Request, Uri, Version};

use crate::config::Cors;

/// Hosts and origins that may call.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    cors: Cors,
    /// Host names beside `localhost`, in lower case.
    hosts: Vec<String>,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "the host `{0}` is not allowed: call this node by an IP address or as localhost, or start it with --allow-host {0}"
    )]
    Host(String),
    #[error("expected one valid `Host` header, found {0}")]
    HostHeader(&'static str),
    #[error(
        "the origin `{0}` is not allowed: start this node with --allow-origin {0} and without --no-cors"
    )]
    Origin(String),
    #[error("expected at most one `Origin` header of visible ASCII")]
    OriginHeader,
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
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let host = only(request.headers(), &HOST)
            .map_err(|()| Refusal::HostHeader("several, or one that is not ASCII"))?;
        if let Some(authority) = request.uri().authority() {
            self.check_host(authority.as_str())?;
        }
        match host {
            Some(host) => self.check_host(host)?,
            // Browsers never leave it out.
            None if request.version() <= Version::HTTP_10 => {}
            None => return Err(Refusal::HostHeader("none")),
        }
        let origin = only(request.headers(), &ORIGIN).map_err(|()| Refusal::OriginHeader)?;
        match origin {
            Some(origin) => self.check_origin(origin, host),
            None => Ok(()),
        }
    }

    fn check_host(&self, authority: &str) -> Result<(), Refusal> {
        let name = host_name(authority).ok_or_else(|| Refusal::Host(authority.to_owned()))?;
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let allowed = bare.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || self.hosts.iter().any(|host| *host == name || host == "*");
        match allowed {
            true => Ok(()),
            false => Err(Refusal::Host(name)),
        }
    }

    fn check_origin(&self, origin: &str, host: Option<&str>) -> Result<(), Refusal> {
        // A page that this very address served.
        let own = |origin: &str| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            host.is_some() && authority == host
        };
        let allowed = match &self.cors {
            Cors::Any => true,
            Cors::Origins(origins) => {
                own(origin)
                    || origins
                        .iter()
                        .any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(origin))
            }
            Cors::Off => own(origin),
        };
        match allowed {
            true => Ok(()),
            false => Err(Refusal::Origin(origin.to_owned())),
        }
    }
}

/// The header's value; `Err` when there are several, or it is no text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    first
        .map(|value| value.to_str().map_err(|_| ()))
        .transpose()
}

/// The host of `host[:port]`, in lower case.
fn host_name(authority: &str) -> Option<String> {
    let uri: Uri = authority.parse().ok()?;
    let parsed = uri.authority()?;
    // Nothing but a host and a port: no user, no path.
    let port = &parsed.as_str()[parsed.host().len()..];
    let plain = parsed.as_str() == authority
        && authority.starts_with(parsed.host())
        && (port.is_empty() || port[1..].parse::<u16>().is_ok());
    let name = parsed.host().trim_end_matches('.').to_ascii_lowercase();
    (plain && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: &Access, headers: &[(&str, &str)]) -> Result<(), Refusal> {
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
