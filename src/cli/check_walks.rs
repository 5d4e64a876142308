//! `blockexc check --random-walks`: what can be done where the states are too many to be searched.

use std::io::Write;

use blockexc_checker::analysis::walking::Walk;
use blockexc_checker::search::walks::Walks;
use serde::Serialize;

use super::Exit;
use crate::report::counted::counted;
use crate::report::style::{BAD, DOUBTFUL, FAINT, GOOD, HEADLINE};

/// All results, for JSON.
#[derive(Serialize)]
pub(super) struct Results<'a> {
    pub format: &'static str,
    pub dialect: &'static str,
    pub deviations: Vec<&'static str>,
    pub seed: u64,
    /// After so many steps a walk was ended.
    pub most_steps: usize,
    pub interrupted: bool,
    pub configurations: &'a [Walk<'a>],
}

/// Says what the walks through one configuration have shown.
pub(super) fn write_walk(walk: &Walk<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{HEADLINE}{}{HEADLINE:#}: {}",
        walk.name, walk.description
    )?;
    writeln!(
        out,
        "  {}, {} of them to where nothing can happen any more; {}, at most {} in one; {:.1} s",
        counted(walk.walks, "random walk", "random walks"),
        walk.ended,
        counted(walk.steps, "step", "steps"),
        walk.longest,
        walk.seconds
    )?;
    let properties = counted(walk.properties as u64, "property", "properties");
    match walk.violations.len() {
        0 => writeln!(
            out,
            "  {properties}: {DOUBTFUL}none seen violated{DOUBTFUL:#}"
        )?,
        many => writeln!(out, "  {properties}: {BAD}{many} violated{BAD:#}")?,
    }
    for violation in &walk.violations {
        writeln!(
            out,
            "    {BAD}violated{BAD:#} after {}: {} {FAINT}({}){FAINT:#}",
            counted(violation.steps as u64, "step", "steps"),
            violation.name,
            violation.requirements.join(", ")
        )?;
    }
    writeln!(out)
}

/// Shows the violation with the fewest steps, and says what it comes to.
pub(super) fn conclude(
    walks: &[Walk<'_>],
    how: Walks,
    out: &mut dyn Write,
) -> std::io::Result<Exit> {
    let violations = walks.iter().flat_map(|walk| {
        let name = walk.name;
        walk.violations
            .iter()
            .map(move |violation| (name, violation))
    });
    let seed = how.seed;
    let Some((name, violation)) = violations.min_by_key(|(_, violation)| violation.steps) else {
        writeln!(
            out,
            "{GOOD}nothing was seen violated{GOOD:#} (seed {seed}). These are walks and no search: \
             what they did not come to, they say nothing of."
        )?;
        return Ok(Exit::Good);
    };
    writeln!(
        out,
        "{HEADLINE}A way to a violation{HEADLINE:#}: \"{}\", in {name} (seed {seed}; there may be a \
         shorter one)\n",
        violation.name
    )?;
    writeln!(out, "{}", violation.walk.chart().text())?;
    writeln!(out, "{BAD}violated{BAD:#}")?;
    Ok(Exit::Bad)
}
