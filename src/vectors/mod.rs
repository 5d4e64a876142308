//! Vectors: the specification as data, for a codec, a tree or a state machine in any language.
//!
//! All of them come from the model and from [`wire`](crate::wire): what is written by hand is only
//! what happens ([`state`], [`sequences`]). `vectors/README.md` describes the files.
//!
//! [`machine`] has the vectors of the state machine. [`play`] asks the model for their outcomes,
//! [`state_json`] writes them down, and [`normal`] says which of them mean the same. [`wire`](mod@wire) has
//! the vectors of bytes, [`tree`] those of datasets and proofs. [`files`] writes all of them into a folder.

pub mod archive;
pub mod driver;
mod fields;
pub mod files;
mod heading;
pub mod judged;
pub mod kill_matrix;
pub mod machine;
pub mod names;
pub mod normal;
pub mod normal_bytes;
pub mod play;
pub mod run;
pub mod script;
pub mod select;
pub mod sequences;
pub mod state;
pub mod state_json;
pub mod tree;
pub mod vector;
pub mod wire;
pub mod written;
