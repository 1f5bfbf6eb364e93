//! What is answered to each request.

use super::super::args::Global;
use super::super::context::Context;
use super::super::unknown;
use super::jobs::Jobs;
use super::{before, documents, news, pages, submission};
use crate::app_error::Error;
use crate::client::EventStore;
use crate::console::answer::{Body, answer, document, page, refusal};
use crate::console::assets::{SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH};
use crate::console::live;
use crate::console::page::{PageContext, failure, page as whole};
use crate::console::request::{PageRequest, Refused};
use crate::console::view::{Failure, read};
use crate::console::working::working;
use crate::error::{Exit, Explain};
use crate::keys::KeyArgs;
use crate::output::Output;
use alloy::primitives::Address;
use futures::stream::StreamExt;
use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use maud::html;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Streams of news at once, at most: fewer than the connections, so that pages are always answered.
const STREAMS: usize = 32;

/// Pages of which each look takes thousands of requests to the endpoint.
const COSTLY: [&str; 3] = ["/plan", "/doctor", "/verify"];

/// What answers.
pub(super) struct Site {
    output: Arc<Output>,
    global: Global,
    streams: Arc<Semaphore>,
    /// The registry's events, read once.
    events: RefCell<Option<Arc<EventStore>>>,
    /// Pages that are being read.
    jobs: Jobs,
}

impl Site {
    /// With the arguments of the command, but without a key.
    pub(super) fn new(output: Arc<Output>, global: &Global) -> Self {
        let mut global = global.clone();
        global.key = KeyArgs::none();
        global.export = super::super::export::ExportArgs::default();
        let streams = Arc::new(Semaphore::new(STREAMS));
        Self {
            output,
            global,
            streams,
            events: RefCell::default(),
            jobs: Jobs::default(),
        }
    }

    /// A command of its own for every request: each reads the newest block, and the manifest as it is.
    pub(super) fn context(&self) -> Result<Context, Error> {
        let context = Context::new(self.output.clone(), self.global.clone())?;
        let Ok(registry) = context.registry() else {
            return Ok(context); // what needs one says so
        };
        let mut events = self.events.borrow_mut();
        let known = events.take().filter(|store| store.account() == registry);
        let store = known.unwrap_or_else(|| Arc::new(EventStore::of(registry)));
        *events = Some(store.clone());
        Ok(context.with_events(store))
    }

    /// Answers.
    pub(super) async fn answer(
        self: &Rc<Self>,
        request: &PageRequest,
        body: &Bytes,
    ) -> Response<Body> {
        let text = |kind, text: &'static str| answer(StatusCode::OK, kind, text);
        match request.path.as_str() {
            STYLE_PATH => text("text/css; charset=utf-8", STYLE),
            SCRIPT_PATH => text("text/javascript; charset=utf-8", SCRIPT),
            "/favicon.ico" => answer(StatusCode::NO_CONTENT, "image/x-icon", ""),
            "/events" => self.news(),
            path => match path.strip_prefix("/api/") {
                Some(name) => self.document(name, request, body).await,
                None => self.page(request).await,
            },
        }
    }

    fn news(&self) -> Response<Body> {
        let Ok(place) = self.streams.clone().try_acquire_owned() else {
            return refusal(&Refused {
                status: StatusCode::SERVICE_UNAVAILABLE,
                expected: format!("at most {STREAMS} streams of news"),
                found: "as many already".into(),
            });
        };
        // It looks at the newest blocks alone.
        match Context::new(self.output.clone(), self.global.clone()) {
            Ok(context) => {
                let news = news::of(context).map(move |one| {
                    // The place is free again once the stream is dropped.
                    let _ = &place;
                    one
                });
                crate::console::answer::news(live::body(news))
            }
            Err(error) => self.failed(&error),
        }
    }

    async fn document(&self, name: &str, request: &PageRequest, body: &Bytes) -> Response<Body> {
        let context = match self.context() {
            Ok(context) => context,
            Err(error) => return self.failed(&error),
        };
        let found = match (name, request.is_post) {
            ("submit", true) => submission::run(&context, body).await,
            (_, true) => Err(documents::nothing_there(&request.path)),
            ("before", false) => before::run(&context, request).await,
            ("news", false) => news::since(&context, request).await,
            (name, false) => documents::by_name(&context, name, request).await,
        };
        match found {
            Ok(outcome) => document(StatusCode::OK, &self.output.document_of(&outcome)),
            Err(error) => self.failed(&unknown::with_names(&context, error).await),
        }
    }

    /// A page; where it takes long, one that says so, and is asked for again.
    async fn page(self: &Rc<Self>, request: &PageRequest) -> Response<Body> {
        let (site, own) = (self.clone(), request.clone());
        let reading = async move { site.read(&own).await };
        match self.jobs.run(request, reading).await {
            Ok(page) => page,
            Err(begun) => {
                let main = working(begun.elapsed().as_secs(), self.output.working().as_deref());
                let place = PageContext {
                    is_working: true,
                    account: account(request.value("account")).ok(),
                    ..PageContext::default()
                };
                page(StatusCode::OK, whole(&place, "Being read", &main))
            }
        }
    }

    async fn read(&self, request: &PageRequest) -> Response<Body> {
        let context = match self.context() {
            Ok(context) => context,
            Err(error) => return self.failed(&error),
        };
        let mut place = PageContext::default();
        let drawn = async {
            place = self.place(&context, request).await?;
            pages::drawn(&self.output, &context, &mut place, request).await
        };
        match drawn.await {
            Ok((title, main)) => page(StatusCode::OK, whole(&place, &title, &main)),
            Err(error) => {
                let error = unknown::with_names(&context, error).await;
                let main = match read::<Failure>(&self.output.failure_of(&error)) {
                    Ok(found) => html! { h1 { "It did not work" } (failure(&found.error)) },
                    Err(_) => html! { h1 { "It did not work" } },
                };
                page(status(&error), whole(&place, "It did not work", &main))
            }
        }
    }

    /// What every page knows.
    async fn place(&self, context: &Context, request: &PageRequest) -> Result<PageContext, Error> {
        let account = match request.value("account") {
            "" => None,
            text => Some(account(text)?),
        };
        let registry = context.registry()?;
        let client = context.reader().await?;
        Ok(PageContext {
            names: context.names(),
            chain_id: client.chain_id(),
            registry,
            account,
            block: Some(news::newest(&client).await?),
            api: String::new(),
            is_file: false,
            may_cancel: false,
            is_costly: COSTLY.contains(&request.path.as_str()),
            is_working: false,
        })
    }

    fn failed(&self, error: &Error) -> Response<Body> {
        document(status(error), &self.output.failure_of(error))
    }
}

/// The account in a request.
pub(super) fn account(text: &str) -> Result<Address, Error> {
    text.parse().map_err(|_| Error::Usage {
        message: "the account is no address".into(),
        expected: "0x and 40 hexadecimal digits".into(),
        found: text.chars().take(80).collect(),
        next: "connect the wallet again".into(),
    })
}

fn status(error: &Error) -> StatusCode {
    match error.exit() {
        Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::Chain => StatusCode::BAD_GATEWAY,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
