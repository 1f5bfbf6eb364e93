use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Graph = BTreeMap<u32, Vec<u32>>;

fn search(graph: &Graph, from: u32, to: u32) -> Option<Vec<u32>> {
    let path = find(VersionIndex(from), VersionIndex(to), |version| {
        let incoming = graph.get(&version.0).into_iter().flatten();
        incoming.map(|from| VersionIndex(*from)).collect()
    })?;
    let mut labels = vec![from];
    for edge in path {
        let PathEdge { from, to, position } = edge;
        assert_eq!(labels.last(), Some(&from.0), "the edges join");
        assert_eq!(graph[&to.0][position], from.0, "the step is the right one");
        labels.push(to.0);
    }
    Some(labels)
}

fn chain(versions: u32) -> Graph {
    (2..=versions).map(|to| (to, vec![to - 1])).collect()
}

#[test]
fn a_path_goes_through_every_version_between() {
    assert_eq!(search(&chain(4), 1, 4), Some(vec![1, 2, 3, 4]));
    assert_eq!(search(&chain(4), 2, 3), Some(vec![2, 3]));
}

#[test]
fn there_is_no_way_back_and_none_to_a_version_that_can_only_be_created() {
    assert_eq!(search(&chain(4), 3, 1), None);
    assert_eq!(search(&Graph::from([(3, vec![2])]), 1, 3), None);
}

#[test]
fn the_fewest_steps_win() {
    let graph = Graph::from([(2, vec![1]), (3, vec![2]), (4, vec![3, 1])]);
    assert_eq!(search(&graph, 1, 4), Some(vec![1, 4]));
}

#[test]
fn among_equals_the_way_in_that_was_registered_first_wins() {
    let graph = Graph::from([(2, vec![1]), (3, vec![1]), (4, vec![3, 2])]);
    assert_eq!(search(&graph, 1, 4), Some(vec![1, 3, 4]));
}

#[test]
fn a_path_is_whole_however_many_steps_it_has() {
    for versions in [33, 34, 256] {
        let path = search(&chain(versions), 1, versions);
        assert_eq!(path, Some((1..=versions).collect()));
    }
    assert_eq!(search(&chain(257), 1, 257), None, "257 versions");
}

#[test]
fn the_search_gives_up_after_256_versions() {
    // ten long steps lead there, but short ones lead to far more than 256 versions on the way
    let graph: Graph = (2..=601)
        .map(|to: u32| {
            let back = [1, 2, 3, 4, 5, 6, 7, 60];
            (to, back.map(|back| to.saturating_sub(back).max(1)).to_vec())
        })
        .collect();
    assert_eq!(search(&graph, 1, 601), None);
    assert_eq!(search(&graph, 481, 601), Some(vec![481, 541, 601]));
}

proptest! {
    #[test]
    fn a_path_is_as_short_as_any(incoming in proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..4), 1..20)) {
        let graph: Graph = incoming.iter().enumerate().map(|(n, incoming)| {
            let to = n as u32 + 2;
            (to, incoming.iter().map(|position| position.index(to as usize - 1) as u32 + 1).collect())
        }).collect();
        let target = incoming.len() as u32 + 1;
        // shortest distances to the target, by relaxing from the youngest on
        let mut distance = BTreeMap::from([(target, 0)]);
        for to in (2..=target).rev() {
            if let Some(&steps) = distance.get(&to) {
                for &from in &graph[&to] {
                    let best = distance.entry(from).or_insert(u32::MAX);
                    *best = (*best).min(steps + 1);
                }
            }
        }
        for from in 1..target {
            let found = search(&graph, from, target).map(|path| path.len() as u32 - 1);
            prop_assert_eq!(found, distance.get(&from).copied());
        }
    }
}
