//! What a browser asks for, and whether it may.

use crate::loopback::host_of;
use form_urlencoded::parse;
use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode};
use std::collections::BTreeMap;
use std::time::Duration;

/// What browsers say about who made a page ask.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How long whoever asks is ready to wait (RFC 7240).
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// The same in an address, where no script says it: the page that is shown meanwhile leads there.
pub const WAIT: &str = "wait";
/// How long an answer is held, at most, in seconds.
const WAIT_MAX: u64 = 20;

/// A request that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Whether it carries a body. Every other one is a `GET`.
    pub is_post: bool,
    /// The path.
    pub path: String,
    /// What stands behind the question mark. Of a name that is there twice, the first.
    pub query: BTreeMap<String, String>,
    /// How long whoever asks is ready to wait, where he says so.
    pub wait: Option<Duration>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl PageRequest {
    /// A value of the query; an empty one where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// Looks at a request before anything else does.
///
/// # Errors
/// [`Refused`] for another method, a host that is not this one (DNS rebinding), and another origin.
pub fn accept(
    method: &Method,
    uri: &hyper::Uri,
    headers: &HeaderMap,
    port: u16,
) -> Result<PageRequest, Refused> {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let text = |name: &HeaderName| {
        let mut all = headers.get_all(name).iter();
        let first = all.next().map(|value| value.to_str().unwrap_or("?"));
        (first, all.next().is_none())
    };
    let refused = |status, expected: String, found: &str| Refused {
        status,
        expected,
        found: found.chars().take(200).collect(),
    };
    let host = host_of(headers).filter(|host| hosts.iter().any(|own| own == host.as_str()));
    if host.is_none() {
        let expected = format!("the host {}", hosts[0]);
        let found = text(&HOST).0.unwrap_or("none");
        return Err(refused(StatusCode::MISDIRECTED_REQUEST, expected, found));
    }
    let is_own = |origin: &str| {
        let host = origin.strip_prefix("http://");
        host.is_some_and(|host| hosts.iter().any(|own| own == host))
    };
    let origin = text(&ORIGIN);
    if let (Some(found), _) = origin
        && !(is_own(found) && origin.1)
    {
        let expected = format!("the origin http://{}", hosts[0]);
        return Err(refused(StatusCode::FORBIDDEN, expected, found));
    }
    // `none`: the address was typed or opened by another program.
    if let (Some(found), _) = text(&FETCH_SITE)
        && !["same-origin", "none"].contains(&found)
    {
        let expected = "a request of the console's own pages, or its address typed".into();
        return Err(refused(StatusCode::FORBIDDEN, expected, found));
    }
    let is_post = match *method {
        Method::GET | Method::HEAD => false,
        // A form of another page could post without saying where it is from.
        Method::POST if origin.0.is_some() => true,
        Method::POST => {
            let expected = format!("the origin http://{}", hosts[0]);
            return Err(refused(StatusCode::FORBIDDEN, expected, "none"));
        }
        _ => {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return Err(refused(status, "GET".into(), method.as_str()));
        }
    };
    let mut query = BTreeMap::new();
    for (name, value) in parse(uri.query().unwrap_or_default().as_bytes()) {
        query.entry(name.into_owned()).or_insert(value.into_owned());
    }
    // What is asked for is the same, however long it is waited for.
    let in_address = query.remove(WAIT);
    let wait = text(&PREFER).0.and_then(preferred);
    let wait = wait.or(in_address.and_then(|seconds| seconds.parse().ok()));
    Ok(PageRequest {
        is_post,
        path: uri.path().to_owned(),
        query,
        wait: wait.map(|seconds| Duration::from_secs(seconds.min(WAIT_MAX))),
    })
}

/// The seconds of `wait=SECONDS`, which may stand among other preferences.
fn preferred(header: &str) -> Option<u64> {
    let all = header.split([',', ';']);
    let mut all = all.filter_map(|one| one.trim().split_once('='));
    let (_, seconds) = all.find(|(name, _)| name.trim().eq_ignore_ascii_case(WAIT))?;
    seconds.trim().trim_matches('"').parse().ok()
}

/// A value as it stands in a query.
pub fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<PageRequest, StatusCode> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a name");
            map.append(name, value.parse().expect("a value"));
        }
        let uri = path.parse().expect("a path");
        accept(&method, &uri, &map, 8548).map_err(|refused| refused.status)
    }

    #[test]
    fn only_the_own_host_and_origin_are_answered() {
        let host = ("host", "127.0.0.1:8548");
        let get = |headers: &[(&str, &str)]| ask(Method::GET, "/", headers).map(|_| ());
        assert_eq!(get(&[host]), Ok(()));
        assert_eq!(get(&[("host", "localhost:8548")]), Ok(()));
        for other in ["evil.example:8548", "127.0.0.1", "127.0.0.1:8549", ""] {
            let refused = Err(StatusCode::MISDIRECTED_REQUEST);
            assert_eq!(get(&[("host", other)]), refused, "{other}");
        }
        assert_eq!(get(&[]), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(
            get(&[host, ("host", "evil.example")]),
            Err(StatusCode::MISDIRECTED_REQUEST)
        );
        let forbidden = Err(StatusCode::FORBIDDEN);
        for origin in ["http://evil.example", "null", "https://127.0.0.1:8548"] {
            assert_eq!(get(&[host, ("origin", origin)]), forbidden, "{origin}");
        }
        assert_eq!(get(&[host, ("origin", "http://127.0.0.1:8548")]), Ok(()));
        assert_eq!(get(&[host, ("sec-fetch-site", "cross-site")]), forbidden);
        assert_eq!(get(&[host, ("sec-fetch-site", "same-site")]), forbidden);
        assert_eq!(get(&[host, ("sec-fetch-site", "same-origin")]), Ok(()));
    }

    #[test]
    fn what_posts_names_the_own_origin() {
        let host = ("host", "127.0.0.1:8548");
        let post = |headers: &[(&str, &str)]| ask(Method::POST, "/api/submit", headers);
        assert_eq!(post(&[host]), Err(StatusCode::FORBIDDEN));
        let own = ("origin", "http://127.0.0.1:8548");
        assert!(post(&[host, own]).is_ok_and(|request| request.is_post));
        let put = ask(Method::PUT, "/", &[host, own]);
        assert_eq!(put, Err(StatusCode::METHOD_NOT_ALLOWED));
    }

    #[test]
    fn values_of_the_query_go_round() {
        let name = "a&b=c d/%\u{202e}";
        let path = format!("/definition?name={}&name=other", encoded(name));
        let request = ask(Method::GET, &path, &[("host", "localhost:8548")]).expect("answered");
        assert_eq!(request.value("name"), name);
        assert_eq!(request.value("account"), "");
    }
}
