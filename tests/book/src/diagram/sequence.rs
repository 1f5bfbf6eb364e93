//! Sequence diagrams: `participant`, arrows, `Note over`, `loop` … `end`.

use super::text::{LINE, Lines, draw, draw_box, size, wrong};
use super::{DiagramError, STYLE};
use crate::svg::{Anchor, Svg};

const MARGIN: i32 = 16;
/// Space between two rows.
const GAP: i32 = 16;
/// How far a message to oneself goes to the side.
const LOOP: i32 = 34;

struct Participant<'a> {
    id: &'a str,
    label: &'a str,
    /// The middle of its column.
    x: i32,
}

enum Row<'a> {
    Message {
        from: usize,
        to: usize,
        answer: bool,
        words: &'a str,
    },
    Note {
        from: usize,
        to: usize,
        words: &'a str,
    },
    Loop(&'a str),
    End,
}

pub(super) fn render(lines: &Lines<'_>) -> Result<String, DiagramError> {
    let mut participants: Vec<Participant<'_>> = Vec::new();
    let mut rows = Vec::new();
    for &(at, text) in &lines.statements {
        if let Some(rest) = text.strip_prefix("participant ") {
            let (id, label) = rest.split_once(" as ").unwrap_or((rest, rest));
            participants.push(Participant { id, label, x: 0 });
        } else {
            rows.push(row(&participants, at, text)?);
        }
    }
    let width = location(&mut participants, &rows);
    let mut drawing = Drawing::new(&participants, width);
    for row in &rows {
        drawing.draw(row);
    }
    Ok(drawing.finish(lines.title))
}

fn row<'a>(
    participants: &[Participant<'_>],
    at: usize,
    text: &'a str,
) -> Result<Row<'a>, DiagramError> {
    let find = |id: &str| {
        participants
            .iter()
            .position(|participant| participant.id == id.trim())
            .ok_or_else(|| wrong(at, "no such participant", id))
    };
    if text == "end" {
        return Ok(Row::End);
    }
    if let Some(words) = text.strip_prefix("loop ") {
        return Ok(Row::Loop(words));
    }
    let Some((head, words)) = text.split_once(':') else {
        return Err(wrong(at, "not a statement", text));
    };
    let words = words.trim();
    if let Some(over) = head.strip_prefix("Note over ") {
        let (from, to) = over.split_once(',').unwrap_or((over, over));
        let (from, to) = (find(from)?, find(to)?);
        return Ok(Row::Note { from, to, words });
    }
    let (answer, arrow) = match head.contains("-->>") {
        true => (true, "-->>"),
        false => (false, "->>"),
    };
    let Some((from, to)) = head.split_once(arrow) else {
        return Err(wrong(at, "not a statement", text));
    };
    let (from, to) = (find(from)?, find(to)?);
    Ok(Row::Message {
        from,
        to,
        answer,
        words,
    })
}

/// Gives every participant its column: as wide as what stands between it and its neighbours.
fn location(participants: &mut [Participant<'_>], rows: &[Row<'_>]) -> i32 {
    let half = |participant: &Participant<'_>| size(participant.label).0 / 2 + 14;
    let mut gaps: Vec<i32> = participants
        .windows(2)
        .map(|pair| half(&pair[0]) + half(&pair[1]) + 20)
        .collect();
    let mut last = participants.last().map_or(0, half) + MARGIN;
    for row in rows {
        let (from, to, width) = match row {
            Row::Message {
                from, to, words, ..
            } if from == to => (*from, from + 1, size(words).0 + LOOP + 24),
            Row::Message {
                from, to, words, ..
            } => (*from.min(to), *from.max(to), size(words).0 + 30),
            Row::Note { from, to, words } if from == to => {
                (*from, from + 1, size(words).0 / 2 + 40)
            }
            Row::Note { from, to, words } => (*from, *to, size(words).0 - 40),
            Row::Loop(_) | Row::End => continue,
        };
        if from + 1 == to && to == participants.len() {
            last = last.max(width + MARGIN);
        } else {
            let between = &mut gaps[from..to];
            let lacks = width - between.iter().sum::<i32>();
            if lacks > 0 {
                let share = lacks / between.len() as i32 + 1;
                between.iter_mut().for_each(|gap| *gap += share);
            }
        }
    }
    let mut x = MARGIN + participants.first().map_or(0, half);
    for (i, participant) in participants.iter_mut().enumerate() {
        participant.x = x;
        x += gaps.get(i).copied().unwrap_or(last);
    }
    x
}

