//! What is answered to each request, and when: whatever reads the chain does so in a thread of its own.

use super::jobs::{JobRequest, Jobs};
use super::pages;
use super::reader::Reader;
use crate::console::answer::{Answer, answer, later, page};
use crate::console::assets::{SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH};
use crate::console::page::{PageContext, page as whole, way};
use crate::console::request::{PageRequest, WAIT};
use crate::console::working::working;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Map, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a page is waited for before a browser is answered. Its first answer is there within 100 ms.
const PAGE: Duration = Duration::from_millis(80);
/// How long a document is waited for. Programs ask for them, and look at nothing meanwhile.
const DOCUMENT: Duration = Duration::from_secs(10);
/// How long the page that is shown meanwhile waits for the other one where no script does, in seconds.
const AGAIN: &str = "5";

/// What answers.
pub(super) struct Site {
    reader: Arc<Reader>,
    /// Pages and documents that are being read.
    jobs: Jobs<Answer>,
}

impl Site {
    /// Answers with what that reader reads.
    pub(super) fn new(reader: Reader) -> Self {
        Self {
            reader: Arc::new(reader),
            jobs: Jobs::default(),
        }
    }

    /// Answers.
    pub(super) async fn answer(&self, request: PageRequest, body: Bytes) -> Answer {
        let text = |kind, text: &'static str| answer(StatusCode::OK, kind, text);
        match request.path.as_str() {
            STYLE_PATH => text("text/css; charset=utf-8", STYLE),
            SCRIPT_PATH => text("text/javascript; charset=utf-8", SCRIPT),
            "/favicon.ico" => answer(StatusCode::NO_CONTENT, "image/x-icon", ""),
            path => match path.strip_prefix("/api/") {
                Some(name) => self.document(name.to_owned(), request, body).await,
                None => self.page(request).await,
            },
        }
    }

    /// A document. What somebody decides on is read for him alone, and waited for.
    async fn document(&self, name: String, request: PageRequest, body: Bytes) -> Answer {
        let (reader, wait) = (self.reader.clone(), request.wait.unwrap_or(DOCUMENT));
        let is_own = request.is_post || ["before", "news"].contains(&name.as_str());
        let key = key(&request);
        let reading = move || async move { reader.document(&name, &request, &body).await };
        if is_own {
            return Jobs::alone(reading).await;
        }
        let job = JobRequest {
            key: &key,
            is_again: true,
            wait,
        };
        match self.jobs.run(job, reading).await {
            Ok(found) => found,
            Err(begun) => later(&Map::from_iter([
                ("reading".into(), json!(true)),
                ("seconds".into(), json!(begun.elapsed().as_secs())),
                ("what".into(), json!(self.reader.working())),
            ])),
        }
    }

    /// A page; where it takes long, one that says so, and is asked for again.
    async fn page(&self, request: PageRequest) -> Answer {
        let key = key(&request);
        let job = JobRequest {
            key: &key,
            is_again: request.wait.is_some(),
            wait: request.wait.unwrap_or(PAGE),
        };
        let (reader, own) = (self.reader.clone(), request.clone());
        let reading = move || async move { reader.page(&own).await };
        match self.jobs.run(job, reading).await {
            Ok(page) => page,
            Err(begun) => {
                let mut place = self.reader.place_before(&request);
                let query = request.query.iter();
                let query = query.map(|(name, value)| (name.as_str(), value.as_str()));
                let query: Vec<_> = query.chain([(WAIT, AGAIN)]).collect();
                // Of this server, whatever the path begins with.
                let path = request.path.trim_start_matches(['/', '\\']);
                place.working = Some(way(&PageContext::default(), &format!("/{path}"), &query));
                let title = pages::title_before(&request);
                let what = self.reader.working();
                let main = working(&title, begun.elapsed().as_secs(), what.as_deref());
                page(StatusCode::OK, whole(&place, &title, &main).into_string())
            }
        }
    }
}

/// Requests with the same key have the same answer.
fn key(request: &PageRequest) -> String {
    format!("{} {:?}", request.path, request.query)
}
