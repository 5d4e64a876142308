//! The names under which block exchange protocols are negotiated.

/// The protocol's ID among Codex nodes, and Logos Storage nodes until early 2026.
pub const CODEX: &str = "/codex/blockexc/1.0.0";
/// The same protocol's ID among Archivist's nodes.
pub const ARCHIVIST: &str = "/archivist/blockexc/1.0.0";
/// The same protocol's ID among Promethei's nodes.
pub const PROMETHEI: &str = "/promethei/blockexc/1.0.0";
/// A different protocol: Logos Storage's rewrite of 2026.
pub const STORAGE: &str = "/storage/blockexc/1.0.0";
