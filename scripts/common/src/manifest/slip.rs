//! Policies as other tools and people write them, and how this language writes the same.

use super::is_word;
use crate::text::{seconds, words_of};

/// Says how to write what `expression` seems to mean, where its text shows a usual slip: `2 of (…)`, `ana and ben`,
/// `AFTER(1day)`.
pub fn policy_slip(expression: &str) -> Option<String> {
    let words: Vec<_> = words_of(expression, is_word).collect();
    let pieces = words.iter().enumerate();
    pieces.into_iter().find_map(|(at, &(before, word))| {
        let previous = at.checked_sub(1).and_then(|at| words.get(at));
        let previous = previous.map_or("", |(_, word)| word);
        let after = words.get(at + 1).map_or("", |(before, _)| before);
        slip(previous, before, word, after)
    })
}

/// The slip at one word, with the word and the separators before it, and those after it.
fn slip(previous: &str, before: &str, word: &str, after: &str) -> Option<String> {
    let small = word.to_ascii_lowercase();
    let is_call = after.trim_start().starts_with('(');
    match small.as_str() {
        "and" | "or" if !is_call => {
            let operator = small.to_ascii_uppercase();
            return Some(format!(
                "write {operator} before its members: {operator}(ana,ben)"
            ));
        }
        _ => (),
    }
    let before_of = match small.strip_suffix("of") {
        Some("") => previous,
        Some(count) => count,
        None => "",
    };
    if is_number(before_of) {
        return Some(format!(
            "did you mean OutOf({before_of},…)? {before_of} of these: OutOf({before_of},ana,ben,cleo)"
        ));
    }
    let is_delay = previous.eq_ignore_ascii_case("after") && before.trim() == "(";
    let is_known = is_number(word) || seconds(word).is_some();
    let is_closed = after.trim_start().starts_with(')');
    (is_delay && !(is_known && is_closed)).then(|| {
        "a delay is a number of seconds, or a number with s, m, h or d and no space between: AFTER(1d)".into()
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::policy_slip;

    #[test]
    fn what_people_write_in_place_of_a_policy_is_told_in_the_words_of_the_language() {
        for (typed, advice) in [
            ("2 of (ana,ben,cleo)", "OutOf(2,ana,ben,cleo)"),
            ("2OF(ana,ben)", "did you mean OutOf(2,…)?"),
            ("2 of 3", "OutOf(2,"),
            ("ana and ben", "AND(ana,ben)"),
            ("OR(ana,ben OR cleo)", "OR(ana,ben)"),
            ("AND(ana,AFTER(1day))", "AFTER(1d)"),
            ("AND(ana,AFTER(2w))", "AFTER(1d)"),
            ("AND(ana,after(1 d))", "AFTER(1d)"),
        ] {
            let said = policy_slip(typed).unwrap_or_default();
            assert!(said.contains(advice), "{typed}: {said}");
        }
        for good in [
            "AND(ana,AFTER(1d))",
            "OR (ana, AND(ben,after( 172800 )))",
            "OutOf(2,ana,ben,cleo)",
            "out.of",
            "NONE",
        ] {
            assert_eq!(policy_slip(good), None, "{good}");
        }
    }
}
