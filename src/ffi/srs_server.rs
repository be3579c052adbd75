//! SRS served to Postfix.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::srs::Srs;
use super::status::{Fault, IntoC as _, Status};
use super::text::{Text, keep, lent, lent_string};
use crate::srs::server::{Address, Background, Limits, Map, Options, Service};
use std::ffi::{CString, c_char, c_int};
use std::mem::{offset_of, size_of};
use std::ptr;
use std::time::Duration;

/// tcp_table(5), for envelope senders: what sender_canonical_maps asks.
pub const MAILREP_SRS_TCP_FORWARD: c_int = 0;
/// tcp_table(5), for recipients: what recipient_canonical_maps asks.
pub const MAILREP_SRS_TCP_REVERSE: c_int = 1;
/// socketmap_table(5), with the maps "forward" and "reverse".
pub const MAILREP_SRS_SOCKETMAP: c_int = 2;

/// Addresses that can be given; a list that is longer is taken for a mistake.
const MOST_ADDRESSES: usize = 64;

/// What a server speaks, and where.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SrsListen {
    /// One of MAILREP_SRS_TCP_FORWARD, MAILREP_SRS_TCP_REVERSE, MAILREP_SRS_SOCKETMAP.
    pub service: c_int,
    /// "127.0.0.1:10001", "[::1]:10001", "localhost:10001" (which is 127.0.0.1) or "unix:/path/of/a/socket". Port 0 is one that the
    /// system chooses.
    pub address: *const c_char,
}

/// How a server listens.
///
/// Always begin with mailrep_srs_server_options_init(), and change what you want different. Pointers are only read by
/// mailrep_srs_server_start(), which copies what it needs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SrsServerOptions {
    /// sizeof(mailrep_srs_server_options) of the header that the program was compiled with; set by
    /// mailrep_srs_server_options_init().
    pub size: usize,
    /// What is spoken where. Default NULL.
    pub listen: *const SrsListen,
    /// How many, 1 to 64. Default 0, with which nothing can be started.
    pub listen_count: usize,
    /// Connections at a time, at least 1; for one more, that is closed which was answered longest ago. Default 2,000.
    pub connections: u32,
    /// Milliseconds from an answer to the next request, after which a connection is closed. Default 1,800,000.
    pub idle_ms: u32,
    /// Permissions of Unix sockets. Default 0660.
    pub socket_mode: u32,
    /// Not 0: listen on addresses that other hosts can reach, too. Whoever can ask can make addresses that pass as ours.
    /// Default 0.
    pub allow_public: c_int,
}

// The layout is part of the ABI: growth is at the end alone, and no octet is padding.
const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(SrsListen, address) == word);
    assert!(size_of::<SrsListen>() == 2 * word);
    assert!(offset_of!(SrsServerOptions, connections) == 3 * word);
    assert!(offset_of!(SrsServerOptions, allow_public) == 3 * word + 12);
    assert!(size_of::<SrsServerOptions>() == 3 * word + 16);
};

/// Whether a structure of this size can be one of ours: the present one, or a newer one.
fn is_size(size: usize) -> bool {
    size >= size_of::<SrsServerOptions>() && isize::try_from(size).is_ok()
}

impl Default for SrsServerOptions {
    fn default() -> Self {
        let options = Options::default();
        SrsServerOptions {
            size: size_of::<SrsServerOptions>(),
            listen: ptr::null(),
            listen_count: 0,
            connections: u32::try_from(options.limits.connections).unwrap_or(u32::MAX),
            idle_ms: u32::try_from(options.limits.idle.as_millis()).unwrap_or(u32::MAX),
            socket_mode: options.socket_mode,
            allow_public: 0,
        }
    }
}

/// A server with a thread of its own.
pub struct SrsServer {
    server: Background,
    addresses: Vec<CString>,
}

/// Fills in the defaults.
///
/// @param options  the structure to fill
/// @param size     sizeof(mailrep_srs_server_options)
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_server_options_init(
    options: *mut SrsServerOptions,
    size: usize,
) -> c_int {
    guard(|| -> Status {
        if options.is_null() {
            return Err(Fault::null("options"));
        }
        if !is_size(size) {
            return Err(Fault::invalid("size is not that of the structure"));
        }
        let defaults = SrsServerOptions {
            size,
            ..SrsServerOptions::default()
        };
        // SAFETY: `options` has `size` octets by the header's rules, no fewer than ours; what a newer header has beyond is
        // emptied.
        unsafe {
            options.write(defaults);
            ptr::write_bytes(
                options.add(1).cast::<u8>(),
                0,
                size - size_of::<SrsServerOptions>(),
            );
        }
        Ok(())
    })
    .into_c()
}

