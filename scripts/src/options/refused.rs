//! What clap says of a command line that it refuses.

/// What to do next: the tips of clap, the nearest word first, and the help.
pub(crate) fn advised(text: &str, help: &str) -> String {
    let tips = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tip:"));
    let tips = tips.map(|tip| match tip.split_once(": '") {
        Some((_, words)) => {
            let words = words.rsplit(", ").map(|word| word.trim_matches('\''));
            format!("did you mean {}? ", words.collect::<Vec<_>>().join(", "))
        }
        None => format!("{}; ", tip.trim()),
    });
    tips.chain([help.to_owned()]).collect()
}

/// The error of clap, on one line, without its advice.
pub(crate) fn said_by_clap(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let is_advice = |line: &&str| line.starts_with("tip:") || line.starts_with("Usage:");
    let said = lines.take_while(|line| !is_advice(line));
    let said = said.filter(|line| !line.starts_with("For more information"));
    let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
    let said = words.join(" ");
    said.trim_start_matches("error:").trim().to_owned()
}
