//! Connections over pipes in memory, at a time that is given.

use crate::clock::UnixTime;
use crate::srs::server::connection::{Connection, Dialect};
use crate::srs::server::desk::Desk;
use crate::srs::server::protocol::Map;
use crate::srs::server::seats::{Seat, Seats};
use crate::srs::server::socketmap::Socketmap;
use crate::srs::server::tcp_table::TcpTable;
use crate::srs::{Rewriter, Secrets, Settings};
use futures_util::future::{Either, join, join_all, select};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

const MOST: usize = 200;
const HOUR: Duration = Duration::from_secs(3_600);
const ALIAS: &str = "srs.example.org";

fn now() -> UnixTime {
    UnixTime(1_763_812_800)
}

fn rewriter(secret: &str) -> Arc<Rewriter> {
    let secrets = Secrets::new([secret]).unwrap();
    Arc::new(Rewriter::new(Settings::new(ALIAS, secrets)).unwrap())
}

fn desk() -> Desk {
    Desk::new(rewriter("the first secret of the tests"), now)
}

fn seat() -> Seat {
    Seats::new(10).take().0
}

fn table(map: Map) -> Dialect {
    Dialect::TcpTable(TcpTable::new(map, MOST))
}

fn socketmap() -> Dialect {
    Dialect::Socketmap(Socketmap::new(MOST))
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

async fn serve(
    stream: DuplexStream,
    dialect: Dialect,
    desk: &Desk,
    seat: Seat,
    idle: Duration,
) -> std::io::Result<()> {
    let connection = Connection {
        stream,
        dialect,
        desk,
        seat,
        idle,
        linger: Duration::ZERO,
    };
    connection.serve().await
}

/// All that is answered to these octets before the client hangs up.
fn answers(dialect: Dialect, request: &[u8]) -> Vec<u8> {
    run(async {
        let desk = desk();
        let (mut client, server) = duplex(64);
        let (mut from, mut to) = tokio::io::split(&mut client);
        let talk = async {
            let mut received = Vec::new();
            let send = async {
                // A server that has hung up does not hear the rest.
                let _ = to.write_all(request).await;
                let _ = to.shutdown().await;
            };
            join(send, from.read_to_end(&mut received)).await.1.unwrap();
            received
        };
        join(serve(server, dialect, &desk, seat(), HOUR), talk).await.1
    })
}

fn text(dialect: Dialect, request: &str) -> String {
    String::from_utf8(answers(dialect, request.as_bytes())).unwrap()
}

#[test]
fn a_sender_is_rewritten_and_a_bounce_comes_home() {
    let reply = text(table(Map::Forward), "get alice@example.com\n");
    let minted = reply.strip_prefix("200 ").unwrap().trim_end();
    assert!(
        minted.starts_with("SRS0=") && minted.ends_with("=56=example.com=alice@srs.example.org"),
        "{minted}"
    );
    assert_eq!(
        text(table(Map::Reverse), &format!("get {minted}\n")),
        "200 alice@example.com\n"
    );
    let request = format!("reverse {minted}");
    let request = format!("{}:{request},", request.len());
    assert_eq!(text(socketmap(), &request), "20:OK alice@example.com,");
}

#[test]
fn what_is_not_rewritten_is_not_in_the_map() {
    assert_eq!(
        text(
            table(Map::Forward),
            "get \nget alice\nget @example.com\nget alice@srs.example.org\n"
        ),
        "500 the null sender is never rewritten\n\
         500 there is no '@' with a domain behind it\n\
         500 nothing stands before the '@'\n\
         500 the address is in the alias domain, so that bounces come here anyway\n"
    );
    assert_eq!(
        text(socketmap(), "25:reverse alice@example.com,16:forward postmast,"),
        "9:NOTFOUND ,9:NOTFOUND ,"
    );
}

#[test]
fn an_srs_address_of_another_host_passes_through_as_it_is() {
    let foreign = "SRS0=abcd=56=example.com=alice@elsewhere.example";
    assert!(text(table(Map::Reverse), &format!("get {foreign}\n")).starts_with("500 "));
    let request = format!("reverse {foreign}");
    assert_eq!(
        text(socketmap(), &format!("{}:{request},", request.len())),
        "9:NOTFOUND ,"
    );
}

#[test]
fn characters_that_the_table_cannot_hold_are_encoded() {
    let reply = text(table(Map::Forward), "get %22john%20doe%22@example.com\n");
    assert!(reply.contains("=example.com=john%20doe\"@"), "{reply}");
    let minted = reply.strip_prefix("200 ").unwrap();
    assert_eq!(
        text(table(Map::Reverse), &format!("get {minted}")),
        "200 \"john%20doe\"@example.com\n"
    );
    let reply = text(table(Map::Forward), "get j%C3%B6rg%25@example.com\r\n");
    assert!(reply.contains("=example.com=j%C3%B6rg%25@"), "{reply}");
}

#[test]
fn after_a_malformed_request_the_connection_goes_on() {
    let long = format!("get {}\n", "x".repeat(MOST));
    let replies = text(
        table(Map::Reverse),
        &format!("HELO x\nget %\n{long}put a b\nget a@example.com\n"),
    );
    let codes: Vec<_> = replies.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["400", "400", "400", "500", "500"]);
    let long = format!("{}:{},", MOST + 1, "x".repeat(MOST + 1));
    let replies = text(socketmap(), &format!("3:abc,{long}9:forward a,"));
    let statuses: Vec<_> = replies
        .split(',')
        .filter_map(|reply| reply.split([':', ' ']).nth(1))
        .collect();
    assert_eq!(statuses[0], "PERM");
    assert!(
        statuses.contains(&"TEMP") && replies.ends_with("9:NOTFOUND ,"),
        "{replies}"
    );
}