/// Starts a server that answers Postfix from a thread of its own: tcp_table(5) and socketmap_table(5).
///
///   mailrep_srs_listen listen[] = {
///       { MAILREP_SRS_TCP_FORWARD, "127.0.0.1:10001" },
///       { MAILREP_SRS_TCP_REVERSE, "127.0.0.1:10002" },
///   };
///   mailrep_srs_server_options options;
///   mailrep_srs_server_options_init(&options, sizeof options);
///   options.listen = listen;
///   options.listen_count = 2;
///   status = mailrep_srs_server_start(srs, &options, &server, &error);
///
/// An address that is not rewritten, or is refused, is not in the map. A server belongs to the process that started it: after fork()
/// the child has none, and mailrep_srs_server_stop() does nothing there.
///
/// @param srs      what answers; it may be freed while the server runs
/// @param options  from mailrep_srs_server_options_init(); not needed any more after the call
/// @param out      where the server is left, to be ended with mailrep_srs_server_stop(); NULL is left on failure
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
///                 NULL if words are not wanted
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, an address that other hosts can reach
///                 among them; MAILREP_SYSTEM for an address that the system refuses, such as one in use
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_server_start(
    srs: *const Srs,
    options: *const SrsServerOptions,
    out: *mut *mut SrsServer,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let (out, srs) = (place(out)?, borrow(srs)?);
            let server = Background::start(srs.rewriter(), read(options)?)?;
            let addresses = server.addresses().iter();
            let addresses = addresses.map(|(_, address)| keep(address.to_string())).collect();
            *out = give(SrsServer { server, addresses });
            Ok(())
        })
    })
    .into_c()
}

/// Where the server listens, with the port that the system chose.
///
/// @param server  may be used by other threads at the same time; may be NULL
/// @param index   place in the list of options.listen, from 0
/// @return        such as "127.0.0.1:10001", which lives as long as the server; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_server_address(server: *const SrsServer, index: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let server = unsafe { borrow(server) };
        Text::of(
            server
                .ok()
                .and_then(|server| server.addresses.get(index))
                .map(CString::as_c_str),
        )
    })
}

/// Answers with other secrets or settings from now on, in connections that are there too.
///
/// @param server  may be used by other threads at the same time
/// @param srs     what answers from now on; it may be freed afterwards
/// @return        MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_server_exchange(server: *const SrsServer, srs: *const Srs) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (server, srs) = unsafe { (borrow(server)?, borrow(srs)?) };
        server.server.exchange(srs.rewriter());
        Ok(())
    })
    .into_c()
}

/// Ends a server and frees it: nobody new is taken, what has been asked is answered, for five seconds at most.
///
/// @param server  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_server_stop(server: *mut SrsServer) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(server) }
    });
}

/// Reads the options that C gives.
///
/// # Safety
/// By the header's rules: `options` is NULL or a structure of `size` octets whose pointers are NULL or valid.
unsafe fn read(options: *const SrsServerOptions) -> Result<Options, Fault> {
    if options.is_null() {
        return Err(Fault::null("options"));
    }
    // SAFETY: the first field is there in every version.
    let size = unsafe { ptr::addr_of!((*options).size).read() };
    if !is_size(size) {
        return Err(Fault::invalid(
            "options.size is not that of the structure; call mailrep_srs_server_options_init() first",
        ));
    }
    // SAFETY: `size` octets are there by the header's rules, no fewer than ours. Every pattern of octets is a value of every
    // field.
    let (given, unknown) = unsafe {
        let rest = size - size_of::<SrsServerOptions>();
        (
            options.read(),
            lent("options", options.add(1).cast::<u8>(), rest)?,
        )
    };
    if unknown.iter().any(|&octet| octet != 0) {
        return Err(Fault::invalid(
            "options sets a field that this version of the library does not know",
        ));
    }
    if given.connections == 0 {
        return Err(Fault::invalid("connections is 0; at least one is needed"));
    }
    if given.socket_mode > 0o777 {
        return Err(Fault::invalid(
            "socket_mode is no set of permissions, such as 0660",
        ));
    }
    Ok(Options {
        // SAFETY: the same promise.
        listen: unsafe { listen(&given) }?,
        limits: Limits {
            connections: usize::try_from(given.connections).unwrap_or(usize::MAX),
            idle: Duration::from_millis(given.idle_ms.into()),
            ..Limits::default()
        },
        public: given.allow_public != 0,
        socket_mode: given.socket_mode,
        notify: None,
    })
}

/// # Safety
/// The pointers are NULL or valid.
unsafe fn listen(given: &SrsServerOptions) -> Result<Vec<(Service, Address)>, Fault> {
    let count = given.listen_count;
    if count > MOST_ADDRESSES {
        return Err(Fault::invalid(format!(
            "listen_count is {count}; at most {MOST_ADDRESSES} can be used"
        )));
    }
    if count > 0 && given.listen.is_null() {
        return Err(Fault::null("listen"));
    }
    let mut listen = Vec::with_capacity(count);
    for at in 0..count {
        // SAFETY: not NULL, and `count` of them are there, by the caller.
        let one = unsafe { given.listen.add(at).read() };
        let service = match one.service {
            MAILREP_SRS_TCP_FORWARD => Service::TcpTable(Map::Forward),
            MAILREP_SRS_TCP_REVERSE => Service::TcpTable(Map::Reverse),
            MAILREP_SRS_SOCKETMAP => Service::Socketmap,
            other => return Err(Fault::invalid(format!("service {other} is not known"))),
        };
        // SAFETY: NULL or a string, by the caller.
        let address =
            unsafe { lent_string("address", one.address) }?.ok_or_else(|| Fault::null("address"))?;
        listen.push((service, address.parse()?));
    }
    Ok(listen)
}
