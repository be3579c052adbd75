//! What systemd is told: sd_notify(3).

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Tells a state, such as `READY=1`, if whoever started us wants to know.
pub(super) fn send(state: &str) {
    if let Some(socket) = std::env::var_os("NOTIFY_SOCKET") {
        // A supervisor that cannot be told will say so itself, by its time-out.
        let _ = send_to(&socket, state);
    }
}

fn send_to(socket: &OsStr, state: &str) -> std::io::Result<()> {
    // A name that begins with '@' is in the abstract namespace.
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_supervisor_hears_it_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("mailrep-{}", std::process::id());
        let named = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        for (socket, address) in [
            (UnixDatagram::bind(&path).unwrap(), path.into_os_string()),
            (
                UnixDatagram::bind_addr(&named).unwrap(),
                format!("@{abstract_name}").into(),
            ),
        ] {
            send_to(&address, "READY=1").unwrap();
            let mut heard = [0; 32];
            let octets = socket.recv(&mut heard).unwrap();
            assert_eq!(&heard[..octets], b"READY=1");
        }
    }
}
