//! What reads the chain for an answer, in the thread of that answer.

use super::super::args::Global;
use super::super::context::Context;
use super::super::export::ExportArgs;
use super::super::unknown;
use super::{documents, news, pages, submission};
use crate::app_error::Error;
use crate::client::EventStore;
use crate::console::answer::{Answer, document, page};
use crate::console::page::{PageContext, failure, page as whole};
use crate::console::request::PageRequest;
use crate::error::{Exit, Explain, Report};
use crate::keys::KeyArgs;
use crate::output::{Outcome, Output};
use crate::plan::Trials;
use alloy::primitives::Address;
use hyper::StatusCode;
use hyper::body::Bytes;
use maud::{Markup, html};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Pages of which each look takes thousands of requests to the endpoint.
const COSTLY: [&str; 3] = ["/plan", "/census", "/doctor"];

/// What every answer is read with.
pub(super) struct Reader {
    output: Arc<Output>,
    global: Global,
    /// The registry's events, read once.
    events: Mutex<Option<Arc<EventStore>>>,
    /// What was tried on a copy of a block.
    trials: Arc<Trials>,
    /// The chain, as it was when it was asked last.
    chain_id: AtomicU64,
}

impl Reader {
    /// With the arguments of the command, but without a key.
    pub(super) fn new(output: Arc<Output>, global: &Global, chain_id: u64) -> Self {
        let mut global = global.clone();
        global.key = KeyArgs::none();
        global.export = ExportArgs::default();
        global.accept = Vec::new(); // each page asks for a yes of its own
        Self {
            output,
            global,
            events: Mutex::default(),
            trials: Arc::default(),
            chain_id: AtomicU64::new(chain_id),
        }
    }

    /// A command of its own for every request: each reads the newest block, and the manifest as it is.
    fn context(&self) -> Result<Context, Error> {
        let context = self.without_events()?;
        let Ok(unverified) = context.registry() else {
            return Ok(context); // what needs one says so
        };
        let registry = unverified.address();
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let known = events.take().filter(|store| store.account() == registry);
        let store = known.unwrap_or_else(|| Arc::new(EventStore::of(registry)));
        *events = Some(store.clone());
        Ok(context.with_events(store).with_trials(self.trials.clone()))
    }

    /// The same, for what looks at the newest blocks alone.
    pub(super) fn without_events(&self) -> Result<Context, Error> {
        Context::new(self.output.clone(), self.global.clone())
    }

    /// What is being read, in one line.
    pub(super) fn working(&self) -> Option<String> {
        self.output.working()
    }

    /// A document.
    pub(super) async fn document(&self, name: &str, request: &PageRequest, body: &Bytes) -> Answer {
        let context = match self.context() {
            Ok(context) => context,
            Err(error) => return self.failed(&error),
        };
        let found = match (name, request.is_post) {
            ("submit", true) => {
                let before = submission::run(&context, body).await;
                before.map(|before| Outcome::document(&before))
            }
            (_, true) => Err(documents::nothing_there(&request.path)),
            (name, false) => documents::by_name(&context, name, request).await,
        };
        match found {
            Ok(outcome) => document(StatusCode::OK, &self.output.document_of(&outcome)),
            Err(error) => self.failed(&unknown::with_names(&context, error).await),
        }
    }

    /// A page.
    pub(super) async fn page(&self, request: &PageRequest) -> Answer {
        let context = match self.context() {
            Ok(context) => context,
            Err(error) => return self.failed(&error),
        };
        let mut place = PageContext::default();
        let drawn = async {
            place = self.place(&context, request).await?;
            pages::drawn(&context, &mut place, request).await
        };
        match drawn.await {
            Ok((title, main)) => self.shown(StatusCode::OK, &whole(&place, &title, &main)),
            Err(error) => {
                let error = unknown::with_names(&context, error).await;
                let main = html! { h1 { "It did not work" } (failure(&Report::of(&error))) };
                self.shown(status(&error), &whole(&place, "It did not work", &main))
            }
        }
    }

    /// A page, without secrets.
    fn shown(&self, status: StatusCode, drawn: &Markup) -> Answer {
        page(status, self.output.hide_in_page(&drawn.0))
    }

    /// What every page knows.
    async fn place(&self, context: &Context, request: &PageRequest) -> Result<PageContext, Error> {
        let account = match request.value("account") {
            "" => None,
            text => Some(account(text)?),
        };
        let unverified = context.registry()?;
        let client = context.reader().await?;
        let registry = context.verified(&client, unverified).await?;
        self.chain_id.store(client.chain_id(), Ordering::Relaxed);
        Ok(PageContext {
            names: context.names(),
            chain_id: client.chain_id(),
            network: context.manifest.network.clone(),
            registry,
            account,
            block: Some(news::newest(&client).await?),
            explorer: context.manifest.explorer.clone(),
            is_unverified: context.origin_of(registry).is_none(),
            is_costly: COSTLY.contains(&request.path.as_str()),
            ..PageContext::default()
        })
    }

    /// What is known of a page without a request to the chain.
    pub(super) fn place_before(&self, request: &PageRequest) -> PageContext {
        let known = self.without_events().ok();
        let known = known.and_then(|context| {
            let registry = context.registry().ok()?.address();
            Some((context.names(), context.manifest.network.clone(), registry))
        });
        let (names, network, registry) = known.unwrap_or_default();
        PageContext {
            names,
            network,
            chain_id: self.chain_id.load(Ordering::Relaxed),
            registry,
            account: account(request.value("account")).ok(),
            ..PageContext::default()
        }
    }

    /// A refusal, as a document.
    pub(super) fn failed(&self, error: &Error) -> Answer {
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
