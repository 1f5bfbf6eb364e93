//! Descriptors by which wallets show calls of a registry and what approvers sign (ERC-7730, version 2),
//! made of the declaration that the terminal's text is made of.

use super::arguments::named_function;
use super::calls::{GOVERNED, Governed};
use super::fields::{Field, Format, When};
use super::kinds::{kind_on_device, step_on_device};
use crate::model::{ProxyKind, StepKind};
use alloy::json_abi::{Param, StateMutability};
use alloy::primitives::{Address, B256};
use serde_json::{Map, Value, json};
use stylus_upgrades_interface::signed::{DOMAIN_NAME, DOMAIN_VERSION, SOURCES, text};

/// The schema that the files conform to.
const SCHEMA: &str = "https://raw.githubusercontent.com/ethereum/clear-signing-erc7730-registry/master/specs/erc7730-v2.schema.json";
/// The owner of the files.
const OWNER: &str = "stylus-upgrades";
/// The kinds of an address that anybody may have.
const ACCOUNT: [&str; 3] = ["wallet", "eoa", "contract"];
/// The kinds of an address that has code.
const CONTRACT: [&str; 1] = ["contract"];
/// A descriptor and the name of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The name, as the public collection of descriptors names files.
    pub file: &'static str,
    /// The content of the file.
    pub content: Value,
}

/// The descriptors of a registry: of its calls, and of what approvers sign.
pub fn descriptors(chain_id: u64, registry: Address) -> [Descriptor; 2] {
    let deployments = json!([{ "chainId": chain_id, "address": registry.to_string() }]);
    let calls = json!({
        "$id": "stylus-upgrades registry",
        "contract": { "deployments": deployments },
    });
    let signed = json!({
        "$id": "stylus-upgrades approvals",
        "eip712": {
            "domain": { "name": DOMAIN_NAME, "version": DOMAIN_VERSION },
            "deployments": deployments,
        },
    });
    [
        Descriptor {
            file: "calldata-stylus-upgrades.json",
            content: document(calls, calldata_formats()),
        },
        Descriptor {
            file: "eip712-stylus-upgrades.json",
            content: document(signed, typed_formats()),
        },
    ]
}

/// Returns true if a file is a descriptor of a registry.
pub fn is_descriptor(text: &str) -> bool {
    let found = serde_json::from_str::<Value>(text).unwrap_or_default();
    found["$schema"] == SCHEMA && found["metadata"]["owner"] == OWNER
}

fn document(context: Value, formats: Map<String, Value>) -> Value {
    let proxies = ProxyKind::ALL.iter().map(|kind| kind.number());
    let proxies = proxies.map(|kind| (kind.to_string(), kind_on_device(kind).into()));
    let steps = StepKind::ALL.iter().map(|kind| kind.number());
    let steps = steps.map(|kind| (kind.to_string(), step_on_device(kind).into()));
    json!({
        "$schema": SCHEMA,
        "context": context,
        "metadata": {
            "owner": OWNER,
            "contractName": "Registry",
            "enums": {
                "proxyKind": proxies.collect::<Map<_, _>>(),
                "stepKind": steps.collect::<Map<_, _>>(),
            },
        },
        "display": { "formats": formats },
    })
}

/// The governed calls by their signatures, and the calls that are about approvals.
fn calldata_formats() -> Map<String, Value> {
    let mut formats = Map::new();
    for governed in GOVERNED {
        let Some(function) = named_function(&governed.selector) else {
            continue;
        };
        let key = format!("{}({})", function.name, with_names(&function.inputs));
        let is_payable = function.state_mutability == StateMutability::Payable;
        let more = is_payable.then(value).into_iter().collect();
        formats.insert(key, of_governed(governed, &governed.fields(), more));
    }
    let approves = json!({
        "path": "action",
        "label": "approves",
        "format": "calldata",
        "params": { "calleePath": "@.to" },
    });
    let signer = address("approvals.[].signer", "signed by", &ACCOUNT);
    let signature =
        json!({ "path": "approvals.[].data", "label": "signature", "visible": "never" });
    let proxy = address("proxy", "proxy", &CONTRACT);
    let data = raw("data", &raw_calldata("calldata"));
    for (key, intent, sentence, fields) in [
        (
            "revoke(bytes32 action)",
            "Withdraw or refuse",
            "",
            vec![raw("action", "action")],
        ),
        (
            "cancel(bytes32 action)",
            "End an action",
            "",
            vec![raw("action", "action")],
        ),
        (
            "submitSigned(bytes action,uint64 deadline,(address signer,bytes data)[] approvals)",
            "Submit signed approvals",
            "",
            vec![approves, deadline(), value(), signer, signature],
        ),
        (
            "rollout(string name,address[] proxies)",
            "Upgrade instances",
            "Roll out {name}",
            vec![
                raw("name", "definition"),
                address("proxies.[]", "proxy", &CONTRACT),
            ],
        ),
        (
            "upgradeInstance(address proxy,string version,bytes data)",
            "Upgrade one instance",
            "Upgrade it to {version}",
            vec![proxy, raw("version", "version"), data, value()],
        ),
    ] {
        formats.insert(key.into(), format(intent, sentence, fields));
    }
    formats
}