#[test]
fn after_what_is_no_netstring_the_connection_ends() {
    assert_eq!(
        text(socketmap(), "get a@example.com\n9:forward a,"),
        "32:TEMP the request is no netstring,"
    );
}

#[test]
fn requests_that_come_at_once_are_answered_in_their_order() {
    let many = 2_000;
    let request: String = (0..many)
        .map(|number| format!("get user{number}@example.com\n"))
        .collect();
    let replies = text(table(Map::Forward), &request);
    assert_eq!(replies.lines().count(), many);
    for (number, line) in replies.lines().enumerate() {
        assert!(line.ends_with(&format!("=user{number}@{ALIAS}")), "{line}");
    }
}

#[test]
fn half_a_request_at_the_end_is_not_answered() {
    assert_eq!(
        text(table(Map::Reverse), "get a\nget b"),
        "500 there is no '@' with a domain behind it\n"
    );
    assert_eq!(text(socketmap(), "9:forward a"), "");
}

#[test]
fn who_asks_nothing_in_time_is_let_go_and_what_has_arrived_is_answered() {
    run(async {
        let desk = desk();
        let (mut client, server) = duplex(1_024);
        client.write_all(b"get a@example.com\nget ").await.unwrap();
        serve(server, table(Map::Forward), &desk, seat(), Duration::ZERO)
            .await
            .unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        assert!(received.starts_with("200 SRS0="), "{received}");
    });
}

#[test]
fn who_does_not_read_is_let_go() {
    run(async {
        let desk = desk();
        let (mut client, server) = duplex(16);
        let stuck = async {
            client.write_all(b"get a@example.com\n").await.unwrap();
            // It stays, and reads nothing.
            std::future::pending::<()>().await;
        };
        let served = serve(server, table(Map::Forward), &desk, seat(), Duration::ZERO);
        let (served, stuck) = (std::pin::pin!(served), std::pin::pin!(stuck));
        let Either::Left((result, _)) = select(served, stuck).await else {
            panic!()
        };
        assert!(result.is_err());
    });
}

