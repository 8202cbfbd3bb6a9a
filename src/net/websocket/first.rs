//! The first response on a connection, read without the HTTP client. A 101 consists of its head alone, so reading it
//! needs no client and takes less time. The HTTP client reads every other response.

use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::{accepts, lists};
use crate::diagnose::evidence::Failure;
use crate::net::http::{LARGEST_HEAD, Request};
use crate::net::{Stream, failure_of_io};

/// The first response on a connection.
pub(super) enum FirstResponse {
    /// The WebSocket is open. `read` contains the bytes after the head.
    Open { stream: Stream, read: Vec<u8> },
    /// Another response. `read` contains its bytes so far.
    Other { stream: Stream, read: Vec<u8> },
}

/// Sends a request, and reads until the head is complete, or until it cannot be that of an open WebSocket.
pub(super) async fn exchange(mut stream: Stream, request: &Request<'_>, key: &str) -> Result<FirstResponse, Failure> {
    let bytes = written(request)?;
    let sent = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| failure_of_io(&error))?;
    let mut read = Vec::with_capacity(USUAL_HEAD);
    loop {
        let before = read.len();
        let length = stream.read_buf(&mut read).await.map_err(|error| failure_of_io(&error))?;
        let may_go_on = length > 0 && read.len() < LARGEST_HEAD;
        // Parse after the first read and after each complete line. A slow peer would otherwise cause a parse for every
        // byte.
        if may_go_on && before > 0 && !read[before..].contains(&b'\n') {
            continue;
        }
        match head(&read, key) {
            Head::Open { length } => return Ok(FirstResponse::Open { stream, read: read.split_off(length) }),
            Head::Partial if may_go_on => {}
            _ => return Ok(FirstResponse::Other { stream, read }),
        }
    }
}

enum Head {
    Open { length: usize },
    Partial,
    Other,
}

fn head(read: &[u8], key: &str) -> Head {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    match response.parse(read) {
        Ok(Status::Complete(length)) if response.code == Some(101) && is_open(response.headers, key) => {
            Head::Open { length }
        }
        Ok(Status::Partial) => Head::Partial,
        _ => Head::Other,
    }
}

fn is_open(headers: &[Header<'_>], key: &str) -> bool {
    let values = |name: &'static str| {
        headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    accepts(values("sec-websocket-accept").next(), key)
        && lists(values("upgrade"), "websocket")
        && lists(values("connection"), "upgrade")
}

/// Returns the bytes of a request. They may contain the credential.
fn written(request: &Request<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (method, target, headers) = (request.method.as_str(), request.target(), request.all_headers()?);
    // A vector that grows would leave copies of the credential in memory.
    let lines = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let mut text = Zeroizing::new(Vec::with_capacity(target.len() + FIRST_LINE + lines.sum::<usize>()));
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| text.extend_from_slice(part));
    put(&[method.as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\n"]);
    for (name, value) in &headers {
        put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }
    put(&[b"\r\n"]);
    Ok(text)
}

/// The bytes of the method, the version and the line ends around the headers.
const FIRST_LINE: usize = 32;

/// The most headers that are parsed. The service and middleboxes send about ten together.
const MOST_HEADERS: usize = 64;

/// The initial capacity for the head of a 101.
const USUAL_HEAD: usize = 2 << 10;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::duplex;
    use tokio::time::timeout;
    use tungstenite::handshake::derive_accept_key;
    use url::Url;

    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn response(accept: &str, upgrade: &str, connection: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {upgrade}\r\nConnection: {connection}\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
    }

    #[test]
    fn only_a_complete_101_with_the_right_accept_value_is_open() {
        let right = derive_accept_key(KEY.as_bytes());
        let good = response(&right, "WebSocket", "keep-alive, Upgrade");
        let with_a_frame = [good.as_bytes(), b"\x81\x00"].concat();
        assert!(matches!(head(&with_a_frame, KEY), Head::Open { length } if length == good.len()));
        for length in 0..good.len() {
            assert!(matches!(head(&good.as_bytes()[..length], KEY), Head::Partial), "{length}");
        }
        for other in [
            response("c29tZSBvdGhlciBrZXk=", "websocket", "Upgrade"),
            response(&right, "h2c", "Upgrade"),
            response(&right, "websocket", "close"),
            good.replace("101", "200"),
            good.replace("101", "103"),
            good.replace("Sec-WebSocket-Accept", "X"),
            "HTTP/1.1 401 Denied\r\n\r\n".to_owned(),
            "SSH-2.0-OpenSSH\r\n".to_owned(),
            format!("HTTP/1.1 101 x\r\n{}\r\n", "A: b\r\n".repeat(MOST_HEADERS + 1)),
        ] {
            assert!(matches!(head(other.as_bytes(), KEY), Head::Other), "{other}");
        }
    }

    /// Returns the outcome of a response that arrives in pieces, from a peer that stays connected or not.
    async fn exchanged(response: &[u8], at_once: usize, stays: bool) -> FirstResponse {
        let (own, mut peer) = duplex(1 << 16);
        let url = Url::parse("wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2").unwrap();
        let parts: Vec<Vec<u8>> = response.chunks(at_once).map(<[u8]>::to_vec).collect();
        let serving = tokio::spawn(async move {
            for part in parts {
                peer.write_all(&part).await.unwrap();
                tokio::task::yield_now().await;
            }
            stays.then_some(peer)
        });
        let request = Request::new(hyper::Method::GET, &url);
        let first = timeout(Duration::from_secs(1), exchange(Stream::new(own), &request, KEY)).await;
        drop(serving.await.unwrap());
        first.expect("it waits only for the bytes that it needs").unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_in_pieces_is_read_completely() {
        let good = response(&derive_accept_key(KEY.as_bytes()), "websocket", "Upgrade");
        let with_a_frame = [good.as_bytes(), b"\x81\x02hi"].concat();
        for at_once in [1, 2, 7, good.len() - 1, good.len(), with_a_frame.len()] {
            let FirstResponse::Open { mut stream, mut read } = exchanged(&with_a_frame, at_once, true).await else {
                panic!("{at_once}")
            };
            stream.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, b"\x81\x02hi", "{at_once}");
        }
        let refused = "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno";
        for (other, stays) in [(refused, true), ("no HTTP", true), ("HTTP/1.1 101 Sw", false), ("", false)] {
            for at_once in [1, 5, 64] {
                let FirstResponse::Other { mut stream, mut read } = exchanged(other.as_bytes(), at_once, stays).await
                else {
                    panic!("{other}")
                };
                stream.read_to_end(&mut read).await.unwrap();
                assert_eq!(read, other.as_bytes(), "{at_once}");
            }
        }
    }

    #[test]
    fn a_request_is_written_without_growing() {
        let url =
            Url::parse("wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2?language=en-US").unwrap();
        let text = written(&Request::new(hyper::Method::GET, &url)).unwrap();
        let expected = "GET /stt/speech/universal/v2?language=en-US HTTP/1.1\r\n\
                        host: contoso.cognitiveservices.azure.com\r\nuser-agent: speech-endpoint/";
        let text_of = String::from_utf8(text.to_vec()).unwrap();
        assert!(text_of.starts_with(expected), "{text_of}");
        assert!(text_of.ends_with("\r\n\r\n"), "{text_of}");
        assert!(text.capacity() - text.len() < FIRST_LINE, "{} of {}", text.len(), text.capacity());
    }
}
