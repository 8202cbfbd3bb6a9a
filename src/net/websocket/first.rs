//! The first answer to an upgrade, read by hand where it is the one that is hoped for: a 101 is its head and nothing else.
//! Any other answer is read by what reads all answers.

use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::{answers, lists};
use crate::diagnose::evidence::Failure;
use crate::net::http::{LARGEST_HEAD, Question};
use crate::net::{Stream, failure_of_io};

/// What came first.
pub(super) enum First {
    /// The WebSocket is open; what was read beyond the head belongs to it.
    Open { stream: Stream, read: Vec<u8> },
    /// Something else, of which so much was read.
    Other { stream: Stream, read: Vec<u8> },
}

/// Asks, and reads until the head of an answer is there, or it is clear that it is not the one.
pub(super) async fn ask(mut stream: Stream, question: &Question<'_>, key: &str) -> Result<First, Failure> {
    let request = written(question)?;
    let sent = async {
        stream.write_all(&request).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| failure_of_io(&error))?;
    let mut read = Vec::with_capacity(USUAL_HEAD);
    loop {
        let before = read.len();
        let length = stream.read_buf(&mut read).await.map_err(|error| failure_of_io(&error))?;
        let may_go_on = length > 0 && read.len() < LARGEST_HEAD;
        // How it begins is looked at, and then every line: not every byte of one that drips.
        if may_go_on && before > 0 && !read[before..].contains(&b'\n') {
            continue;
        }
        match head(&read, key) {
            Head::Open { length } => return Ok(First::Open { stream, read: read.split_off(length) }),
            Head::Partial if may_go_on => {}
            _ => return Ok(First::Other { stream, read }),
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
    answers(values("sec-websocket-accept").next(), key)
        && lists(values("upgrade"), "websocket")
        && lists(values("connection"), "upgrade")
}

/// The request as it is sent. It may hold the credential.
fn written(question: &Question<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (method, target, headers) = (question.method.as_str(), question.target(), question.all_headers()?);
    // Without growing, which would leave pieces behind.
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

/// The method, the version, and the end of the head.
const FIRST_LINE: usize = 32;

/// Of the service and of middleboxes together they are some ten.
const MOST_HEADERS: usize = 64;

/// Of a 101.
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

    fn answer(accept: &str, upgrade: &str, connection: &str) -> String {
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {upgrade}\r\nConnection: {connection}\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
    }

    #[test]
    fn only_a_whole_101_that_answers_the_key_is_open() {
        let right = derive_accept_key(KEY.as_bytes());
        let good = answer(&right, "WebSocket", "keep-alive, Upgrade");
        let with_a_frame = [good.as_bytes(), b"\x81\x00"].concat();
        assert!(matches!(head(&with_a_frame, KEY), Head::Open { length } if length == good.len()));
        for length in 0..good.len() {
            assert!(matches!(head(&good.as_bytes()[..length], KEY), Head::Partial), "{length}");
        }
        for other in [
            answer("c29tZSBvdGhlciBrZXk=", "websocket", "Upgrade"),
            answer(&right, "h2c", "Upgrade"),
            answer(&right, "websocket", "close"),
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

    /// What comes of an answer that arrives so many bytes at a time, while the peer stays or after it is gone.
    async fn asked(answer: &[u8], at_once: usize, stays: bool) -> First {
        let (own, mut peer) = duplex(1 << 16);
        let url = Url::parse("wss://contoso.cognitiveservices.azure.com/stt/speech/universal/v2").unwrap();
        let parts: Vec<Vec<u8>> = answer.chunks(at_once).map(<[u8]>::to_vec).collect();
        let serving = tokio::spawn(async move {
            for part in parts {
                peer.write_all(&part).await.unwrap();
                tokio::task::yield_now().await;
            }
            stays.then_some(peer)
        });
        let question = Question::new(hyper::Method::GET, &url);
        let first = timeout(Duration::from_secs(1), ask(Stream::new(own), &question, KEY)).await;
        drop(serving.await.unwrap());
        first.expect("it waits for no more than it needs").unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_read_whole_however_it_comes_and_no_byte_of_it_is_lost() {
        let good = answer(&derive_accept_key(KEY.as_bytes()), "websocket", "Upgrade");
        let with_a_frame = [good.as_bytes(), b"\x81\x02hi"].concat();
        for at_once in [1, 2, 7, good.len() - 1, good.len(), with_a_frame.len()] {
            let First::Open { mut stream, mut read } = asked(&with_a_frame, at_once, true).await else {
                panic!("{at_once}")
            };
            stream.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, b"\x81\x02hi", "{at_once}");
        }
        let refused = "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno";
        for (other, stays) in [(refused, true), ("no HTTP", true), ("HTTP/1.1 101 Sw", false), ("", false)] {
            for at_once in [1, 5, 64] {
                let First::Other { mut stream, mut read } = asked(other.as_bytes(), at_once, stays).await else {
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
        let text = written(&Question::new(hyper::Method::GET, &url)).unwrap();
        let expected = "GET /stt/speech/universal/v2?language=en-US HTTP/1.1\r\n\
                        host: contoso.cognitiveservices.azure.com\r\nuser-agent: speech-endpoint/";
        let text_of = String::from_utf8(text.to_vec()).unwrap();
        assert!(text_of.starts_with(expected), "{text_of}");
        assert!(text_of.ends_with("\r\n\r\n"), "{text_of}");
        assert!(text.capacity() - text.len() < FIRST_LINE, "{} of {}", text.len(), text.capacity());
    }
}
