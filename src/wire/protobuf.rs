//! The types that prost generates from `proto/blockexc.proto`.
//!
//! They serve to build and inspect messages field by field. To read and write whole messages, use
//! [`decode`](fn@super::decode::decode) and [`encode`](fn@super::encode::encode).
#![allow(missing_docs, clippy::all, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/blockexc.rs"));
