//! `blockexc check interop` and `blockexc check questions`: who can fetch from whom, and what the
//! notes on the protocol leave open.

use std::io::Write;
use std::path::PathBuf;

use anstyle::Style;
use anyhow::bail;
use blockexc_checker::analysis::interop::{Cell, Held, Obtained, Table};
use blockexc_checker::analysis::questions::{Evidence, STATEMENTS, Statement};
use blockexc_checker::show::counterexample::Loss;
use clap::Args;
use serde::Serialize;

use super::Exit;
use super::results::{look_ahead, write_file};
use crate::near::Unknown;
use crate::report::counted::counted;
use crate::report::style::{BAD, DOUBTFUL, FAINT, GOOD, HEADLINE};
use crate::report::wrap::wrapped;

/// Show which dialects can fetch blocks from which, with and without retries, and what each pair
/// violates
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0 done, 2 a result is unknown, or the command could not run.")]
pub struct InteropArgs {
    /// Show the runs in which wants are lost: of all pairs, or of those with this dialect
    #[arg(long, value_name = "DIALECT", num_args = 0..=1, default_missing_value = "")]
    losses: Option<String>,
    /// Show what each pair violates
    #[arg(long)]
    safety: bool,
    /// Write the table to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Answer the questions that the notes on the protocol leave open, each with a proof or a run
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0 every statement has its evidence, 1 a statement has not, 2 there is \
                  no statement of this name."
)]
pub struct QuestionsArgs {
    /// One statement, by name, with its run as a chart
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Write the answers to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Works the table out, and shows it.
///
/// # Errors
///
/// When there is no such dialect, the file cannot be written, or writing fails.
pub fn run(args: &InteropArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if let Some(name) = args.losses.as_deref().filter(|name| !name.is_empty()) {
        super::dialect(name)?;
    }
    look_ahead([&args.json])?;
    let table = Table::new()?;
    for (retries, held) in [
        (true, Held::Before),
        (true, Held::Later),
        (false, Held::Before),
        (false, Held::Later),
    ] {
        show_progress(&table, retries, held, out)?;
    }
    show_let_down(&table, out)?;
    if let Some(name) = &args.losses {
        for row in &table.let_down {
            if let Some(loss) = &row.loss
                && (name.is_empty() || row.asker == name.as_str())
            {
                writeln!(out, "{HEADLINE}{} is let down{HEADLINE:#}", row.asker)?;
                show_loss(loss, out)?;
            }
        }
        for cell in table.progress.iter().filter(|cell| {
            name.is_empty() || cell.asker == name.as_str() || cell.holder == name.as_str()
        }) {
            if let Some(loss) = &cell.loss {
                writeln!(out, "{HEADLINE}{}{HEADLINE:#}", situation(cell))?;
                show_loss(loss, out)?;
            }
        }
    }
    if args.safety {
        show_safety(&table, out)?;
    } else {
        writeln!(
            out,
            "{FAINT}--losses shows the run behind each cell that is not \"always\", --safety what \
             each pair violates.{FAINT:#}"
        )?;
    }
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&table)?;
        write_file(file, json)?;
    }
    let unknown = table
        .progress
        .iter()
        .any(|cell| cell.obtained == Obtained::Unknown);
    Ok(if unknown {
        Exit::CouldNotTell
    } else {
        Exit::Good
    })
}

fn situation(cell: &Cell) -> String {
    let retries = if cell.retries { "with" } else { "without" };
    let held = match cell.held {
        Held::Before => "from the start",
        Held::Later => "from some time on",
    };
    format!(
        "{} asks {}, {retries} retries, the block held {held}",
        cell.asker, cell.holder
    )
}

