//! News of the chain as server-sent events.

use futures::stream::{Stream, StreamExt};
use hyper::body::{Bytes, Frame};
use serde_json::Value;
use std::convert::Infallible;

/// What a page is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The registry's events are known: whatever comes from now on is reported.
    Ready,
    /// The registry's events are others than before: there are new ones, or some are gone.
    Changed,
    /// The endpoint does not answer.
    Gone(String),
    /// It answers again.
    Back,
    /// Nothing: the connection is still there.
    Nothing,
}

impl News {
    /// As it is sent.
    fn text(&self) -> String {
        let event = |name: &str, data: Value| format!("event: {name}\ndata: {data}\n\n");
        match self {
            Self::Ready => event("ready", Value::Null),
            Self::Changed => event("changed", Value::Null),
            Self::Gone(why) => event("gone", why.as_str().into()),
            Self::Back => event("back", Value::Null),
            Self::Nothing => ":\n\n".into(),
        }
    }
}

/// News as the body of an answer.
pub fn body(news: impl Stream<Item = News> + 'static) -> super::answer::News {
    let frames = news.map(|one| Ok::<_, Infallible>(Frame::data(Bytes::from(one.text()))));
    frames.boxed_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stays_on_one_line() {
        let text = News::Gone("one\n\nevent: changed\ndata: \"two\"".into()).text();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.starts_with("event: gone\ndata: \"one\\n"), "{text}");
    }
}