#[test]
fn one_stuck_client_delays_no_other() {
    run(async {
        let desk = desk();
        // One that sends half a request, one that asks and never reads, one that stays silent.
        let mut clients = Vec::new();
        let mut served = Vec::new();
        let seats = Seats::new(10);
        for request in [&b"get al"[..], b"get a@example.com\n", b""] {
            let (mut client, server) = duplex(24);
            client.write_all(request).await.unwrap();
            clients.push(client);
            served.push(serve(server, table(Map::Forward), &desk, seats.take().0, HOUR));
        }
        let (mut client, server) = duplex(1_024);
        served.push(serve(server, table(Map::Reverse), &desk, seats.take().0, HOUR));
        let lively = async {
            let mut reply = [0; 4];
            for _ in 0..1_000 {
                client.write_all(b"get a\n").await.unwrap();
                client.read_exact(&mut reply).await.unwrap();
                assert_eq!(&reply, b"500 ");
                while client.read_u8().await.unwrap() != b'\n' {}
            }
        };
        let served = join_all(served);
        select(std::pin::pin!(lively), std::pin::pin!(served)).await;
    });
}

#[test]
fn the_connection_goes_that_was_answered_longest_ago() {
    run(async {
        let desk = desk();
        let seats = Seats::new(2);
        let (mut first, server) = duplex(1_024);
        let serving_first = serve(server, table(Map::Reverse), &desk, seats.take().0, HOUR);
        let (mut second, server) = duplex(1_024);
        let serving_second = serve(server, table(Map::Reverse), &desk, seats.take().0, HOUR);
        let talk = async {
            let mut line = [0; 64];
            first.write_all(b"get a\n").await.unwrap();
            assert!(first.read(&mut line).await.unwrap() > 0);
            // A third comes: the second has to go, though it came after the first.
            let (_third, full) = seats.take();
            assert!(full);
            assert_eq!(second.read(&mut line).await.unwrap(), 0);
            first.write_all(b"get a\n").await.unwrap();
            assert!(first.read(&mut line).await.unwrap() > 0);
            drop(first);
        };
        let (first, second, ()) = futures_util::join!(serving_first, serving_second, talk);
        first.unwrap();
        second.unwrap();
    });
}

#[test]
fn who_does_not_read_loses_its_seat_to_another() {
    run(async {
        let desk = desk();
        let seats = Seats::new(1);
        let (mut client, server) = duplex(16);
        client.write_all(b"get a\nget a\n").await.unwrap();
        let served = serve(server, table(Map::Forward), &desk, seats.take().0, HOUR);
        let other = async {
            // The answer is longer than the pipe, so that the server is writing now.
            tokio::task::yield_now().await;
            assert!(seats.take().1);
        };
        assert!(join(served, other).await.0.is_err());
    });
}

#[test]
fn at_the_end_what_has_been_asked_is_answered() {
    run(async {
        let desk = desk();
        let seats = Seats::new(10);
        let (mut client, server) = duplex(1_024);
        let seat = seats.take().0;
        client
            .write_all(b"get a@example.com\nget b@example.com\nget c")
            .await
            .unwrap();
        seats.close();
        serve(server, table(Map::Forward), &desk, seat, HOUR)
            .await
            .unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        assert_eq!(received.lines().count(), 2, "{received}");
        // Whoever comes now is sent away at once.
        let (mut client, server) = duplex(1_024);
        serve(server, table(Map::Forward), &desk, seats.take().0, HOUR)
            .await
            .unwrap();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn secrets_are_exchanged_under_a_connection_that_is_there() {
    run(async {
        let desk = desk();
        let (mut client, server) = duplex(1_024);
        let talk = async {
            let mut replies = Vec::new();
            for secret in ["the second secret of the tests", "the third secret of the tests"] {
                client.write_all(b"get a@example.com\n").await.unwrap();
                let mut line = [0; 200];
                let octets = client.read(&mut line).await.unwrap();
                replies.push(line[..octets].to_vec());
                desk.exchange(rewriter(secret));
            }
            drop(client);
            replies
        };
        let served = serve(server, table(Map::Forward), &desk, seat(), HOUR);
        let (result, replies) = join(served, talk).await;
        result.unwrap();
        assert!(replies[0].starts_with(b"200 SRS0=") && replies[1].starts_with(b"200 SRS0="));
        assert_ne!(replies[0], replies[1]);
    });
}
