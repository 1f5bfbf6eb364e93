//! The requests of a browser, and whether it may make them.

use crate::loopback::host_of;
use form_urlencoded::parse;
use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode};
use std::collections::BTreeMap;

/// The header in which browsers say who made a page ask.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The path.
    pub path: String,
    /// The parameters after the question mark. Of a name that is there twice, the first.
    pub query: BTreeMap<String, String>,
}

/// The reason why a request is not answered: the status, and plain text. Who may not ask gets no page.
pub type RequestRefusal = (StatusCode, String);

impl PageRequest {
    /// A value of the query; an empty one where there is none.
    pub fn value(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// Looks at a request before anything else does.
///
/// # Errors
/// [`RequestRefusal`] for another method, a host that is not this one (DNS rebinding), and another origin.
pub fn accept(
    method: &Method,
    uri: &hyper::Uri,
    headers: &HeaderMap,
    port: u16,
) -> Result<PageRequest, RequestRefusal> {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let text = |name: &HeaderName| {
        let mut all = headers.get_all(name).iter();
        let first = all.next().map(|value| value.to_str().unwrap_or("?"));
        (first, all.next().is_none())
    };
    let refused = |status, expected: &str, found: &str| {
        let found: String = found.chars().take(200).collect();
        let next = "open the address that the console printed";
        let text = format!("expected  {expected}\nfound     {found}\nnext      {next}\n");
        (status, text)
    };
    let host = host_of(headers).filter(|host| hosts.iter().any(|own| own == host.as_str()));
    if host.is_none() {
        let expected = format!("the host {}", hosts[0]);
        let found = text(&HOST).0.unwrap_or("none");
        return Err(refused(StatusCode::MISDIRECTED_REQUEST, &expected, found));
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
        return Err(refused(StatusCode::FORBIDDEN, &expected, found));
    }
    // `none`: the address was typed or opened by another program.
    if let (Some(found), _) = text(&FETCH_SITE)
        && !["same-origin", "none"].contains(&found)
    {
        let expected = "a request of the console's own pages, or its address typed";
        return Err(refused(StatusCode::FORBIDDEN, expected, found));
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(refused(status, "GET", method.as_str()));
    }
    let mut query = BTreeMap::new();
    for (name, value) in parse(uri.query().unwrap_or_default().as_bytes()) {
        query.entry(name.into_owned()).or_insert(value.into_owned());
    }
    Ok(PageRequest {
        path: uri.path().to_owned(),
        query,
    })
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
        accept(&method, &uri, &map, 8548).map_err(|(status, _)| status)
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
    fn nothing_is_posted() {
        let own = ("origin", "http://127.0.0.1:8548");
        let headers = [("host", "127.0.0.1:8548"), own];
        for method in [Method::POST, Method::PUT] {
            let asked = ask(method, "/", &headers);
            assert_eq!(asked, Err(StatusCode::METHOD_NOT_ALLOWED));
        }
    }
}
