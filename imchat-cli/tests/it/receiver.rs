//! A receiver on loopback that verifies what it gets: 200 for what is authentic, 401 for anything else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use imchat_verify::{AnyProvider, Head, Verifier};
use time::OffsetDateTime;

/// A request as it arrived.
pub(crate) struct Got {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Listens until the test's process ends; the URL, and what arrives.
pub(crate) fn listen(verifier: Verifier<AnyProvider>) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?key=hidden", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (verifier, sender) = (verifier.clone(), sender.clone());
            std::thread::spawn(move || serve(&stream, &verifier, &sender));
        }
    });
    (url, receiver)
}

fn serve(stream: &TcpStream, verifier: &Verifier<AnyProvider>, sender: &Sender<Got>) {
    let mut reader = BufReader::new(stream);
    while let Some(got) = read(&mut reader) {
        let proved = verifier.verify(Head::post(&got.headers), &got.body, OffsetDateTime::now_utc()).is_ok();
        let status = if proved { "200 OK" } else { "401 Unauthorized" };
        // Before the answer, so that a client that has it can rely on the request having been seen.
        let _gone = sender.send(got);
        let mut stream = stream;
        let _closed = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Got> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    let mut got = Got { headers, body: Vec::new() };
    let length = got.header("content-length").map_or(0, |length| length.parse().unwrap());
    got.body.resize(length, 0);
    reader.read_exact(&mut got.body).ok()?;
    Some(got)
}
