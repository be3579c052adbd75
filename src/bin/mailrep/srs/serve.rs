//! `mailrep srs serve`: maps for Postfix, until a signal ends it.

use super::super::cli::Global;
use super::super::failure::{Failure, tell};
use super::super::page::print_json;
use super::arguments::{SrsServe, SrsSettings};
use super::notify;
use mailrep::Error;
use mailrep::srs::server::{Limits, Map, Notice, Options, Server, Service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Descriptors that are needed beside those of connections.
const OTHER_DESCRIPTORS: u64 = 64;

pub(super) fn run(command: SrsServe, global: &Global) -> Result<(), Failure> {
    if global.now.is_some() {
        tell("warning: --now does not change the time of a server, which goes on");
    }
    let options = options(&command)?;
    make_room(options.limits.connections);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(refused)?;
    runtime.block_on(serve(command.settings, options, global.json))
}

fn options(command: &SrsServe) -> Result<Options, Failure> {
    let services = [
        (Service::TcpTable(Map::Forward), &command.tcp_forward),
        (Service::TcpTable(Map::Reverse), &command.tcp_reverse),
        (Service::Socketmap, &command.socketmap),
    ];
    let listen: Vec<_> = services
        .into_iter()
        .flat_map(|(service, addresses)| addresses.iter().map(move |address| (service, address.clone())))
        .collect();
    if !command.public
        && let Some((_, open)) = listen.iter().find(|(_, address)| !address.is_local())
    {
        return Err(Failure::Usage(format!(
            "other hosts could reach {open}, and whoever asks can make addresses that pass as ours; use 127.0.0.1, [::1] or unix:PATH, or \
             say --public if a firewall keeps strangers out"
        )));
    }
    let standard = Limits::default();
    Ok(Options {
        listen,
        limits: Limits {
            connections: command.connections.map_or(standard.connections, usize::from),
            idle: command.idle.unwrap_or(standard.idle),
            ..standard
        },
        public: command.public,
        socket_mode: command.socket_mode.unwrap_or(Options::default().socket_mode),
        notify: Some(|notice: &Notice| tell(&format!("warning: {notice}"))),
    })
}

async fn serve(mut settings: SrsSettings, options: Options, as_json: bool) -> Result<(), Failure> {
    // Before anything else, so that no signal finds nobody.
    let mut signals = Signals::new().map_err(refused)?;
    let rewriter = Arc::new(super::rewriter(&settings)?);
    // A secret file that is gone later is a mistake, and no reason to make another secret.
    settings.create_secret = false;
    let server = Server::bind(rewriter, options)?;
    ready(&server, as_json)?;

    let control = server.control();
    let mut running = pin!(server.run());
    loop {
        let heard = poll_fn(|context| match running.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => signals.poll(context).map(Some),
        });
        match heard.await {
            None => return Ok(()),
            Some(Heard::Reload) => match super::rewriter(&settings) {
                Ok(rewriter) => {
                    control.exchange(Arc::new(rewriter));
                    tell("read the secrets again");
                }
                Err(failure) => {
                    failure.tell();
                    tell("goes on with the secrets from before");
                }
            },
            Some(Heard::Stop) => {
                notify::send("STOPPING=1");
                control.stop();
            }
        }
    }
}

/// Says that connections are taken, and where.
fn ready(server: &Server, as_json: bool) -> Result<(), Failure> {
    let word = |service: &Service| match service {
        Service::TcpTable(Map::Forward) => "tcp-forward",
        Service::TcpTable(Map::Reverse) => "tcp-reverse",
        Service::Socketmap => "socketmap",
    };
    let addresses = server.addresses().iter();
    if as_json {
        let listen: Vec<_> = addresses
            .map(|(service, address)| json!({"service": word(service), "address": address.to_string()}))
            .collect();
        print_json(&json!({"ready": true, "listen": listen}))?;
    } else {
        let listen: Vec<_> = addresses
            .map(|(service, address)| format!("{} on {address}", word(service)))
            .collect();
        tell(&format!("ready: {}", listen.join(", ")));
    }
    notify::send("READY=1");
    Ok(())
}

/// Sees to it that there can be so many connections.
fn make_room(connections: usize) {
    let needed = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHER_DESCRIPTORS);
    let limit = getrlimit(Resource::Nofile);
    // No limit is written as none.
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let current = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(current),
            maximum: limit.maximum,
        },
    );
    if raised.is_err() || current < needed {
        tell(&format!(
            "warning: the system allows fewer descriptors than {connections} connections need; raise its limit (LimitNOFILE=, ulimit -n) or \
             lower --connections"
        ));
    }
}

fn refused(error: io::Error) -> Failure {
    Failure::from(Error::System {
        what: "what a server needs",
        why: error.to_string(),
    })
}

enum Heard {
    Reload,
    Stop,
}

struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    fn poll(&mut self, context: &mut std::task::Context<'_>) -> Poll<Heard> {
        let stop =
            self.terminate.poll_recv(context).is_ready() || self.interrupt.poll_recv(context).is_ready();
        if stop {
            Poll::Ready(Heard::Stop)
        } else {
            self.hangup.poll_recv(context).map(|_| Heard::Reload)
        }
    }
}
