//! Numbers, times and words, written for people.

use alloy::primitives::{Address, B256, U256};

/// A number with its thousands apart.
pub fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of something: `1 instance`, `2 instances`. The plural of `noun` takes an `s`.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        many => format!("{} {noun}s", grouped(many)),
    }
}

/// Lines of one list that are shown without `--full`, at most.
const LINES_MAX: usize = 24;

/// The lines of a list: all of them where they are few or `is_full`, else the first ones and how many are left out.
pub fn bounded(mut lines: Vec<String>, is_full: bool) -> Vec<String> {
    if !is_full && lines.len() > LINES_MAX {
        let left_out = lines.len() + 1 - LINES_MAX;
        lines.truncate(LINES_MAX - 1);
        lines.push(format!("  … {left_out} more lines: --full shows them"));
    }
    lines
}

/// A storage word: small numbers as numbers, what may be an address as one.
pub fn word(word: &B256) -> String {
    let number = U256::from_be_bytes(word.0);
    if number < U256::from(u64::MAX) {
        number.to_string()
    } else if word.starts_with(&[0; 12]) {
        Address::from_word(*word).to_string()
    } else {
        word.to_string()
    }
}

/// The words of a text, each with what stands before it. Where something stands after the last one, an empty word ends
/// it: all pieces in a row are the text.
pub fn words_of<'a>(
    text: &'a str,
    is_word: impl Fn(char) -> bool + 'a,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(&is_word).unwrap_or(rest.len());
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let is_over = rest.is_empty();
        rest = after;
        (!is_over).then_some((before, word))
    })
}

/// An argument as a command takes it: a word for the shell, and no flag, whatever it begins with. What is reported to be
/// typed next may hold a name that somebody else chose.
pub fn shell_word(word: &str) -> String {
    let is_flag = |rest: &str| !rest.chars().all(|c| c.is_ascii_digit());
    if word.strip_prefix('-').is_some_and(is_flag) {
        format!("-- {}", quoted(word))
    } else {
        quoted(word)
    }
}

/// A word or a flag as a shell takes it: in quotes where it has characters with a meaning.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Names of a list that are printed, at most.
const LISTED_MAX: usize = 12;
/// The likeness of two words, from 0 to 1, where one may be a slip of the other.
const ALIKE: f64 = 0.8;

/// The seconds of a time span that is written with a unit: `45s`, `30m`, `12h`, `2d`.
pub fn seconds(text: &str) -> Option<u64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    count
        .parse::<u64>()
        .ok()
        .filter(|_| is_number)?
        .checked_mul(unit)
}

/// A number: digits, or hexadecimal digits after `0x`.
pub fn number(text: &str) -> Option<U256> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number
        .then(|| U256::from_str_radix(digits, radix.into()).ok())
        .flatten()
}

/// Names in a row; `None` where there is none.
pub fn listed(names: &[String]) -> Option<String> {
    let (first, rest) = names.split_at(names.len().min(LISTED_MAX));
    let first = first.join(", ");
    if names.is_empty() {
        return None;
    }
    Some(match rest.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    })
}

/// The name that `word` may be a slip of.
pub fn nearest<'a>(word: &str, names: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&word, &name.to_lowercase());
    let names = names.iter().map(|name| (likeness(name.as_ref()), name));
    let (likeness, name) = names.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let name = name.as_ref();
    // Words of two or three letters with two exchanged have little in common by the measure above.
    let is_slip = || word.len() > 1 && strsim::osa_distance(&word, &name.to_lowercase()) <= 1;
    (likeness > ALIKE || is_slip()).then_some(name)
}

/// The words of a parser on one line. Parsers repeat what they were given, point below it, and
/// begin new lines; only their reasons are kept.
pub fn one_line(error: &str, given: &str) -> String {
    let lines = error.lines().map(str::trim);
    let reasons = lines.filter(|line| {
        let is_pointer = line.chars().all(|c| c == '^' || c == '~');
        !is_pointer && *line != given.trim()
    });
    let reasons: Vec<_> = reasons.map(|line| line.trim_end_matches(':')).collect();
    reasons.join(": ")
}

/// Unix seconds as people write a time: `2026-11-20 09:30:00 UTC`.
pub fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days since 1970-01-01 (proleptic Gregorian; Howard
/// Hinnant's `civil_from_days`, for days that are not negative).
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// A number of seconds, in words.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_nothing_but_digits() {
        let [ten, sixteen] = [10, 16].map(|number| Some(U256::from(number)));
        assert_eq!(["10", "0x10"].map(number), [ten, sixteen]);
        for other in [
            "", "0x", "1_000", "0b11", "0o7", "0x1_0", "-1", "+1", " 1", "a", "0X10",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
        assert_eq!(number(&"9".repeat(80)), None);
    }

    #[test]
    fn a_name_that_a_shell_would_run_is_quoted_and_none_is_a_flag() {
        for (name, reported) in [
            ("1.0-rc+1", "1.0-rc+1"),
            ("", "''"),
            ("$(reboot)", "'$(reboot)'"),
            ("a;b", "'a;b'"),
            ("it's", r"'it'\''s'"),
            ("`x`", "'`x`'"),
            ("-5", "-5"),
            ("--trust-registry=0xc1", "-- --trust-registry=0xc1"),
            ("-e $x", "-- '-e $x'"),
        ] {
            assert_eq!(shell_word(name), reported);
        }
    }

    #[test]
    fn a_slip_is_recognized_and_another_word_is_not() {
        let names = ["Counter", "Points"].map(str::to_owned);
        assert_eq!(nearest("Cunter", &names), Some("Counter"));
        assert_eq!(nearest("counter", &names), Some("Counter"));
        assert_eq!(nearest("Token", &names), None);
        assert_eq!(nearest("Token", &[""; 0]), None);
        let operators = ["AND", "OR"];
        assert_eq!(nearest("ADN", &operators), Some("AND"));
        assert_eq!(nearest("FOO", &operators), None);
    }

    #[test]
    fn a_long_list_says_how_much_of_it_is_left_out() {
        let names: Vec<_> = (1..=14).map(|n| n.to_string()).collect();
        let all = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more";
        assert_eq!(listed(&names).as_deref(), Some(all));
        assert_eq!(listed(&names[..2]).as_deref(), Some("1, 2"));
        assert_eq!(listed(&[]), None);
    }

    #[test]
    fn a_parser_speaks_on_one_line() {
        let error = "parser error:\nthree\n^\nexpected at least one digit";
        let line = "parser error: expected at least one digit";
        assert_eq!(one_line(error, "three"), line);
        assert_eq!(one_line("no number", "three"), "no number");
    }

    #[test]
    fn times_are_reported_in_utc() {
        let reported = [0, 951_782_400, 1_795_166_999, 4_102_444_800].map(utc);
        assert_eq!(
            reported,
            [
                "1970-01-01 00:00:00 UTC",
                "2000-02-29 00:00:00 UTC",
                "2026-11-20 09:29:59 UTC",
                "2100-01-01 00:00:00 UTC"
            ]
        );
    }
}
