//! Durations as Go writes them, such as `1m30s`.

/// The units of Go's durations.
const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

/// Go's words for a text that is no duration (`time.ParseDuration`).
pub(super) fn duration_fault(text: &str) -> Option<String> {
    let invalid = || Some(format!("time: invalid duration {text:?}"));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return None;
    }
    let mut rest = unsigned;
    if rest.is_empty() {
        return invalid();
    }
    while !rest.is_empty() {
        let after =
            rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let number = &rest[..rest.len() - after.len()];
        let dots = number.matches('.').count();
        if dots > 1 || number.len() == dots {
            return invalid();
        }
        let is_unit = |letter: char| !letter.is_ascii_digit() && letter != '.';
        let next = after.trim_start_matches(is_unit);
        let unit = &after[..after.len() - next.len()];
        if unit.is_empty() {
            return Some(format!("time: missing unit in duration {text:?}"));
        }
        if !UNITS.contains(&unit) {
            return Some(format!("time: unknown unit {unit:?} in duration {text:?}"));
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for text in ["0", "5s", "1h2m3.5s", "-10ms", ".5s", "100ns"] {
            assert_eq!(duration_fault(text), None, "{text}");
        }
        for (text, words) in [
            ("", "time: invalid duration \"\""),
            ("zz", "time: invalid duration \"zz\""),
            ("s", "time: invalid duration \"s\""),
            ("5", "time: missing unit in duration \"5\""),
            ("5zz", "time: unknown unit \"zz\" in duration \"5zz\""),
            ("1.2.3s", "time: invalid duration \"1.2.3s\""),
        ] {
            assert_eq!(duration_fault(text).as_deref(), Some(words), "{text}");
        }
    }
}
