//! A chain in this process as an endpoint: what a command does on a chain runs on a copy, too, by the same functions.

use super::beside::Beside;
use super::l1_gas::Absent;
use super::retry::RetryTransport;
use super::send::Signs;
use super::{Client, Endpoint, GasLimit, provider};
use crate::progress::Silent;
use alloy::primitives::{Address, U256};
use alloy::rpc::json_rpc::{
    ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
};
use alloy::transports::{BoxTransport, TransportError, TransportFut};
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll};
use stylus_devnode::InProcessChain;
use tower::Service;

/// The transport: it answers at once.
#[derive(Clone)]
struct Lent(Arc<InProcessChain>);

impl Lent {
    fn answer(&self, request: &SerializedRequest) -> Response {
        let answer = self.0.answer(request.method(), request.params());
        let payload = match answer {
            Ok(answer) => ResponsePayload::Success(answer),
            Err(error) => ResponsePayload::Failure(ErrorPayload {
                code: error.code().into(),
                message: error.message().to_owned().into(),
                data: error.data().map(ToOwned::to_owned),
            }),
        };
        let id = request.id().clone();
        Response { id, payload }
    }
}

impl Service<RequestPacket> for Lent {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let answer = match &request {
            RequestPacket::Single(one) => ResponsePacket::Single(self.answer(one)),
            RequestPacket::Batch(all) => {
                ResponsePacket::Batch(all.iter().map(|one| self.answer(one)).collect())
            }
        };
        Box::pin(ready(Ok(answer)))
    }
}

impl Client {
    /// A connection to a chain that was lent, on which `sender` sends without a key. It keeps no journal, charges
    /// nothing for L1, and pays any data fee.
    pub(crate) fn of_lent(node: Arc<InProcessChain>, chain_id: u64, sender: Address) -> Self {
        let endpoint = Endpoint::of_copy();
        let shown = (endpoint.to_string(), endpoint.timeout);
        let transport = RetryTransport::new(BoxTransport::new(Lent(node)), shown, Arc::new(Silent));
        Self {
            provider: provider(&endpoint, &transport),
            endpoint,
            transport,
            sender: Some(sender),
            acting: None,
            signs: Signs::Anybody,
            gas: GasLimit::Margin,
            original: None,
            journal: None,
            progress: Arc::new(Silent),
            seen: None,
            moment: Arc::default(),
            events: None,
            beside: Beside::default(),
            pinned: None,
            no_l1_gas: Arc::new(Absent::known()),
            log_span: Arc::default(),
            no_proofs: Arc::default(),
            is_far: false,
            max_data_fee: U256::MAX,
            max_fee: Some(u128::MAX),
            spending: Arc::default(),
            chain_id,
        }
    }
}
