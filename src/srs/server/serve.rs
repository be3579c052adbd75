//! The server: listeners, the connections that they take, and the end.

use super::address::Address;
use super::connection::{Connection, Dialect};
use super::desk::Desk;
use super::listener::{Listener, Stream};
use super::protocol::Map;
use super::seats::{Seat, Seats};
use super::socketmap::Socketmap;
use super::tcp_table::TcpTable;
use crate::clock::UnixTime;
use crate::error::{Error, plain};
use crate::srs::Rewriter;
use futures_util::future::{Either, join_all, select};
use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long connections may take to end when the server stops; those that ask nothing end soon.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long whoever has come, and what has been asked, is looked for when the server stops. The system tells of it a little later than it
/// is there.
const LINGER: Duration = Duration::from_millis(50);
/// How long nobody is taken after the system refused a connection.
const RESPITE: Duration = Duration::from_millis(50);
/// The least time between two notices of the same.
const NOTICE_EVERY: Duration = Duration::from_secs(60);

/// What is spoken on an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// tcp_table(5), for one map.
    TcpTable(Map),
    /// socketmap_table(5), for both maps, `forward` and `reverse`.
    Socketmap,
}

/// What clients may claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a request. Default 4,096; one with more is answered as a temporary error and passed over.
    pub request: usize,
    /// Connections at a time. Default 2,000; for one more, that is closed which was answered longest ago.
    pub connections: usize,
    /// From an answer to the end of the next request, and to the reading of an answer. Default 30 minutes; the connection is closed then,
    /// and Postfix opens another when it needs one.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            request: 4_096,
            connections: 2_000,
            idle: Duration::from_secs(1_800),
        }
    }
}

/// How a server listens.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is spoken where.
    pub listen: Vec<(Service, Address)>,
    /// What clients may claim.
    pub limits: Limits,
    /// Listen on addresses that other hosts can reach, too. Default no: who can ask `forward` can make addresses that pass.
    pub public: bool,
    /// Permissions of Unix sockets. Default 0660: the server's user and group.
    pub socket_mode: u32,
    /// Is told what an administrator should know, now and then. Default nobody.
    pub notify: Option<fn(&Notice)>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: Vec::new(),
            limits: Limits::default(),
            public: false,
            socket_mode: 0o660,
            notify: None,
        }
    }
}

/// Something that an administrator should know; `Display` is a sentence. The same is told once a minute at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// All connections that may be are there, so that old ones are closed for new ones.
    Full {
        /// How many.
        connections: usize,
    },
    /// The system refuses connections.
    Refused {
        /// Its reason.
        why: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Full { connections } => {
                write!(
                    f,
                    "there are {connections} connections, and for each new one the one used longest ago is closed"
                )
            }
            Notice::Refused { why } => write!(f, "the system refuses connections: {why}"),
        }
    }
}

/// A server that listens, and answers once it [runs](Server::run).
///
/// ```
/// use mailrep::srs::server::{Map, Options, Server, Service};
/// use mailrep::srs::{Rewriter, Secrets, Settings};
/// use std::sync::Arc;
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// let settings = Settings::new("srs.example.org", Secrets::new(["0123456789abcdef"])?);
/// let options = Options {
///     listen: vec![(Service::TcpTable(Map::Reverse), "127.0.0.1:0".parse()?)],
///     ..Options::default()
/// };
/// let server = Server::bind(Arc::new(Rewriter::new(settings)?), options)?;
/// let control = server.control();
/// let running = tokio::spawn(server.run());
/// // Until it is enough:
/// control.stop();
/// running.await.expect("it does not panic");
/// # Ok::<(), mailrep::Error>(())
/// # }).unwrap();
/// ```
pub struct Server {
    listeners: Vec<(Service, Listener)>,
    addresses: Vec<(Service, Address)>,
    shared: Arc<Shared>,
    limits: Limits,
    stop: watch::Receiver<bool>,
    control: Control,
}

struct Shared {
    desk: Desk,
    seats: Arc<Seats>,
    notices: Notices,
}

/// A hand on a server that runs; any thread may use it.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
    stop: Arc<watch::Sender<bool>>,
}

impl Control {
    /// Answers with this rewriter from now on, in connections that are there too.
    pub fn exchange(&self, rewriter: Arc<Rewriter>) {
        self.shared.desk.exchange(rewriter);
    }

    /// Makes the server end: who comes now is not taken any more, what has been asked is answered.
    pub fn stop(&self) {
        // Only a server that is gone does not hear it.
        let _ = self.stop.send(true);
    }
}

