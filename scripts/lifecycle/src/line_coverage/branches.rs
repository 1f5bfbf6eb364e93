//! How often each branch of a program was taken. That follows from how often basic blocks ran: to a block leads one
//! branch, or all that lead there are known but one.

use std::collections::BTreeMap;
use stylus_vm::BasicBlock;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Instructions with several branches, by their offsets in the module, and how often each branch was taken: the jump, or
/// into the `if`, and the other one; of a table one to each place that it leads to.
pub type Jumps = BTreeMap<u64, Vec<u64>>;

/// Where jumps of a function lead.
#[derive(Debug, Default)]
struct Label {
    /// The block there; none behind the function.
    target: Option<usize>,
    /// How often it was reached by other branches than those of tables.
    known: u64,
    /// How often the condition of its `if` failed, as long as it has no `else`.
    failed: u64,
    /// Tables that lead there.
    tables: usize,
}

/// The jumps of a module whose basic blocks were counted.
///
/// # Errors
/// A module that cannot be read.
pub fn jumps(wasm: &[u8], blocks: &[BasicBlock]) -> wasmparser::Result<Jumps> {
    let mut all = Jumps::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            of_function(&body, blocks, &mut all)?;
        }
    }
    Ok(all)
}

fn of_function(
    body: &FunctionBody<'_>,
    blocks: &[BasicBlock],
    all: &mut Jumps,
) -> wasmparser::Result<()> {
    let runs = |at: usize| blocks.get(at).map_or(0, |block| block.runs);
    let mut labels = vec![Label::default()];
    let mut open = vec![0];
    let mut tables = Vec::new();
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        let behind = blocks.partition_point(|block| block.offset <= offset);
        let own = behind.checked_sub(1).map_or(0, runs);
        let (goes_on, goes_elsewhere) = (runs(behind), own.saturating_sub(runs(behind)));
        // The label that is so many levels further out.
        let outwards = |depth: u32| open.iter().rev().nth(depth as usize).copied().unwrap_or(0);
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                open.push(labels.len());
                let mut label = Label::default();
                match operator {
                    Operator::Loop { .. } => (label.target, label.known) = (Some(behind), own),
                    Operator::If { .. } => {
                        label.failed = goes_elsewhere;
                        all.insert(offset, vec![goes_on, goes_elsewhere]);
                    }
                    _ => {}
                }
                labels.push(label);
            }
            Operator::Else => {
                let label = &mut labels[outwards(0)];
                (label.known, label.failed) = (label.known.saturating_add(own), 0);
            }
            Operator::End => {
                let label = &mut labels[outwards(0)];
                open.pop();
                if label.target.is_none() && !open.is_empty() {
                    label.target = Some(behind);
                    label.known = label.known.saturating_add(own.saturating_add(label.failed));
                }
            }
            Operator::Br { relative_depth } => {
                let label = &mut labels[outwards(relative_depth)];
                label.known = label.known.saturating_add(own);
            }
            Operator::BrIf { relative_depth } => {
                let label = &mut labels[outwards(relative_depth)];
                label.known = label.known.saturating_add(goes_elsewhere);
                all.insert(offset, vec![goes_elsewhere, goes_on]);
            }
            Operator::BrTable { targets } => {
                let mut places = Vec::new();
                let depths = targets.targets().chain([Ok(targets.default())]);
                for depth in depths {
                    let place = outwards(depth?);
                    if !places.contains(&place) {
                        places.push(place);
                        labels[place].tables += 1;
                    }
                }
                tables.push((offset, own, places));
            }
            _ => {}
        }
    }
    for (offset, own, places) in tables {
        let ways = places.iter().map(|place| labels[*place].by_its_table(runs));
        all.extend(with_the_rest(own, ways.collect()).map(|ways| (offset, ways)));
    }
    Ok(())
}

impl Label {
    /// How often the only table that leads here did.
    fn by_its_table(&self, runs: impl Fn(usize) -> u64) -> Option<u64> {
        let target = self.target.filter(|_| self.tables == 1)?;
        Some(runs(target).saturating_sub(self.known))
    }
}

/// The branches of a table that ran `own` times: one that is not known was taken the other times; of several nothing is
/// told.
fn with_the_rest(own: u64, taken: Vec<Option<u64>>) -> Option<Vec<u64>> {
    let known = taken
        .iter()
        .flatten()
        .fold(0, |sum: u64, one| sum.saturating_add(*one));
    let rest = own.saturating_sub(known);
    let unknown = taken.iter().filter(|one| one.is_none()).count();
    (unknown <= 1).then(|| taken.into_iter().map(|one| one.unwrap_or(rest)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of one function, with its basic blocks that ran so often.
    fn of(function: &str, runs: &[u64]) -> Vec<Vec<u64>> {
        let wasm =
            wat::parse_str(format!("(module (func (param i32) {function}))")).expect("a module");
        let mut offsets = Vec::new();
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(body) = payload.expect("readable") {
                let mut reader = body.get_operators_reader().expect("operators");
                let mut begins = true;
                while !reader.eof() {
                    use Operator::{Br, BrIf, BrTable, Else, End, If, Loop};
                    let (operator, offset) = reader.read_with_offset().expect("an operator");
                    offsets.extend(begins.then_some(offset));
                    begins = matches!(
                        operator,
                        Br { .. }
                            | BrIf { .. }
                            | BrTable { .. }
                            | Else
                            | End
                            | If { .. }
                            | Loop { .. }
                    );
                }
            }
        }
        assert_eq!(offsets.len(), runs.len());
        let blocks = offsets.into_iter().zip(runs);
        let blocks = blocks.map(|(offset, runs)| BasicBlock {
            function: 0,
            offset,
            runs: *runs,
        });
        let blocks: Vec<BasicBlock> = blocks.collect();
        jumps(&wasm, &blocks)
            .expect("readable")
            .into_values()
            .collect()
    }

    #[test]
    fn branches_follow_from_blocks() {
        let either = "(if (local.get 0) (then nop) (else nop))";
        assert_eq!(of(either, &[5, 2, 3, 5]), [[2, 3]]);
        let perhaps = "(if (local.get 0) (then nop))";
        assert_eq!(of(perhaps, &[5, 2, 5]), [[2, 3]]);
        let again = "(loop $again (br_if $again (local.get 0)))";
        assert_eq!(of(again, &[2, 7, 2, 2]), [[5, 2]]);
    }

    #[test]
    fn branches_of_a_table_are_what_other_ways_to_their_places_leave() {
        // 10 times: to $a 3 times, to $b 4 times, and 3 times to $c, where what is behind $a leads too.
        let table = "(block $c (block $b (block $a
            (br_table $a $b $a $c (local.get 0))) (br_if $b (local.get 0)) (br $c)) nop)";
        let runs = [10, 0, 3, 2, 0, 5, 10];
        assert_eq!(of(table, &runs), [vec![3, 4, 3], vec![1, 2]]);
        // The last one leaves the function.
        let out = "(block $a (br_table $a 1 (local.get 0)))";
        assert_eq!(of(out, &[5, 0, 2]), [[2, 3]]);
        // Two tables lead to the same places: which of them did cannot be told.
        let two = "(block $b (block $a (block $c (br_table $a $b $c (local.get 0)))
            (br_table $a $b (local.get 0))))";
        assert_eq!(of(two, &[5, 0, 1, 0, 0, 5]), Vec::<Vec<u64>>::new());
    }
}
