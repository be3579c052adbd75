//! Maps for Postfix: tcp_table(5) and socketmap_table(5), over TCP and Unix sockets.
//!
//! ```text
//! sender_canonical_maps    = tcp:127.0.0.1:10001                   a Service::TcpTable(Map::Forward)
//! recipient_canonical_maps = tcp:127.0.0.1:10002                   a Service::TcpTable(Map::Reverse)
//! sender_canonical_maps    = socketmap:unix:/srs/socket:forward    a Service::Socketmap
//! ```
//!
//! An address that is rewritten is the map's value. One that stays as it is or is refused is not in the map: Postfix then goes on with the
//! address that it has, and turns a forged one away since nobody of that name is here. Nothing but a fault of the connection is
//! ever answered as temporary, for Postfix answers 451 to everybody then.
//!
//! [`Server`] runs on tokio; [`Background`] is the same on a thread of its own. Each connection is served by itself, so that one which is
//! slow, silent or stuck delays no other. The protocols alone, [`tcp_table`] and [`socketmap`], know neither sockets nor tokio.

pub mod protocol;
pub mod socketmap;
pub mod tcp_table;

#[cfg(feature = "server")]
mod address;
#[cfg(feature = "server")]
mod background;
#[cfg(feature = "server")]
mod connection;
#[cfg(feature = "server")]
mod desk;
#[cfg(feature = "server")]
mod listener;
#[cfg(feature = "server")]
mod seats;
#[cfg(feature = "server")]
mod serve;
#[cfg(test)]
mod tests;

#[cfg(feature = "server")]
pub use address::Address;
#[cfg(feature = "server")]
pub use background::Background;
pub use protocol::Map;
#[cfg(feature = "server")]
pub use serve::{Control, Limits, Notice, Options, Server, Service};
