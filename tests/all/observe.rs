//! `blockexc observe`: two nodes with the relay between them.

mod cli;
mod deviations;
mod hostile;
mod stand;
mod told;