struct Drawing<'a> {
    participants: &'a [Participant<'a>],
    svg: Svg,
    width: i32,
    /// Where the next row begins.
    y: i32,
    /// Tops of the loops that are open.
    open: Vec<(i32, &'a str)>,
    /// Loops that are drawn at the end, below everything else.
    frames: Vec<(i32, i32, &'a str)>,
    head: i32,
}

impl<'a> Drawing<'a> {
    fn new(participants: &'a [Participant<'a>], width: i32) -> Self {
        let tallest = participants
            .iter()
            .map(|participant| size(participant.label).1)
            .max();
        let head = tallest.unwrap_or_default() + 14;
        Self {
            participants,
            svg: Svg::new(),
            width,
            y: MARGIN + head + GAP,
            open: Vec::new(),
            frames: Vec::new(),
            head,
        }
    }

    fn draw(&mut self, row: &Row<'a>) {
        match row {
            Row::Message {
                from,
                to,
                answer,
                words,
            } => self.message(
                self.participants[*from].x,
                self.participants[*to].x,
                *answer,
                words,
            ),
            Row::Note { from, to, words } => {
                self.note(self.participants[*from].x, self.participants[*to].x, words);
            }
            Row::Loop(words) => {
                self.open.push((self.y, words));
                self.y += LINE + 12;
            }
            Row::End => {
                if let Some((top, words)) = self.open.pop() {
                    self.frames.push((top, self.y, words));
                    self.y += GAP;
                }
            }
        }
    }

    fn message(&mut self, from: i32, to: i32, answer: bool, words: &str) {
        let class = if answer { "answer" } else { "arrow" };
        let height = size(words).1;
        if from == to {
            let (top, bottom) = (self.y + 6, self.y + height.max(20));
            let side = from + LOOP;
            let points = [(from, top), (side, top), (side, bottom), (from + 2, bottom)];
            self.svg.polyline(&points, class);
            draw(&mut self.svg, (side + 8, self.y), Anchor::Start, words);
            self.y = bottom + GAP;
            return;
        }
        draw(
            &mut self.svg,
            (i32::midpoint(from, to), self.y),
            Anchor::Middle,
            words,
        );
        let y = self.y + height + 4;
        let end = if to > from { to - 2 } else { to + 2 };
        self.svg.line((from, y), (end, y), class);
        self.y = y + GAP;
    }

    fn note(&mut self, from: i32, to: i32, words: &str) {
        let (width, height) = size(words);
        let middle = i32::midpoint(from, to);
        let width = (width + 20).max((to - from).abs() + 60);
        let x = (middle - width / 2).max(MARGIN / 2);
        self.svg.rect((x, self.y), (width, height + 12), "note");
        draw(
            &mut self.svg,
            (x + width / 2, self.y + 5),
            Anchor::Middle,
            words,
        );
        self.y += height + 12 + GAP;
    }

    fn finish(self, title: &str) -> String {
        let height = self.y + MARGIN / 2;
        let size_of = (self.width, height);
        let mut svg = Svg::new();
        svg.rect((0, 0), size_of, "paper");
        for participant in self.participants {
            let (width, text) = size(participant.label);
            let x = participant.x;
            svg.line((x, MARGIN + self.head), (x, height - 6), "lifeline");
            let corner = (x - width / 2 - 12, MARGIN);
            svg.rect(corner, (width + 24, self.head), "box");
            let top = MARGIN + (self.head - text) / 2;
            draw_box(&mut svg, (x, top), participant.label);
        }
        for (top, bottom, words) in &self.frames {
            let corner = (MARGIN / 2, *top);
            svg.rect(corner, (self.width - MARGIN, bottom - top + 4), "frame");
            draw(&mut svg, (MARGIN, top + 4), Anchor::Start, words);
        }
        svg.append(self.svg);
        svg.finish(size_of, title, STYLE)
    }
}

#[test]
fn a_sequence_has_its_participants_arrows_and_notes() {
    let source = "sequenceDiagram\naccTitle: Greeting\nparticipant A as Ann\nparticipant B\n\
                  A->>B: hello\nB-->>A: hi\nA->>A: thinks\nNote over A,B: both\nloop twice\n\
                  A->>B: again\nend\n";
    let svg = super::render(source).expect("a diagram");
    for words in ["Ann", "hello", "hi", "thinks", "both", "twice", "Greeting"] {
        assert!(svg.contains(words), "{words} in\n{svg}");
    }
    assert_eq!(svg.matches("class=\"arrow\"").count(), 3);
    assert_eq!(svg.matches("class=\"answer\"").count(), 1);
}

#[test]
fn what_the_renderer_does_not_know_is_refused_with_its_line() {
    let refused = |text: &str| super::render(text).expect_err("a refusal").line;
    assert_eq!(refused("sequenceDiagram\nparticipant A\nA->>C: x\n"), 3);
    assert_eq!(refused("sequenceDiagram\nparticipant A\nalt one\n"), 3);
    assert_eq!(refused("pie\n"), 1);
}
