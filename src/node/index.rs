//! Where in the node's source a requirement is met: see [`blockexc_model::source`].

use blockexc_model::source::SourceFile;
use blockexc_model::source_files;

/// The engine.
pub const ENGINE: &[SourceFile] = source_files!["":
    "src/node/engine/addresses.rs",
    "src/node/engine/connections.rs",
    "src/node/engine/contexts.rs",
    "src/node/engine/deliveries.rs",
    "src/node/engine/dump.rs",
    "src/node/engine/mod.rs",
    "src/node/engine/numbers.rs",
    "src/node/engine/output.rs",
    "src/node/engine/own_wants.rs",
    "src/node/engine/presences.rs",
    "src/node/engine/want_lists.rs",
];

/// What turns bytes and connections into messages and events, and back: the node around the
/// engine, and the wire.
pub const SHELL: &[SourceFile] = source_files!["":
    "src/node/closing.rs",
    "src/node/core.rs",
    "src/node/corked.rs",
    "src/node/dataset.rs",
    "src/node/exchange.rs",
    "src/node/handle.rs",
    "src/node/handler.rs",
    "src/node/mod.rs",
    "src/node/options.rs",
    "src/node/outgoing.rs",
    "src/node/protocol.rs",
    "src/node/recording.rs",
    "src/node/sendable.rs",
    "src/node/start.rs",
    "src/node/streams.rs",
    "src/node/transport.rs",
    "src/node/unwritten.rs",
    "src/node/shell/calls.rs",
    "src/node/shell/effects.rs",
    "src/node/shell/mod.rs",
    "src/node/shell/remarks.rs",
    "src/node/shell/source.rs",
    "src/wire/address.rs",
    "src/wire/cid.rs",
    "src/wire/decode.rs",
    "src/wire/encode.rs",
    "src/wire/frame.rs",
    "src/wire/mod.rs",
    "src/wire/network.rs",
    "src/wire/protobuf.rs",
    "src/wire/tree.rs",
    "src/wire/unknown_fields.rs",
    "src/wire/unusable.rs",
];
