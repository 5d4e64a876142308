//! Breaking texts into lines.

/// Where texts are broken into lines.
const WIDTH: usize = 100;

/// The text broken into lines at its spaces. The first begins at this column, the others are
/// indented so far.
pub fn wrapped(text: &str, column: usize, indent: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut column = column;
    for (i, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if i > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if i > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_keep_every_word() {
        let text = "word ".repeat(60);
        let broken = wrapped(text.trim_end(), 20, 4);
        assert!(broken.lines().count() > 2);
        for (i, line) in broken.lines().enumerate() {
            let column = if i == 0 { 20 } else { 0 };
            assert!(column + line.len() <= WIDTH, "{line}");
            assert!(i == 0 || line.starts_with("    word"), "{line}");
        }
        assert_eq!(broken.split_whitespace().count(), 60);
        let long = "x".repeat(150);
        assert_eq!(wrapped(&long, 0, 2), long);
    }
}
