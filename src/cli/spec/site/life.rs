//! The life of a context and of an own want as drawings: the states in a circle, so that no line
//! between two of them runs through a third.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use blockexc_checker::analysis::life::{Change, Life, Subject};
use blockexc_model::deviating::Setup;

/// All lengths are those of the drawing's own units, which are pixels where there is room.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 560.0;
/// From the middle of the drawing to the middle of a box.
const RADII: (f64, f64) = (280.0, 225.0);
/// Half of a box.
const HALF: (f64, f64) = (84.0, 26.0);
/// How far a line bends away from the straight one, so that those of both ways are apart.
const BEND: f64 = 46.0;
/// Letters in a line of a box.
const LETTERS: usize = 20;

/// A subject with its drawing and its table.
pub(super) struct LifePart {
    pub anchor: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub boxes: Vec<StateBox>,
    pub arrows: Vec<Arrow>,
    pub changes: Vec<ChangeRow>,
    /// What leaves it as it is.
    pub stays: Vec<ChangeRow>,
    pub seen: usize,
    pub steps: usize,
}

/// A state, drawn.
pub(super) struct StateBox {
    pub x: i64,
    pub y: i64,
    /// Its words, and how far below `y` each line stands.
    pub lines: Vec<(String, i64)>,
}

/// What leads from a state to another, drawn.
pub(super) struct Arrow {
    /// The line, as SVG writes it.
    pub path: String,
    /// The requirements, with where they stand.
    pub labels: Vec<(&'static str, i64, i64)>,
}

/// A change in words.
pub(super) struct ChangeRow {
    pub from: String,
    pub to: String,
    pub events: Vec<(String, String)>,
}

/// The lives that are drawn.
pub(super) fn lives() -> Vec<LifePart> {
    vec![
        part(
            Subject::Context,
            "context",
            "The life of a context",
            "What node A keeps of its peer B, of one block b0. Beside these a context has the account \
             that the peer sent last (PAY-1), which comes and goes with it.",
        ),
        part(
            Subject::OwnWant,
            "want",
            "The life of an own want",
            "What node A keeps of a block b0 for itself, while B and C join, leave and say what they \
             like. A gives up after one retry that found nobody (ASK-9).",
        ),
    ]
}

fn part(
    subject: Subject,
    anchor: &'static str,
    title: &'static str,
    about: &'static str,
) -> LifePart {
    let life = Life::of(subject, &Setup::default());
    let middles: Vec<Point> = (0..life.states.len())
        .map(|place| middle(place, life.states.len()))
        .collect();
    let states = life.states.iter().zip(&middles);
    let (moves, stays): (Vec<&Change>, Vec<&Change>) =
        life.changes.iter().partition(|it| it.from != it.to);
    LifePart {
        anchor,
        title,
        about,
        boxes: states
            .map(|(state, at)| StateBox {
                x: at.0.round() as i64,
                y: at.1.round() as i64,
                lines: lines(state),
            })
            .collect(),
        arrows: moves
            .iter()
            .map(|change| arrow(change, middles[change.from], middles[change.to]))
            .collect(),
        changes: moves.iter().map(|change| row(&life, change)).collect(),
        stays: stays.iter().map(|change| row(&life, change)).collect(),
        seen: life.seen,
        steps: life.steps,
    }
}

fn row(life: &Life, change: &Change) -> ChangeRow {
    let words = |place: usize| life.states[place].clone();
    let events = change.events.iter();
    ChangeRow {
        from: words(change.from),
        to: words(change.to),
        events: events
            .map(|(event, ids)| {
                let ids: Vec<&str> = ids.iter().copied().collect();
                (event.clone(), ids.join(", "))
            })
            .collect(),
    }
}

/// A place in the drawing.
type Point = (f64, f64);

/// Where a state stands: the first one on top, and the others around the circle.
fn middle(place: usize, count: usize) -> Point {
    let angle = TAU * place as f64 / count as f64;
    (
        WIDTH / 2.0 + RADII.0 * angle.sin(),
        HEIGHT / 2.0 - RADII.1 * angle.cos(),
    )
}

/// The words in lines that fit into a box.
fn lines(words: &str) -> Vec<(String, i64)> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < LETTERS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let first = 4 - 7 * (lines.len() as i64 - 1);
    (0..)
        .map(|line| first + 14 * line)
        .zip(lines)
        .map(|(y, line)| (line, y))
        .collect()
}

fn arrow(change: &Change, from: Point, to: Point) -> Arrow {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    // To the right of the way, so that the way back bends to the other side.
    let bent = |along: f64, bend: f64| {
        (
            from.0 + along * dx - bend * dy / length,
            from.1 + along * dy + bend * dx / length,
        )
    };
    let control = bent(0.5, BEND);
    let (start, end) = (border(from, control), border(to, control));
    let path = format!(
        "M{:.0} {:.0} Q{:.0} {:.0} {:.0} {:.0}",
        start.0, start.1, control.0, control.1, end.0, end.1
    );
    let ids: BTreeSet<&'static str> = change.events.values().flatten().copied().collect();
    // The middle of the line, which bends half as far as its control point.
    let at = bent(0.5, BEND / 2.0);
    let first = at.1 + 4.0 - 6.5 * (ids.len() as f64 - 1.0);
    let labels = (0..).map(f64::from).zip(ids);
    Arrow {
        path,
        labels: labels
            .map(|(line, id)| {
                (
                    id,
                    at.0.round() as i64,
                    (first + 13.0 * line).round() as i64,
                )
            })
            .collect(),
    }
}

/// Where the line from the middle of a box to a point leaves the box, and a little further.
fn border(middle: Point, point: Point) -> Point {
    let (dx, dy) = (point.0 - middle.0, point.1 - middle.1);
    let reach = |half: f64, way: f64| (half + 5.0) / way.abs().max(f64::EPSILON);
    let share = reach(HALF.0, dx).min(reach(HALF.1, dy)).min(1.0);
    (middle.0 + share * dx, middle.1 + share * dy)
}
