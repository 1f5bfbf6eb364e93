//! The frames as a picture: each is as wide as the gas that it used, and stands on its caller. Drawn with `svg`:
//! `inferno` is under CDDL-1.0 and puts its script into every file.

use super::named::{Code, Named};
use crate::ids::TxHash;
use crate::output::visible;
use crate::text::grouped;
use svg::Document;
use svg::node::element::{Group, Rectangle, Text, Title};

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 18.0;
const MARGIN: f64 = 10.0;
const HEAD: f64 = 34.0;
/// Width of a letter.
const LETTER: f64 = 6.6;
/// A frame that is narrower is left out, with the calls that it made.
const NARROWEST: f64 = 0.1;

/// What every title ends with.
const TITLE_END: &str = ", by gas";

/// The title of a transaction's picture.
pub fn flamegraph_title(tx: TxHash, chain_id: u64) -> String {
    format!("{tx} of chain {chain_id}{TITLE_END}")
}

/// Whether a file is a picture that [`flamegraph`] drew.
pub fn is_flamegraph(text: &str) -> bool {
    let title = text.split_once("<title>").map(|(_, rest)| rest);
    let title = title.and_then(|rest| rest.split_once("</title>"));
    text.starts_with("<svg") && title.is_some_and(|(title, _)| title.trim().ends_with(TITLE_END))
}

/// Draws the frames, callers above the calls that they made. `title` stands above.
pub fn flamegraph(title: &str, frames: &[Named]) -> String {
    let all = frames.first().map_or(0, |root| root.gas_used).max(1);
    let scale = (WIDTH - 2.0 * MARGIN) / all as f64;
    let deepest = frames.iter().map(|frame| frame.depth).max().unwrap_or(0);
    let height = HEAD + ROW * (deepest + 1) as f64 + MARGIN;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("font-family", "ui-monospace, Menlo, Consolas, monospace")
        .set("font-size", 11)
        .add(Title::new(text(title)))
        .add(
            Text::new(text(title))
                .set("x", MARGIN)
                .set("y", 20)
                .set("font-size", 13),
        );
    // Where the next call of the frame at each depth begins.
    let mut next: Vec<f64> = vec![MARGIN];
    for frame in frames {
        next.truncate(frame.depth + 1);
        let Some(x) = next
            .last()
            .copied()
            .filter(|_| next.len() == frame.depth + 1)
        else {
            continue;
        };
        let right = WIDTH - MARGIN;
        let width = (frame.gas_used as f64 * scale).min(right - x);
        if let Some(after) = next.last_mut() {
            *after = x + width.max(0.0);
        }
        next.push(x);
        if width < NARROWEST {
            continue;
        }
        document = document.add(drawn(frame, (x, width)));
    }
    document.to_string()
}

fn drawn(frame: &Named, (x, width): (f64, f64)) -> Group {
    let y = HEAD + ROW * frame.depth as f64;
    let colour = match (frame.error.is_some(), frame.code) {
        (true, _) => "#e06c6c",
        (false, Some(Code::Stylus)) => "#f0a35e",
        (false, Some(Code::Evm)) => "#8fb8de",
        (false, Some(Code::Precompile)) => "#b7a6d9",
        (false, _) => "#c9ced6",
    };
    let ink = frame.ink.map(|ink| format!(", {} ink", grouped(ink.used)));
    let gas = grouped(frame.gas_used);
    let alone = grouped(frame.gas_alone);
    let tip = format!(
        "{}\n{gas} gas, {alone} of it without its calls{}",
        text(&frame.line()),
        ink.unwrap_or_default()
    );
    let group = Group::new().add(Title::new(tip)).add(
        Rectangle::new()
            .set("x", format!("{x:.2}"))
            .set("y", y)
            .set("width", format!("{width:.2}"))
            .set("height", ROW - 1.0)
            .set("fill", colour)
            .set("rx", 1),
    );
    let letters = ((width - 4.0) / LETTER).max(0.0) as usize;
    let label = label(frame);
    let label: String = match label.chars().count() <= letters {
        true => label,
        false if letters > 3 => label.chars().take(letters - 1).chain(['…']).collect(),
        false => return group,
    };
    group.add(
        Text::new(text(&label))
            .set("x", format!("{:.2}", x + 2.0))
            .set("y", y + 12.5),
    )
}

/// The contract and the name of the function.
fn label(frame: &Named) -> String {
    let contract = frame.contract.clone().unwrap_or_default();
    let function = frame
        .function
        .as_deref()
        .and_then(|it| it.split('(').next());
    match function {
        Some(function) => format!("{contract}: {function}"),
        None => format!("{contract}: {}", frame.call),
    }
}

/// Text from anywhere on one line. What XML means otherwise is written by the crate as it is read.
fn text(text: &str) -> String {
    visible(text).into_owned()
}