/// Formats a call for display; without a sentence where that is empty.
fn format(intent: &str, sentence: &str, fields: Vec<Value>) -> Value {
    let mut format = json!({ "intent": intent });
    if !sentence.is_empty() {
        format["interpolatedIntent"] = sentence.into();
    }
    format["fields"] = fields.into();
    format
}

/// A field that is shown as it is.
fn raw(path: &str, label: &str) -> Value {
    json!({"path": path, "label": label, "format": "raw"})
}

/// A field with an account of one of these types.
fn address(path: &str, label: &str, types: &[&str]) -> Value {
    json!({"path": path, "label": label, "format": "addressName", "params": { "types": types }})
}

/// Formats the data that approvers sign, by the types of EIP-712. Words that are always the same are left out: Ledger's own
/// form of such descriptors has none, and one of them makes the whole file unusable there.
fn typed_formats() -> Map<String, Value> {
    let mut formats = Map::new();
    for source in SOURCES {
        let (selector, ..) = source;
        let Some(governed) = Governed::of(&selector) else {
            continue;
        };
        let more = vec![
            deadline(),
            address("approver", "signed by", &ACCOUNT),
            raw("epoch", "epoch"),
            raw("round", "round"),
        ];
        let mut fields = governed.fields();
        fields.retain(|field| !field.path.is_empty());
        formats.insert(text(source).concat(), of_governed(governed, &fields, more));
    }
    formats
}

/// Ether that goes along with a call.
fn value() -> Value {
    json!({"path": "@.value", "label": "ether", "format": "amount"})
}

fn deadline() -> Value {
    json!({
        "path": "deadline",
        "label": "holds until",
        "format": "date",
        "params": { "encoding": "timestamp" },
    })
}

/// Parameters with structs as the tuples that they are: `string name,(string from,uint8 kind) step`.
fn with_names(parameters: &[Param]) -> String {
    let parameters = parameters
        .iter()
        .map(|parameter| match parameter.components.as_slice() {
            [] => format!("{} {}", parameter.ty, parameter.name),
            members => format!("({}) {}", with_names(members), parameter.name),
        });
    parameters.collect::<Vec<_>>().join(",")
}

/// Formats a governed call for display: the definition, these fields, and `more`.
fn of_governed(governed: &Governed, fields: &[Field], more: Vec<Value>) -> Value {
    let mut all = Vec::new();
    if !fields.iter().any(|field| field.path == "name") {
        all.push(raw("name", "definition"));
    }
    all.extend(fields.iter().map(field));
    all.extend(more);
    format(governed.intent, governed.sentence, all)
}

fn field(field: &Field) -> Value {
    let Field {
        label,
        path,
        format,
        when,
        of_check,
    } = *field;
    if let Format::Words(words) = format {
        return json!({"label": label, "value": words, "format": "raw"});
    }
    let label = match (when, format) {
        (When::LastWhereEmpty(..), _) => format!("{label} (empty if new)"),
        // what they call is code that the descriptor does not know: bytes are shown as bytes
        (_, Format::Calldata) => raw_calldata(label),
        _ if !of_check.is_empty() => label.replacen("script", "script or check", 1),
        _ => label.to_owned(),
    };
    let mut one = match format {
        Format::Account => address(path, &label, &ACCOUNT),
        Format::Contract => address(path, &label, &CONTRACT),
        Format::Contracts => address(&format!("{path}.[]"), &label, &CONTRACT),
        Format::ProxyKind => kind(path, &label, "$.metadata.enums.proxyKind"),
        Format::StepKind => kind(path, &label, "$.metadata.enums.stepKind"),
        _ => raw(path, &label),
    };
    // devices compare with one byte at least: calldata that may be empty are always shown
    let empty = match (when, format) {
        (When::NotEmpty, Format::Account | Format::Contract) => Address::ZERO.to_string(),
        (When::NotEmpty, Format::Hash) => B256::ZERO.to_string(),
        _ => return one,
    };
    one["visible"] = json!({ "ifNotIn": [empty] });
    one
}

/// A field with one of the kinds that the file names.
fn kind(path: &str, label: &str, kinds: &str) -> Value {
    json!({"path": path, "label": label, "format": "enum", "params": { "$ref": kinds }})
}

/// The label of calldata that are shown as they are.
fn raw_calldata(label: &str) -> String {
    match label {
        "calldata" => "raw migration call".into(),
        label => format!("raw {label} call"),
    }
}
