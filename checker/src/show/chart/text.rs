//! A chart for a terminal.

use std::fmt::Write;

use super::{Chart, Row};

impl Chart {
    /// The chart for a terminal: lanes on the left, words on the right.
    pub fn text(&self) -> String {
        const WIDTH: usize = 12;
        let mut text = String::from("    ");
        for lane in &self.lanes {
            let _ = write!(text, "{lane:<WIDTH$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        for (number, row) in self.rows.iter().enumerate() {
            let mut line: Vec<char> = vec![' '; WIDTH * self.lanes.len()];
            for lane in 0..self.lanes.len() {
                line[lane * WIDTH] = '|';
            }
            let mut stroke = |from: usize, to: usize, with: char| {
                let (low, high) = (from.min(to) * WIDTH, from.max(to) * WIDTH);
                line[low + 1..high].fill(with);
            };
            let words = match row {
                Row::Note { lane, text } => {
                    line[lane * WIDTH] = 'o';
                    text
                }
                Row::Between { lanes, text } => {
                    stroke(lanes[0], lanes[1], '=');
                    text
                }
                Row::Message { from, to, text } => {
                    stroke(*from, *to, '-');
                    if from < to {
                        line[to * WIDTH - 1] = '>';
                    } else {
                        line[to * WIDTH + 1] = '<';
                    }
                    text
                }
            };
            let line: String = line.into_iter().collect();
            let _ = writeln!(text, "{:>2}  {line}{words}", number + 1);
        }
        for paragraph in self.paragraphs() {
            let _ = writeln!(text, "\n{}", paragraph.title);
            for line in &paragraph.lines {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}
