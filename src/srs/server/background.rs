//! A server on a thread of its own, for programs that know nothing of tokio.

use super::address::Address;
use super::serve::{Control, Options, Server, Service};
use crate::error::{Error, plain};
use crate::srs::Rewriter;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;

/// A server that runs until it is dropped.
///
/// ```
/// use mailrep::srs::server::{Background, Map, Options, Service};
/// use mailrep::srs::{Rewriter, Secrets, Settings};
/// use std::sync::Arc;
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
        let refused = |error: &std::io::Error| Error::System {
            what: "a thread for the server",
            why: plain(error),
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| refused(&error))?;
        let server = {
            let _within = runtime.enter();
            Server::bind(rewriter, options)?
        };
        let (addresses, control) = (server.addresses().to_vec(), server.control());
        let thread = thread::Builder::new()
            .name("mailrep-srs".to_owned())
            .spawn(move || runtime.block_on(server.run()))
            .map_err(|error| refused(&error))?;
        Ok(Background {
            addresses,
            control,
            process: std::process::id(),
            thread: Some(thread),
        })
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