impl Server {
    /// Listens on all addresses. It has to be called within a tokio runtime, with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for no address at all, and for one that other hosts can reach unless [`Options::public`];
    /// [`Error::Listen`] for one that the system refuses, such as one that is in use; [`Error::Sequence`] outside a runtime.
    pub fn bind(rewriter: Arc<Rewriter>, options: Options) -> Result<Server, Error> {
        if Handle::try_current().is_err() {
            return Err(Error::Sequence {
                call: "binding a server",
                why: "it has to be done within a tokio runtime; a Background brings its own",
            });
        }
        if options.listen.is_empty() {
            return Err(Error::Invalid {
                what: "setting",
                value: "listen".to_owned(),
                why: "there is no address to listen on".to_owned(),
            });
        }
        if !options.public
            && let Some((_, address)) = options.listen.iter().find(|(_, address)| !address.is_local())
        {
            return Err(Error::Invalid {
                what: "address to listen on",
                value: address.to_string(),
                why: "other hosts could reach it, and whoever can ask can make addresses that pass as ours; use 127.0.0.1, ::1 or a Unix \
                      socket, or allow it explicitly"
                    .to_owned(),
            });
        }
        let mut listeners = Vec::with_capacity(options.listen.len());
        let mut addresses = Vec::with_capacity(options.listen.len());
        for (service, address) in &options.listen {
            let listener = Listener::bind(address, options.socket_mode)?;
            let bound = listener.address().map_err(|error| Error::Listen {
                address: address.to_string(),
                why: plain(&error),
            })?;
            listeners.push((*service, listener));
            addresses.push((*service, bound));
        }
        let shared = Arc::new(Shared {
            desk: Desk::new(rewriter, UnixTime::now),
            seats: Seats::new(options.limits.connections),
            notices: Notices::new(options.notify),
        });
        let (sender, stop) = watch::channel(false);
        let control = Control {
            shared: Arc::clone(&shared),
            stop: Arc::new(sender),
        };
        Ok(Server {
            listeners,
            addresses,
            shared,
            limits: options.limits,
            stop,
            control,
        })
    }

    /// What is spoken where, with the ports that the system chose, in the order of [`Options::listen`].
    pub fn addresses(&self) -> &[(Service, Address)] {
        &self.addresses
    }

    /// What the server can be told while it runs.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Answers until [`Control::stop`]. Who comes then is not taken any more; what has been asked is answered, for five seconds at
    /// most.
    pub async fn run(self) {
        let Server {
            listeners,
            shared,
            limits,
            stop,
            control: _control,
            ..
        } = self;
        let taking = listeners
            .into_iter()
            .map(|(service, listener)| take(service, listener, &shared, &limits, stop.clone()));
        let mut connections: Vec<_> = join_all(taking).await;
        shared.seats.close();
        let farewell = connections
            .iter_mut()
            .map(|connections| async { while connections.join_next().await.is_some() {} });
        // What is left then is dropped, and with it the connections.
        let _ = timeout(FAREWELL, join_all(farewell)).await;
    }
}

/// Takes connections until the server stops, and those that had come by then; returns what is left of them.
async fn take(
    service: Service,
    listener: Listener,
    shared: &Arc<Shared>,
    limits: &Limits,
    mut stop: watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut end = pin!(async move {
        let _ = stop.wait_for(|stop| *stop).await;
        sleep(LINGER).await;
    });
    loop {
        let accepted = match select(pin!(listener.accept()), end.as_mut()).await {
            Either::Left((accepted, _)) => accepted,
            Either::Right(_) => return connections,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok(stream) => {
                let (shared, idle) = (Arc::clone(shared), limits.idle);
                let (seat, full) = shared.seats.take();
                if full {
                    shared.notices.full(limits.connections);
                }
                let dialect = match service {
                    Service::TcpTable(map) => Dialect::TcpTable(TcpTable::new(map, limits.request)),
                    Service::Socketmap => Dialect::Socketmap(Socketmap::new(limits.request)),
                };
                connections.spawn(async move {
                    // How a connection ends is its client's business.
                    let _ = match stream {
                        Stream::Tcp(stream) => serve(stream, dialect, &shared.desk, seat, idle).await,
                        Stream::Unix(stream) => serve(stream, dialect, &shared.desk, seat, idle).await,
                    };
                });
            }
            // The client went before it was taken.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // No descriptor is left, most likely. One comes back when a connection ends.
                shared.notices.refused(&error);
                shared.seats.make_room();
                sleep(RESPITE).await;
            }
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    dialect: Dialect,
    desk: &Desk,
    seat: Seat,
    idle: Duration,
) -> io::Result<()> {
    let connection = Connection {
        stream,
        dialect,
        desk,
        seat,
        idle,
        linger: LINGER,
    };
    connection.serve().await
}

/// Tells notices, each kind not too often.
struct Notices {
    notify: Option<fn(&Notice)>,
    full: Mutex<Option<Instant>>,
    refused: Mutex<Option<Instant>>,
}

impl Notices {
    fn new(notify: Option<fn(&Notice)>) -> Notices {
        Notices {
            notify,
            full: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    fn full(&self, connections: usize) {
        self.tell(&self.full, || Notice::Full { connections });
    }

    fn refused(&self, error: &io::Error) {
        self.tell(&self.refused, || Notice::Refused { why: plain(error) });
    }

    fn tell(&self, last: &Mutex<Option<Instant>>, notice: impl FnOnce() -> Notice) {
        let Some(notify) = self.notify else { return };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= NOTICE_EVERY) {
            *last = Some(Instant::now());
            notify(&notice());
        }
    }
}
