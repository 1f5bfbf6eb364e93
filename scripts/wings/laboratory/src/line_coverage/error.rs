//! The reasons why there is no coverage.

use crate::error::Refusal;
use crate::ids::CodeHash;

/// None of the code that ran is what the sources build to, or a compiler's output says.
pub fn not_run<'a>(source: &str, codes: impl Iterator<Item = &'a CodeHash>) -> Refusal {
    let ran: Vec<String> = codes.map(CodeHash::to_string).collect();
    let ran = match ran.as_slice() {
        [] => "no such code ran".to_owned(),
        ran => ran.join(", "),
    };
    let message = format!("no program that ran is what {source} builds to");
    Refusal::new("NotRun", message).with(
        format!(
            "the code that {source} builds to, byte for byte except immutables and addresses of libraries"
        ),
        ran,
        "give the sources that were deployed, at their revision (git:REVISION:PATH), or their build-info, and \
         transactions that reach them; `verify NAME --source SOURCE` says whether sources are those of a version",
    )
}
