//! Lists of any length in pieces, as a request asks for them.

use super::super::context::Context;
use super::super::doctor;
use super::super::facts::Place;
use crate::app_error::Error;
use crate::console::lists::{
    DefinitionLists, HistoryPiece, Overview, PIECE, Piece, Summary, Unchecked,
};
use crate::console::page::{PageContext, way};
use crate::console::request::PageRequest;
use crate::governance::definitions;
use crate::history::{HistoryReport, Wanted, read_compared};
use crate::model::{Definition, Slice};
use std::ops::Range;

/// Instances, and versions, of which slots and code are compared on the page of a definition; of more,
/// `stylus-upgrades verify` does it.
const COMPARED_MAX: usize = 12;

/// `overview [definitions=FROM]`: the definitions, and what ends soon.
pub(super) async fn overview(context: &Context, request: &PageRequest) -> Result<Overview, Error> {
    let (client, registry) = context.verified_snapshot().await?;
    let all = definitions(&client, registry).await?;
    let piece = Piece::starting(start(request, "definitions")?, all.len());
    let (mut summaries, mut used) = (Vec::new(), Vec::new());
    let names = context.names();
    for name in all.get(piece.range()).unwrap_or_default() {
        let nothing = |_: &Definition| Slice::nothing();
        let subject = (name.as_str(), &names);
        let compared = read_compared(&client, registry, subject, Wanted::None, nothing).await?;
        used.extend(compared.definition().used_once());
        summaries.push(Summary::of(&compared));
    }
    Ok(Overview {
        registry,
        definitions: summaries,
        definitions_piece: piece,
        warnings: doctor::warn(Place::of(context, &client, registry), used).await?,
    })
}

/// `definition name=NAME [versions=FROM] [instances=FROM] [events=FROM]`: a definition, a piece of each
/// list. The empty name is the registry itself. Events are counted from the newest one.
pub(super) async fn definition(
    context: &Context,
    request: &PageRequest,
) -> Result<DefinitionLists, Error> {
    let (client, registry) = context.verified_snapshot().await?;
    let skip = start(request, "events")?;
    let wanted = Wanted::Newest { skip, count: PIECE };
    let pieces = Pieces::of(request)?;
    let part = |definition: &Definition| pieces.part(definition);
    let names = context.names();
    let subject = (request.value("name"), &names);
    let compared = read_compared(&client, registry, subject, wanted, part).await?;
    let shown = part(compared.definition());
    let verified = looked_at(compared.definition());
    let verification = compared.verify(&client, &verified).await?;
    let events = Piece::starting(skip, compared.history.total);
    let verified = (verification, &verified);
    Ok(DefinitionLists::of(&compared, &shown, verified, events))
}

/// `history name=NAME [events=FROM]`: what the command prints, of as many events as a piece has, counted
/// from the newest one. Where there are older ones, `next` is where they are.
pub(super) async fn history(
    context: &Context,
    request: &PageRequest,
) -> Result<HistoryPiece, Error> {
    let (client, registry) = context.verified_snapshot().await?;
    let skip = start(request, "events")?;
    let wanted = Wanted::Newest { skip, count: PIECE };
    let (name, names) = (request.value("name"), context.names());
    let compared = read_compared(&client, registry, (name, &names), wanted, looked_at).await?;
    let definition = compared.definition();
    let verified = looked_at(definition);
    let is_whole = verified == Slice::whole(definition);
    let piece = Piece::starting(skip, compared.history.total);
    let next = piece.range().end;
    Ok(HistoryPiece {
        unchecked: (!is_whole).then(|| Unchecked::of(definition, &verified)),
        next: (next < piece.total).then(|| {
            let query = [("name", name), ("events", &next.to_string())];
            way(&PageContext::default(), "/api/history", &query)
        }),
        events_piece: Some(piece).filter(Piece::is_part),
        report: {
            let verification = compared.verify(&client, &verified).await?;
            HistoryReport::of(compared, verification)
        },
    })
}

/// What is compared with the chain where a whole definition is shown.
fn looked_at(definition: &Definition) -> Slice {
    let whole = Slice::whole(definition);
    let is_small = |range: &Range<usize>| range.len() <= COMPARED_MAX;
    Slice {
        versions: match is_small(&whole.versions) {
            true => whole.versions,
            false => definition
                .position(&definition.current)
                .map_or(0..0, |at| at..at + 1),
        },
        instances: match is_small(&whole.instances) {
            true => whole.instances,
            false => 0..0,
        },
    }
}

/// Where the pieces begin.
struct Pieces {
    /// Where none is named, it is the one of the current version.
    versions: Option<usize>,
    instances: usize,
}

impl Pieces {
    fn of(request: &PageRequest) -> Result<Self, Error> {
        let versions = match request.value("versions") {
            "" => None,
            _ => Some(start(request, "versions")?),
        };
        let instances = start(request, "instances")?;
        Ok(Self {
            versions,
            instances,
        })
    }

    fn part(&self, definition: &Definition) -> Slice {
        let at = definition.position(&definition.current).unwrap_or_default();
        let versions = self.versions.unwrap_or(at / PIECE * PIECE);
        Slice {
            versions: Piece::starting(versions, definition.versions.len()).range(),
            instances: Piece::starting(self.instances, definition.instances.len()).range(),
        }
    }
}

/// Where a piece begins, as the query says.
fn start(request: &PageRequest, name: &str) -> Result<usize, Error> {
    let text = request.value(name);
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| Error::Usage {
        message: format!("this is no place in the list of {name}"),
        expected: "a number: how many entries stand before it".into(),
        found: text.chars().take(80).collect(),
        next: "open the page and choose there".into(),
    })
}
