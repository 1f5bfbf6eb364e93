//! What an error of an endpoint is: a revert, another refusal, or no answer.

use super::endpoint::Endpoint;
use super::revert::Revert;
use super::transport::Unanswered;
use super::{ChainError, RpcError};
use alloy::transports::TransportError;

/// How Nitro's errors begin, through every endpoint, where a program does not run.
const NOT_RUNNABLE: [&str; 3] = [
    "ProgramNotActivated(",
    "ProgramNeedsUpgrade(",
    "ProgramExpired(",
];

impl ChainError {
    /// Sorts what the transport reports: a revert, another error of the endpoint, no answer.
    pub(super) fn of(endpoint: &Endpoint, what: &str, error: TransportError) -> Self {
        let Some(payload) = error.as_error_resp() else {
            return Self::Unreachable {
                endpoint: endpoint.to_string(),
                reason: Unanswered::of(error),
            };
        };
        match payload.as_revert_data() {
            Some(data) => Self::Refused {
                what: what.into(),
                revert: Revert::decode(&data),
            },
            None if payload.code == 3 || payload.message.contains("revert") => Self::Refused {
                what: what.into(),
                revert: Revert::decode(&[]),
            },
            None => Self::rpc(RpcError {
                endpoint: endpoint.to_string(),
                what: what.into(),
                code: payload.code,
                message: payload.message.to_string(),
            }),
        }
    }

    /// Whether the endpoint has refused to answer for the number of requests.
    pub(super) fn is_rate_limited(&self) -> bool {
        let Self::Unreachable { reason, .. } = self else {
            return false;
        };
        matches!(reason, Unanswered::RateLimited { .. })
    }

    /// Sorts an error that is no revert by the endpoint's words, which every node chooses alike.
    fn rpc(error: RpcError) -> Self {
        let says = |words: &str| error.message.contains(words);
        if says("insufficient funds") {
            Self::InsufficientFunds(error)
        } else if NOT_RUNNABLE.into_iter().any(says) {
            Self::ProgramNotRunnable(error)
        } else {
            Self::Rpc(error)
        }
    }
}
