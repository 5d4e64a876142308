//! A chart as a Mermaid sequence diagram.

use std::fmt::Write;

use super::{Chart, Row};

impl Chart {
    /// The chart as a Mermaid sequence diagram.
    pub fn mermaid(&self) -> String {
        // A semicolon or a hash sign would end or garble the text.
        let plain = |text: &str| text.replace([';', '#'], ",");
        let mut text = String::from("sequenceDiagram\n");
        for lane in &self.lanes {
            let _ = writeln!(text, "    participant {lane}");
        }
        for (row, step) in self.rows.iter().zip(1..) {
            let _ = match row {
                Row::Note { lane, text: words } => {
                    writeln!(
                        text,
                        "    Note over {}: {}",
                        self.lanes[*lane],
                        plain(words)
                    )
                }
                Row::Between {
                    lanes: [a, b],
                    text: words,
                } => writeln!(
                    text,
                    "    Note over {},{}: {}",
                    self.lanes[*a],
                    self.lanes[*b],
                    plain(words)
                ),
                Row::Message {
                    from,
                    to,
                    text: words,
                } => writeln!(
                    text,
                    "    {}->>{}: {}",
                    self.lanes[*from],
                    self.lanes[*to],
                    plain(words)
                ),
            };
            let offence = self.offence.iter().filter(|offence| offence.step == step);
            for (offence, (name, _)) in
                offence.flat_map(|it| it.broken.iter().map(move |broken| (it, broken)))
            {
                let _ = writeln!(
                    text,
                    "    Note over {}: breaks {}",
                    offence.node,
                    plain(name)
                );
            }
        }
        if let (Some(ending), [first, .., last]) = (&self.ending, self.lanes.as_slice()) {
            let name = plain(ending.broken.0);
            let _ = writeln!(text, "    Note over {first},{last}: breaks {name}");
        }
        text
    }
}
