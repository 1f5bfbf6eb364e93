//! The answer to each request. Each read of the chain has a thread of its own: a simulation on a copy takes seconds,
//! and other requests are answered meanwhile.

use super::request_error::parse_account;
use super::{freshness, pages, preview};
use crate::app_error::Error;
use crate::client::EventStore;
use crate::console::answer::{HTML, JSON, PageResponse, TEXT, answer};
use crate::console::assets::{SCRIPT, SCRIPT_PATH, STYLE, STYLE_PATH};
use crate::console::page::{PageContext, failure, page};
use crate::console::request::{PageRequest, accept};
use crate::context::{Context, Program};
use crate::error::{Exit, Explain};
use crate::keys::KeyArgs;
use crate::loopback;
use crate::model::Views;
use crate::options::{ExportArgs, Global};
use crate::output::{Outcome, Output};
use crate::pipeline::unknown;
use crate::plan::PlanCache;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use maud::html;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Pages of which each look takes thousands of requests to the endpoint.
const COSTLY: [&str; 3] = ["/plan", "/census", "/doctor"];

/// The state that every answer needs.
pub(crate) struct ConsoleServer {
    global: Global,
    program: &'static Program,
    /// The registry's events, read once.
    events: Mutex<Option<Arc<EventStore>>>,
    /// The plans that were tried on a copy of a block.
    plan_cache: Arc<PlanCache>,
}

/// Answers requests, for ever, with the arguments of the command but without a key.
pub(crate) async fn serve(listener: TcpListener, port: u16, context: &Context) -> Infallible {
    let mut global = context.global.clone();
    global.key = KeyArgs::none();
    global.export = ExportArgs::default();
    global.accept = Vec::new(); // each page asks for a yes of its own
    let server = Arc::new(ConsoleServer {
        global,
        program: context.program,
        events: Mutex::default(),
        plan_cache: Arc::default(),
    });
    loopback::serve(listener, move |request| {
        respond(server.clone(), request, port)
    })
    .await
}

async fn respond(
    server: Arc<ConsoleServer>,
    request: Request<Incoming>,
    port: u16,
) -> PageResponse {
    let accepted = accept(request.method(), request.uri(), request.headers(), port);
    let request = match accepted {
        Ok(request) => request,
        Err((status, text)) => return answer(status, TEXT, text),
    };
    let file = |kind, text: &'static str| answer(StatusCode::OK, kind, text);
    match request.path.as_str() {
        STYLE_PATH => return file("text/css; charset=utf-8", STYLE),
        SCRIPT_PATH => return file("text/javascript; charset=utf-8", SCRIPT),
        "/favicon.ico" => return answer(StatusCode::NO_CONTENT, "image/x-icon", ""),
        _ => {}
    }
    let runtime = Handle::current();
    let read = spawn_blocking(move || runtime.block_on(server.read(&request)));
    // A panic in one page ends only that page.
    read.await.unwrap_or_else(|_| {
        let says = "an error in this program; its terminal shows where\n";
        answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, says)
    })
}

impl ConsoleServer {
    async fn read(&self, request: &PageRequest) -> PageResponse {
        // Requests of pages print nothing on this terminal.
        let output = Arc::new(Output::new(true, true));
        let words = std::iter::once(&request.path).chain(request.query.values());
        words.for_each(|word| output.typed(word));
        let context = match self.context(&output) {
            Ok(context) => context,
            Err(error) => return failed(&output, &error),
        };
        match request.path.as_str() {
            "/api/before" => match preview::run(&context, request).await {
                Ok(preview) => document(&output, &preview),
                Err(error) => failed(&output, &unknown::with_names(&context, error).await),
            },
            "/api/news" => document(&output, &freshness::check(&context, request).await),
            _ => draw_page(&context, request).await,
        }
    }

    /// A command of its own for every request: each reads the newest block, and the manifest as it is.
    fn context(&self, output: &Arc<Output>) -> Result<Context, Error> {
        let mut context = Context::new(output.clone(), self.global.clone(), self.program)?;
        let Ok(unverified) = context.registry() else {
            return Ok(context); // what needs one says so
        };
        let registry = unverified.address();
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let known = events.take().filter(|store| store.account() == registry);
        let store = known.unwrap_or_else(|| Arc::new(EventStore::of(registry)));
        *events = Some(store.clone());
        context.events = Some(store);
        context.plan_cache = Some(self.plan_cache.clone());
        Ok(context)
    }
}

async fn draw_page(context: &Context, request: &PageRequest) -> PageResponse {
    let mut place = PageContext::default();
    let drawn = async {
        place = read_page_context(context, request).await?;
        pages::draw(context, &place, request).await
    };
    let (status, page) = match drawn.await {
        Ok((title, main)) => (StatusCode::OK, page(&place, &title, &main)),
        Err(error) => {
            let error = unknown::with_names(context, error).await;
            let report = context.output.report_of(&error);
            let main = html! { h1 { "It did not work" } (failure(&report)) };
            (status(&error), page(&place, "It did not work", &main))
        }
    };
    answer(status, HTML, context.output.hide_in_page(&page.0))
}

fn document(output: &Output, found: &impl Serialize) -> PageResponse {
    let document = output.document_of(&Outcome::document(found));
    answer(StatusCode::OK, JSON, Output::document_text(&document))
}

/// A refusal, as a document.
fn failed(output: &Output, error: &Error) -> PageResponse {
    let document = output.failure_of(error);
    answer(status(error), JSON, Output::document_text(&document))
}

/// Reads what every page knows.
async fn read_page_context(context: &Context, request: &PageRequest) -> Result<PageContext, Error> {
    let account = match request.value("account") {
        "" => None,
        text => Some(parse_account(text)?),
    };
    let unverified = context.registry()?;
    let client = context.reader().await?;
    let registry = context.verified(&client, unverified).await?;
    Ok(PageContext {
        names: context.names(),
        chain_id: client.chain_id(),
        network: context.manifest.network.clone(),
        registry: registry.address,
        account,
        was: request.value("was").parse().ok(),
        block: Some(Views::block(&&client).await?),
        explorer: context.manifest.explorer.clone(),
        is_unverified: context.origin_of(registry.address).is_none(),
        is_costly: COSTLY.contains(&request.path.as_str()),
        ..PageContext::default()
    })
}

fn status(error: &Error) -> StatusCode {
    match error.exit() {
        Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::Chain => StatusCode::BAD_GATEWAY,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
