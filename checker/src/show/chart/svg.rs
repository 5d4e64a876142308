//! A chart as a drawing that stands alone: SVG without style sheets, scripts or markers, so that
//! it looks the same in a file and inside any page.

use std::fmt::Display;
use std::ops::Range;

use svg::Document;
use svg::node::element::{Group, Line, Polygon, Rectangle, Text, Title};

use super::{Chart, Paragraph, Row};

/// The width of a character: of most fixed-width fonts it is 0.6 of the size. Where it is not,
/// text runs a little over or short.
const CHARACTER: usize = 7;
const FONT_SIZE: f32 = 11.5;
/// How far a line of text reaches above its foot.
const ASCENT: usize = 12;
/// From one line of text to the next.
const LEADING: usize = 16;
/// What is kept free around things.
const GAP: usize = 8;
/// Where the numbers of the steps stand.
const NUMBERS: usize = 40;
/// The least from one lane to the next.
const LANE: usize = 230;
/// The least width of the whole: the offence's sentences want room.
const LEAST: usize = 720;
const ARROW: usize = 8;

const INK: &str = "#222222";
const FAINT: &str = "#999999";
const PAPER: &str = "#ffffff";
const NOTE: &str = "#fff7d6";
const LINK: &str = "#e3edf7";
const WRONG: &str = "#b00020";
const WRONG_PAPER: &str = "#fdf0f2";

impl Chart {
    /// The chart as an SVG document. Whatever its words contain stays text.
    pub fn svg(&self) -> String {
        let mut drawing = Drawing::of(self);
        drawing.heads(&self.lanes);
        for (number, row) in self.rows.iter().enumerate() {
            let step = number + 1;
            let offends = self.offence.as_ref().is_some_and(|it| it.step == step);
            drawing.row(step, row, if offends { WRONG } else { INK });
        }
        let lines = drawing.lines(self.lanes.len());
        drawing.paragraphs(&self.paragraphs());
        let (width, height) = (drawing.width, drawing.y + GAP);
        let paper = Rectangle::new()
            .set("width", width)
            .set("height", height)
            .set("fill", PAPER);
        Document::new()
            .set("viewBox", (0, 0, width, height))
            .set("width", width)
            .set("height", height)
            .set("role", "img")
            .set("font-family", "ui-monospace, Menlo, Consolas, monospace")
            .set("font-size", FONT_SIZE)
            .add(Title::new(clean(&self.title())))
            .add(paper)
            .add(lines)
            .add(drawing.group)
            .to_string()
    }

    fn title(&self) -> String {
        let lanes = self.lanes.join(", ");
        let broken: Vec<_> = self.broken().map(|(name, _)| name).collect();
        if broken.is_empty() {
            format!("What happens between {lanes}")
        } else {
            format!(
                "What happens between {lanes}; broken: {}",
                broken.join("; ")
            )
        }
    }
}

/// A name in at most so many characters: its ends distinguish it.
fn middle_left_out(name: &str, most: usize) -> String {
    let length = name.chars().count();
    if length <= most {
        return name.to_owned();
    }
    let kept = most.saturating_sub(1);
    let first: String = name.chars().take(kept.div_ceil(2)).collect();
    let last: String = name.chars().skip(length - kept / 2).collect();
    format!("{first}…{last}")
}

/// The drawing so far, and how far down it reaches.
struct Drawing {
    group: Group,
    width: usize,
    /// From one lane to the next.
    lane: usize,
    y: usize,
}

impl Drawing {
    fn of(chart: &Chart) -> Self {
        let lanes = chart.lanes.len().max(1);
        let width = LEAST.max(NUMBERS + lanes * LANE);
        Drawing {
            group: Group::new(),
            width,
            lane: (width - NUMBERS) / lanes,
            y: GAP,
        }
    }

    /// Where a lane's line runs.
    fn x(&self, lane: usize) -> usize {
        NUMBERS + lane * self.lane + self.lane / 2
    }

    fn add(&mut self, node: impl Into<Box<dyn svg::Node>>) {
        self.group = std::mem::take(&mut self.group).add(node);
    }

    fn heads(&mut self, lanes: &[String]) {
        let height = LEADING + GAP;
        let most = (self.lane - 5 * GAP) / CHARACTER;
        for (lane, name) in lanes.iter().enumerate() {
            let x = self.x(lane);
            let name = middle_left_out(name, most);
            let width = name.chars().count() * CHARACTER + 4 * GAP;
            self.boxed(x - width / 2, self.y, width, height, PAPER, INK);
            self.word(x, self.y + LEADING, "middle", INK, &name);
        }
        self.y += height + GAP;
    }

    /// The lanes' lines, which lie below everything else.
    fn lines(&self, lanes: usize) -> Group {
        let top = GAP + LEADING + GAP;
        (0..lanes).fold(Group::new(), |group, lane| {
            let line = Line::new()
                .set("x1", self.x(lane))
                .set("y1", top)
                .set("x2", self.x(lane))
                .set("y2", self.y)
                .set("stroke", FAINT);
            group.add(line)
        })
    }

