//! A server on a thread of its own, for programs that know nothing of tokio.

use super::address::Address;
use super::serve::{Control, Options, Server, Service};
use crate::error::{Error, plain};
use crate::srs::Rewriter;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;

/// A server that runs until it is dropped.
///
/// ```
/// use mailrep::srs::server::{Background, Map, Options, Service};
/// use mailrep::srs::{Rewriter, Secrets, Settings};
/// use std::sync::{Arc, Condvar, Mutex, PoisonError};
/// let settings = Settings::new("srs.example.org", Secrets::new(["0123456789abcdef"])?);
/// let options = Options {
///     listen: vec![(Service::TcpTable(Map::Forward), "127.0.0.1:0".parse()?)],
///     ..Options::default()
/// };
/// let server = Background::start(Arc::new(Rewriter::new(settings)?), options)?;
/// println!("forward on {}", server.addresses()[0].1);
/// # Ok::<(), mailrep::Error>(())
/// ```
pub struct Background {
    addresses: Vec<(Service, Address)>,
    control: Control,
    /// The process that started the thread; a child of it has no such thread.
    process: u32,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Listens, and answers from a thread of its own.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`]; [`Error::System`] if the system refuses the thread.
    pub fn start(rewriter: Arc<Rewriter>, options: Options) -> Result<Background, Error> {
        let outcome = Arc::new(Outcome::default());
        let told = Arc::clone(&outcome);
        let thread = thread::Builder::new()
            .name("mailrep-srs".to_owned())
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(|| serve(rewriter, options, &told))).is_err() {
                    // So that nobody waits for ever for what came of the beginning.
                    told.tell(Err(refused(&io::ErrorKind::Other.into())));
                }
            })
            .map_err(|error| refused(&error))?;
        match outcome.wait() {
            Ok((addresses, control)) => Ok(Background {
                addresses,
                control,
                process: std::process::id(),
                thread: Some(thread),
            }),
            Err(error) => {
                let _ = thread.join();
                Err(error)
            }
        }
    }

    /// As [`Server::addresses`].
    pub fn addresses(&self) -> &[(Service, Address)] {
        &self.addresses
    }

    /// As [`Control::exchange`].
    pub fn exchange(&self, rewriter: Arc<Rewriter>) {
        self.control.exchange(rewriter);
    }
}

impl Drop for Background {
    /// Ends as [`Server::run`] does, and waits for it. In a child of the process that started it, nothing is done.
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if self.process == std::process::id() {
            self.control.stop();
            // It ends by itself, and a panic in it has been told already.
            let _ = thread.join();
        }
    }
}

/// What the thread does: all that knows tokio is in it, and leaves nothing in the thread of the caller.
fn serve(rewriter: Arc<Rewriter>, options: Options, outcome: &Outcome) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return outcome.tell(Err(refused(&error))),
    };
    let bound = {
        let _within = runtime.enter();
        Server::bind(rewriter, options)
    };
    match bound {
        Ok(server) => {
            outcome.tell(Ok((server.addresses().to_vec(), server.control())));
            runtime.block_on(server.run());
        }
        Err(error) => outcome.tell(Err(error)),
    }
}

fn refused(error: &io::Error) -> Error {
    Error::System {
        what: "a thread for the server",
        why: plain(error),
    }
}

type Begun = Result<(Vec<(Service, Address)>, Control), Error>;

/// What came of the beginning. It is no channel of the standard library, for those leave memory in the thread that waits.
#[derive(Default)]
struct Outcome {
    begun: Mutex<Option<Begun>>,
    told: Condvar,
}

impl Outcome {
    fn tell(&self, begun: Begun) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        self.told.notify_all();
    }

    fn wait(&self) -> Begun {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match begun.take() {
                Some(begun) => return begun,
                None => begun = self.told.wait(begun).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