fn show_progress(
    table: &Table,
    retries: bool,
    held: Held,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    const WIDTH: usize = 17;
    let with = if retries { "With" } else { "Without" };
    let when = match held {
        Held::Before => "from the start",
        Held::Later => "from some time on",
    };
    writeln!(
        out,
        "{HEADLINE}{with} retries, the block held {when}{HEADLINE:#}: is it obtained?"
    )?;
    write!(out, "{:<WIDTH$}", "asker \\ holder")?;
    for holder in &table.dialects {
        write!(out, " {holder:<WIDTH$}")?;
    }
    writeln!(out)?;
    for asker in &table.dialects {
        write!(out, "{asker:<WIDTH$}")?;
        for holder in &table.dialects {
            let obtained = table
                .cell(asker, holder, retries, held)
                .map_or(Obtained::Unknown, |cell| cell.obtained);
            let (style, word) = styled(obtained);
            write!(out, " {style}{word:<WIDTH$}{style:#}")?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn styled(obtained: Obtained) -> (Style, &'static str) {
    match obtained {
        Obtained::Always => (GOOD, "always"),
        Obtained::Sometimes => (DOUBTFUL, "not always"),
        Obtained::Never => (BAD, "never"),
        Obtained::Unknown => (FAINT, "unknown"),
    }
}

fn show_let_down(table: &Table, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{HEADLINE}With retries, the holder deletes the block when it has announced it, another \
         peer stores it{HEADLINE:#}: is it obtained?"
    )?;
    for row in &table.let_down {
        let (style, word) = styled(row.obtained);
        writeln!(out, "{:<17} {style}{word}{style:#}", row.asker)?;
    }
    writeln!(out)
}

fn show_loss(loss: &Loss, out: &mut dyn Write) -> std::io::Result<()> {
    let before = loss.steps.len() - loss.round;
    for (number, step) in (1..).zip(&loss.steps) {
        let again = if number > before {
            "  (again and again)"
        } else {
            ""
        };
        writeln!(out, "  {number:>2}  {step}{FAINT}{again}{FAINT:#}")?;
    }
    writeln!(out)
}

fn show_safety(table: &Table, out: &mut dyn Write) -> std::io::Result<()> {
    for pair in &table.safety {
        let bounded = if pair.exhausted {
            ""
        } else {
            "; the search was stopped"
        };
        writeln!(
            out,
            "{HEADLINE}{} asks {}{HEADLINE:#}: {} violated{bounded}",
            pair.asker,
            pair.holder,
            pair.violations.len()
        )?;
        for violation in &pair.violations {
            writeln!(
                out,
                "  after {:>2} steps, by the {}: {} {FAINT}({}){FAINT:#}",
                violation.steps,
                violation.by,
                violation.property,
                violation.requirements.join(", ")
            )?;
        }
    }
    Ok(())
}

/// A statement with its evidence, for JSON.
#[derive(Serialize)]
struct Answer {
    name: &'static str,
    question: &'static str,
    claim: &'static str,
    evidence: Evidence,
}

/// Searches for the evidence of each statement, and shows it.
///
/// # Errors
///
/// When there is no statement of this name, the file cannot be written, or writing fails.
pub fn questions(args: &QuestionsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    look_ahead([&args.json])?;
    let chosen: Vec<&Statement> = STATEMENTS
        .iter()
        .filter(|statement| {
            args.name
                .as_deref()
                .is_none_or(|name| statement.name == name)
        })
        .collect();
    if chosen.is_empty() {
        let names = || STATEMENTS.iter().map(|statement| statement.name);
        let all = names().collect::<Vec<_>>().join(", ");
        let name = args.name.as_deref().unwrap_or_default();
        bail!(Unknown::new(
            "statement",
            name,
            names(),
            format!("there are {all}")
        ));
    }
    let mut exit = Exit::Good;
    let mut question = "";
    let mut answers = Vec::new();
    for statement in chosen {
        if statement.question != question {
            question = statement.question;
            writeln!(out, "{HEADLINE}{}{HEADLINE:#}\n", wrapped(question, 0, 0))?;
        }
        let evidence = statement.evidence()?;
        writeln!(out, "  {}", wrapped(statement.claim, 2, 2))?;
        writeln!(out, "  {FAINT}{}{FAINT:#}", statement.name)?;
        match &evidence {
            Evidence::Proof { states } => {
                let states = counted(*states as u64, "state", "states");
                writeln!(out, "  {GOOD}proof{GOOD:#}: all of {states}\n")?;
            }
            Evidence::Run(loss) if args.name.is_some() => {
                writeln!(out, "  {DOUBTFUL}run{DOUBTFUL:#}:\n\n{}", loss.chart.text())?;
                if loss.round > 0 {
                    let round = counted(loss.round as u64, "step repeats", "steps repeat");
                    writeln!(out, "The last {round} for ever.")?;
                }
            }
            Evidence::Run(loss) => {
                writeln!(out, "  {DOUBTFUL}run{DOUBTFUL:#}:")?;
                show_loss(loss, out)?;
            }
            Evidence::Nothing => writeln!(out, "  {BAD}the search was stopped{BAD:#}\n")?,
        }
        if !evidence.is(statement.kind) {
            writeln!(out, "  {BAD}this is not what the statement needs{BAD:#}\n")?;
            exit = Exit::Bad;
        }
        answers.push(Answer {
            name: statement.name,
            question: statement.question,
            claim: statement.claim,
            evidence,
        });
    }
    if args.name.is_none() {
        writeln!(
            out,
            "{FAINT}`blockexc check questions NAME` shows one statement's run as a chart.{FAINT:#}"
        )?;
    }
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&answers)?;
        write_file(file, json)?;
    }
    Ok(exit)
}
