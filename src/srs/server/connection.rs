//! One connection, from its first request to its end.

use super::desk::Desk;
use super::protocol::{Answer, Event, Taken};
use super::seats::{Call, Seat};
use super::socketmap::{self, Socketmap};
use super::tcp_table::{self, TcpTable};
use futures_util::future::{Either, select};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

/// Octets that are read at a time, at the least.
const READ: usize = 2_048;
/// Octets of answers that are gathered before they are sent.
const MOST_GATHERED: usize = 16 * 1024;

/// The protocol of a connection, and where in it the connection stands.
pub(super) enum Dialect {
    TcpTable(TcpTable),
    Socketmap(Socketmap),
}

impl Dialect {
    fn next<'a>(&mut self, input: &'a [u8]) -> Taken<'a> {
        match self {
            Dialect::TcpTable(table) => table.next(input),
            Dialect::Socketmap(map) => map.next(input),
        }
    }

    fn write_reply(&self, answer: Answer<'_>, out: &mut Vec<u8>) {
        match self {
            Dialect::TcpTable(_) => tcp_table::write_reply(answer, out),
            Dialect::Socketmap(_) => socketmap::write_reply(answer, out),
        }
    }
}

/// A connection and all that it needs.
pub(super) struct Connection<'a, S> {
    pub(super) stream: S,
    pub(super) dialect: Dialect,
    pub(super) desk: &'a Desk,
    pub(super) seat: Seat,
    /// How long it may take from one answer to the next request's end, and to take an answer.
    pub(super) idle: Duration,
    /// How long it may go on when the server ends. What has arrived is seen a little later than it is there.
    pub(super) linger: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<'_, S> {
    /// Answers requests until the client goes, or has to.
    ///
    /// # Errors
    ///
    /// What the system says of the connection. Nobody is left who could do something about it.
    pub(super) async fn serve(mut self) -> io::Result<()> {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        // Counted from the last answer, not from the last octet: who sends an octet now and then does not stay for ever.
        let mut deadline = Instant::now() + self.idle;
        let mut leave = None;
        loop {
            input.reserve(READ);
            let read = timeout_at(leave.unwrap_or(deadline), self.stream.read_buf(&mut input));
            match select(pin!(read), pin!(self.seat.called(leave.is_some()))).await {
                Either::Left((Ok(Ok(1..)), _)) => {}
                Either::Left((Ok(Err(error)), _)) => return Err(error),
                // The end, or the time.
                Either::Left(_) => return self.stream.shutdown().await,
                Either::Right((Call::Lost, _)) => return self.stream.shutdown().await,
                Either::Right((Call::Finish, _)) => leave = Some(Instant::now() + self.linger),
            }
            let mut taken = 0;
            let is_over = loop {
                let (used, is_over) = self.take_one(&input[taken..], &mut output);
                taken += used;
                if output.len() > MOST_GATHERED {
                    self.send(&mut output).await?;
                }
                if used == 0 || is_over {
                    break is_over;
                }
            };
            input.drain(..taken);
            if !output.is_empty() {
                self.send(&mut output).await?;
                self.seat.answered();
                deadline = Instant::now() + self.idle;
            }
            if is_over {
                return self.stream.shutdown().await;
            }
        }
    }

    /// Answers one request; says how many octets it had, and whether it was the last that can be read.
    fn take_one(&mut self, input: &[u8], output: &mut Vec<u8>) -> (usize, bool) {
        let (used, event) = self.dialect.next(input);
        let is_over = match event {
            None => false,
            Some(Event::Request { map, key }) => {
                let dialect = &self.dialect;
                self.desk
                    .answer(map, &key, |answer| dialect.write_reply(answer, output));
                false
            }
            Some(Event::Fault(fault)) => {
                self.dialect.write_reply(fault.answer(), output);
                fault.is_fatal()
            }
        };
        (used, is_over)
    }

    async fn send(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        let write = timeout_at(Instant::now() + self.idle, self.stream.write_all(output));
        let written = first(write, self.seat.lost()).await;
        output.clear();
        match written {
            Some(Ok(result)) => result,
            // It does not read what it asked for, or somebody else needs its seat.
            Some(Err(_)) | None => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// What `future` gives, unless `end` comes first.
async fn first<T>(future: impl Future<Output = T>, end: impl Future<Output = ()>) -> Option<T> {
    match select(pin!(future), pin!(end)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