    fn row(&mut self, number: usize, row: &Row, ink: &str) {
        self.word(NUMBERS - GAP, self.y + LEADING, "end", FAINT, number);
        match row {
            Row::Note { lane, text } => {
                let (x, room) = (self.x(*lane), self.lane - GAP);
                self.label_in_box(x, 0..room, text, NOTE, ink);
            }
            Row::Between { lanes, text } => {
                let [a, b] = lanes.map(|lane| self.x(lane));
                let apart = a.abs_diff(b);
                let widths = apart + 2 * GAP..apart + self.lane - GAP;
                self.label_in_box(a.midpoint(b), widths, text, LINK, ink);
            }
            Row::Message { from, to, text } => {
                let (a, b) = (self.x(*from), self.x(*to));
                let lines = wrapped(text, a.abs_diff(b).max(self.lane) - 2 * GAP);
                for line in &lines {
                    self.y += LEADING;
                    self.on_paper(a.midpoint(b), self.y, ink, line);
                }
                self.y += GAP;
                self.arrow(a, b, ink);
            }
        }
        self.y += 2 * GAP;
    }

    /// A box around its text, within these widths.
    fn label_in_box(&mut self, x: usize, widths: Range<usize>, text: &str, fill: &str, ink: &str) {
        let lines = wrapped(text, widths.end - 2 * GAP);
        let longest = lines.iter().map(|line| line.chars().count()).max();
        let width = (longest.unwrap_or(0) * CHARACTER + 3 * GAP).max(widths.start);
        let height = lines.len() * LEADING + GAP;
        self.boxed(x - width / 2, self.y, width, height, fill, ink);
        for (line, number) in lines.iter().zip(1..) {
            self.word(x, self.y + number * LEADING, "middle", ink, line);
        }
        self.y += height;
    }

    fn arrow(&mut self, from: usize, to: usize, ink: &str) {
        let y = self.y;
        // The head's base lies on the sender's side of its tip.
        let base = if from < to { to - ARROW } else { to + ARROW };
        let line = Line::new()
            .set("x1", from)
            .set("y1", y)
            .set("x2", base)
            .set("y2", y)
            .set("stroke", ink);
        let half = ARROW / 2;
        let points = format!("{to},{y} {base},{} {base},{}", y - half, y + half);
        self.add(line);
        self.add(Polygon::new().set("points", points).set("fill", ink));
    }

    /// What is wrong, in a box below the rows.
    fn paragraphs(&mut self, paragraphs: &[Paragraph]) {
        if paragraphs.is_empty() {
            return;
        }
        self.y += GAP;
        let top = self.y;
        let outside = std::mem::take(&mut self.group);
        for paragraph in paragraphs {
            let ink = if paragraph.is_breach { WRONG } else { INK };
            self.paragraph(0, ink, &paragraph.title);
            for line in &paragraph.lines {
                self.paragraph(1, INK, line);
            }
            self.y += GAP;
        }
        let inside = std::mem::replace(&mut self.group, outside);
        let (width, height) = (self.width - 2 * GAP, self.y - top);
        self.boxed(GAP, top, width, height, WRONG_PAPER, WRONG);
        self.add(inside);
    }

    fn paragraph(&mut self, indents: usize, ink: &str, text: &str) {
        // SVG drops spaces at the start of a line, so they become room.
        let words = text.trim_start();
        let spaces = text.len() - words.len();
        let x = 2 * GAP + indents * 3 * GAP + spaces * CHARACTER;
        for line in wrapped(words, self.width.saturating_sub(x + 2 * GAP)) {
            self.y += LEADING;
            self.word(x, self.y, "start", ink, line);
        }
    }

    fn boxed(&mut self, x: usize, y: usize, width: usize, height: usize, fill: &str, ink: &str) {
        let rectangle = Rectangle::new()
            .set("x", x)
            .set("y", y)
            .set("width", width)
            .set("height", height)
            .set("rx", 3)
            .set("fill", fill)
            .set("stroke", ink);
        self.add(rectangle);
    }

    /// A line of text that hides the lanes below it.
    fn on_paper(&mut self, x: usize, y: usize, ink: &str, text: &str) {
        let width = text.chars().count() * CHARACTER + GAP;
        let paper = Rectangle::new()
            .set("x", x.saturating_sub(width / 2))
            .set("y", y - ASCENT)
            .set("width", width)
            .set("height", LEADING)
            .set("fill", PAPER);
        self.add(paper);
        self.word(x, y, "middle", ink, text);
    }

    fn word(&mut self, x: usize, y: usize, anchor: &str, ink: &str, text: impl Display) {
        let text = Text::new(clean(&text.to_string()))
            .set("x", x)
            .set("y", y)
            .set("text-anchor", anchor)
            .set("fill", ink);
        self.add(text);
    }
}

/// The text in lines that fit into so much room.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    textwrap::wrap(text, room.max(CHARACTER) / CHARACTER)
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// The text without the characters that XML has no way to write.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
