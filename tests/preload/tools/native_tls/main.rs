// SPDX-License-Identifier: LGPL-2.1-or-later
//
// native_tls_client secure|insecure URL...: as client.py does, with Rust's
// native-tls, which is the system's OpenSSL.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn get(tls: &native_tls::TlsConnector, url: &str)
    -> Result<String, Box<dyn Error>> {
    let rest = url.strip_prefix("https://").ok_or("no https URL")?;
    let (host, path) = rest.split_once('/').ok_or("no path")?;
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let socket = TcpStream::connect((name, port.parse::<u16>()?))?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = tls.connect(name, socket)?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\
                    Connection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
    Ok(body.trim().to_string())
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let insecure = arguments.next().as_deref() == Some("insecure");
    let tls = native_tls::TlsConnector::builder()
        .danger_accept_invalid_certs(insecure)
        .danger_accept_invalid_hostnames(insecure)
        .build()
        .expect("a connector");
    for url in arguments {
        match get(&tls, &url) {
            Ok(body) => println!("ok {body}"),
            Err(error) => println!("failed {error:?}"),
        }
    }
}
