//! The style sheet and the script, compiled in.

/// The style sheet of pages.
pub const STYLE: &str = include_str!("assets/console.css");
/// The script that wallets need.
pub const SCRIPT: &str = include_str!("assets/console.js");
/// The path of the style sheet.
pub const STYLE_PATH: &str = "/console.css";
/// See [`STYLE_PATH`].
pub const SCRIPT_PATH: &str = "/console.js";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_has_three_sizes_and_there_is_one_accent() {
        let allowed = ["var(--small)", "var(--body)", "var(--title)"];
        for rest in STYLE.split("font-size: ").skip(1) {
            assert!(allowed.iter().any(|size| rest.starts_with(size)), "{rest}");
        }
        assert_eq!(STYLE.matches("--accent: ").count(), 2, "light and dark");
    }
}
