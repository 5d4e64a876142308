//! `blockexc report merge`: the parts of a campaign, put together.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::stored::{read_run, value};
use crate::cli::Exit;
use crate::cli::known::{self, KnownArgs};
use crate::cli::reporting::{ReportArgs, exit_of};
use crate::cli::results::{is_standard_output, write_json};
use crate::cli::simulate::runs::{self, Runs};
use crate::cli::trace::stored::{self, StoredVerdicts};
use crate::suite::campaign::{MergeError, complete, merge};

/// Put the parts of a campaign together
///
/// Exit code: that of a run with these results, or 2 when parts are missing, doubled or of different
/// campaigns.
#[derive(Args, Clone, Debug)]
pub(super) struct MergeArgs {
    /// The results that `conform`, `simulate` or `trace validate` wrote with --shard and --json
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    known: KnownArgs,
    #[command(flatten)]
    reports: ReportArgs,
}

/// What kind of result a file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scenarios,
    Simulations,
    Logs,
}

impl MergeArgs {
    /// Puts them together.
    ///
    /// # Errors
    ///
    /// When a file is no part, parts are missing or do not belong together, or writing fails.
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        self.reports.look_ahead()?;
        let mut values = Vec::new();
        for file in &self.files {
            values.push((file.as_path(), value(file)?));
        }
        let mut kind = None;
        for (file, value) in &values {
            let of_file = kind_of(value);
            match kind {
                Some(first) if first != of_file => bail!(
                    "{} is another kind of result than {}",
                    file.display(),
                    self.files[0].display()
                ),
                _ => kind = Some(of_file),
            }
        }
        match kind {
            Some(Kind::Simulations) => {
                let whole = Runs::merged(complete(parts(values)?)?).ok_or(MergeError::Nothing)?;
                self.write(&whole, out, |out| whole.write(out))?;
                Ok(whole.exit())
            }
            Some(Kind::Logs) => {
                let parts = complete(parts(values)?)?;
                let whole = StoredVerdicts::merged(parts).ok_or(MergeError::Nothing)?;
                self.write(&whole, out, |out| whole.write(out))?;
                Ok(whole.exit())
            }
            Some(Kind::Scenarios) | None => self.merge_scenarios(values, out),
        }
    }

    fn merge_scenarios(
        &self,
        values: Vec<(&Path, Value)>,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let baseline = self.known.baseline()?;
        let mut parts = Vec::new();
        for (file, value) in values {
            parts.push((file.display().to_string(), read_run(file, value)?));
        }
        let mut run = merge(parts)?;
        known::apply(baseline.as_ref(), &mut run);
        self.reports.write(&run, out)?;
        Ok(exit_of(&run))
    }

    /// Writes what is no result of scenarios: as JSON, or as text.
    fn write(
        &self,
        value: &impl Serialize,
        out: &mut dyn Write,
        text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        if self.known.is_given() {
            bail!(
                "a baseline is compared with a run of scenarios only, when parts are put together"
            );
        }
        let json = self.reports.only_json()?;
        if let Some(file) = json {
            write_json(file, value, out)?;
        }
        if !json.is_some_and(is_standard_output) {
            text(out)?;
        }
        Ok(())
    }
}

fn kind_of(value: &Value) -> Kind {
    match value["format"].as_str() {
        Some(runs::FORMAT) => Kind::Simulations,
        Some(stored::FORMAT) => Kind::Logs,
        _ => Kind::Scenarios,
    }
}

fn parts<T: DeserializeOwned>(values: Vec<(&Path, Value)>) -> anyhow::Result<Vec<(String, T)>> {
    let of = |(file, value): (&Path, Value)| {
        let name = file.display().to_string();
        let part = serde_json::from_value(value).with_context(|| {
            format!("{name} is not written by this program, or by another version")
        })?;
        Ok((name, part))
    };
    values.into_iter().map(of).collect()
}
