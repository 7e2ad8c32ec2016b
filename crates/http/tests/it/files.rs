//! Files of a folder, in memory but for the files.

use std::{fs, os::unix::fs::symlink, time::Duration};

use ropewalk_http::{Files, Method, Router, Server};
use ropewalk_protocol::{Address, Connect, Listen, Port, Reactor, factory};
use ropewalk_testkit::{Client, MemoryReactor};
use tempfile::TempDir;

use crate::{settings, statuses};

struct Scene {
    reactor: MemoryReactor,
    folder: TempDir,
    port: Port,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        for (name, text) in [
            ("root/index.html", "<h1>hello</h1>\n"),
            ("root/ten.txt", "0123456789"),
            ("root/with space.txt", "spaced"),
            ("root/empty", ""),
            ("root/sub/index.html", "sub"),
            ("root/.secret", "hidden"),
            ("outside.txt", "outside"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let big: Vec<u8> = (0..1_000_000_u32).map(|index| (index % 251) as u8).collect();
        fs::write(root.join("big.bin"), big).unwrap();
        symlink(folder.path().join("outside.txt"), root.join("escape.txt")).unwrap();
        symlink(folder.path(), root.join("up")).unwrap();
        symlink("ten.txt", root.join("same.txt")).unwrap();
        symlink(".secret", root.join("shown.txt")).unwrap();
        let reactor = MemoryReactor::new();
        let files = Files::new(reactor.clone(), &root).unwrap();
        let below = files.clone().below("/static/");
        let router = Router::new().at(Method::Get, "/static/", below).at(Method::Get, "/", files);
        let listen = Listen::new(Address::Tcp(([127, 0, 0, 1], 0).into()));
        let server = factory(move |_| Some(Server::new(router.clone(), settings())));
        let port = reactor.listen(listen, server).unwrap();
        Self { reactor, folder, port }
    }

    fn send(&self, input: &str) -> Client {
        let client = Client::new();
        let connect = Connect::new(self.port.address().clone());
        let connecting = self.reactor.connect(connect, client.protocol());
        self.reactor.spawn(async move { drop(connecting.await) });
        client.write(input.as_bytes());
        client.write_eof();
        self.reactor.run_until_idle();
        client
    }

    fn get(&self, path: &str, fields: &str) -> String {
        let client = self.send(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        String::from_utf8(client.received()).unwrap()
    }
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split(&format!("\r\n{name}: ")).nth(1).unwrap_or_else(|| panic!("{text}"));
    rest.split("\r\n").next().unwrap()
}

#[test]
fn files_are_served_with_what_they_are() {
    let scene = Scene::new();
    let text = scene.get("/ten.txt", "");
    assert!(text.ends_with("\r\n\r\n0123456789"), "{text}");
    assert_eq!(field(&text, "Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(field(&text, "Content-Length"), "10");
    assert!(scene.get("/", "").ends_with("<h1>hello</h1>\n"));
    assert!(scene.get("/sub/", "").ends_with("sub"));
    assert!(scene.get("/static/ten.txt?v=1", "").ends_with("0123456789"));
    assert!(scene.get("/with%20space.txt", "").ends_with("spaced"));
    assert!(scene.get("/same.txt", "").ends_with("0123456789"), "a link that stays inside");
    assert!(scene.get("/empty", "").ends_with("Content-Length: 0\r\n\r\n"));
    let text = scene.get("/sub", "");
    assert_eq!((statuses(&text), field(&text, "Location")), (vec![308], "/sub/"));
    assert_eq!(field(&scene.get("//sub", ""), "Content-Type"), "text/plain; charset=utf-8");
}

#[test]
fn what_lies_beyond_the_root_or_is_hidden_is_not_found() {
    let scene = Scene::new();
    for path in [
        "/../outside.txt",
        "/sub/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/%2e%2e%2foutside.txt",
        "/sub%2findex.html",
        "/escape.txt",
        "/up/outside.txt",
        "/.secret",
        "/%2esecret",
        "/shown.txt",
        "/./ten.txt",
        "//ten.txt",
        "/sub//index.html",
        "/none",
        "/ten.txt/",
        "/ten.txt/x",
        "/%00",
        "/ten.txt%00.html",
        "/%zz",
        "/%",
        "/%ff",
        "/..\\outside.txt",
        "/static",
    ] {
        let text = scene.get(path, "");
        assert_eq!(statuses(&text), [404], "{path}");
        assert!(!text.contains("outside\n") && !text.contains("hidden"), "{path}");
    }
    let long = format!("/{}", "x".repeat(300));
    assert_eq!(statuses(&scene.get(&long, "")), [404]);
    let _ = &scene.folder;
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let scene = Scene::new();
    let first = scene.get("/ten.txt", "");
    let (tag, modified) = (field(&first, "ETag"), field(&first, "Last-Modified"));
    for (fields, status) in [
        (format!("If-None-Match: {tag}\r\n"), 304),
        (format!("If-None-Match: \"x\", W/{tag}\r\n"), 304),
        ("If-None-Match: *\r\n".into(), 304),
        ("If-None-Match: \"x\"\r\n".into(), 200),
        (format!("If-Modified-Since: {modified}\r\n"), 304),
        ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".into(), 200),
        ("If-Modified-Since: yesterday\r\n".into(), 200),
        // RFC 9110, section 13.2.2: the tag comes first.
        (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n"), 200),
    ] {
        let text = scene.get("/ten.txt", &fields);
        assert_eq!(statuses(&text), [status], "{fields}");
        assert_eq!(field(&text, "ETag"), tag, "RFC 9110, section 15.4.5");
        assert_eq!(text.ends_with("0123456789"), status == 200);
    }
}

#[test]
fn one_range_is_served() {
    let scene = Scene::new();
    let text = scene.get("/ten.txt", "Range: bytes=2-4\r\n");
    assert_eq!((statuses(&text), field(&text, "Content-Range")), (vec![206], "bytes 2-4/10"));
    assert!(text.ends_with("Content-Length: 3\r\n\r\n234"));
    assert!(scene.get("/ten.txt", "Range: bytes=-2\r\n").ends_with("\r\n\r\n89"));
    let text = scene.get("/ten.txt", "Range: bytes=10-\r\n");
    assert_eq!((statuses(&text), field(&text, "Content-Range")), (vec![416], "bytes */10"));
    assert_eq!(statuses(&scene.get("/ten.txt", "Range: bytes=0-1,4-5\r\n")), [200]);
    let tag = field(&text, "ETag").to_owned();
    let ranged = |condition: &str| {
        statuses(&scene.get("/ten.txt", &format!("Range: bytes=2-4\r\nIf-Range: {condition}\r\n")))
    };
    assert_eq!(ranged(&tag), [206]);
    assert_eq!(ranged("\"other\""), [200], "RFC 9110, section 13.1.5");
    assert_eq!(ranged(&format!("W/{tag}")), [200], "a weak one does not do");
    assert_eq!(ranged("Sun, 06 Nov 1994 08:49:37 GMT"), [200]);
}

#[test]
fn a_large_file_comes_whole_and_is_not_read_ahead_of_a_client_that_waits() {
    let scene = Scene::new();
    let client = scene.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    let all = client.received();
    let body = &all[all.len() - 1_000_000..];
    assert!(body.iter().enumerate().all(|(index, byte)| *byte == (index % 251) as u8));
    let head = scene.send("HEAD /big.bin HTTP/1.1\r\nHost: a\r\n\r\n").received();
    assert!(head.ends_with(b"Content-Length: 1000000\r\n\r\n"));
}

#[test]
fn a_file_that_becomes_shorter_while_it_is_sent_breaks_the_connection_off() {
    let scene = Scene::new();
    scene.reactor.hold_threads();
    let client = scene.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    let file = scene.folder.path().join("root/big.bin");
    client.pause();
    scene.reactor.release_threads();
    fs::write(&file, "short").unwrap();
    client.resume();
    scene.reactor.advance(Duration::from_secs(1));
    assert!(client.lost().iter().any(|reason| !reason.is_clean()), "{:?}", client.lost());
}

#[test]
fn a_root_that_is_not_there_is_an_error() {
    let scene = Scene::new();
    let missing = Files::new(scene.reactor.clone(), scene.folder.path().join("none"));
    assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert!(Files::new(scene.reactor.clone(), scene.folder.path().join("outside.txt")).is_err());
}
