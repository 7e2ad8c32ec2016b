//! Files: what is wrong with them, and reading them again.

use std::{fs, path::Path};

use ropewalk_tls::{ClientTls, Identity, Pin, Roots, ServerTls, TlsError};

use crate::{
    ends::{Ends, Order},
    made::{Authority, Made},
};

fn error(chain: &Path, key: &Path) -> String {
    let identity = Identity::files(chain, key);
    ServerTls::builder().identity(identity).build().unwrap_err().to_string()
}

#[test]
fn an_error_names_the_file_and_what_is_wrong() {
    let authority = Authority::new("Test CA");
    let (made, other) = (authority.made(&["a.example"]), authority.made(&["b.example"]));
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (chain, key) = (put("chain.pem", &made.chain), put("key.pem", &made.key));
    let missing = folder.path().join("missing.pem");
    assert_eq!(
        error(&missing, &key),
        format!("{}: No such file or directory (os error 2)", at("missing.pem"))
    );
    assert_eq!(error(&key, &key), format!("{}: there is no certificate in it", at("key.pem")));
    assert_eq!(
        error(&chain, &chain),
        format!("{}: there is no private key in it", at("chain.pem"))
    );
    let wrong = put("other.pem", &other.key);
    let what = format!("does not match the certificate in {}", at("chain.pem"));
    assert_eq!(error(&chain, &wrong), format!("{}: the private key {what}", at("other.pem")));

    let damaged =
        put("damaged.pem", &format!("# ours\n\n{}", made.chain.replacen("MII", "M!I", 1)));
    let what = "line 3: the section is not base64";
    assert_eq!(error(&damaged, &key), format!("{}, {what}", at("damaged.pem")));
    let cut = made.chain.split("-----END").next().unwrap();
    let cut = put("cut.pem", &format!("{}{cut}", other.chain));
    let line = other.chain.lines().count() + 1;
    let what = format!("line {line}: the section has no line -----END CERTIFICATE-----");
    assert_eq!(error(&cut, &key), format!("{}, {what}", at("cut.pem")));
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = put("encrypted.pem", encrypted);
    let what = "the private key is encrypted; one without a passphrase is needed";
    assert_eq!(error(&chain, &encrypted), format!("{}: {what}", at("encrypted.pem")));
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let nonsense = put("nonsense.pem", &format!("{}{nonsense}", made.chain));
    let what = "certificate 2 cannot be used: it is not an X.509 certificate";
    assert_eq!(error(&nonsense, &key), format!("{}: {what}", at("nonsense.pem")));
    let bad = put("bad.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let said = error(&chain, &bad);
    assert!(
        said.starts_with(&format!("{}: the private key cannot be used: ", at("bad.pem"))),
        "{said}"
    );
}

#[test]
fn an_error_names_what_a_folder_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let build = || {
        let identity = Identity::directory(folder.path());
        ServerTls::builder().identity(identity).build().unwrap_err().to_string()
    };
    let at = folder.path().display().to_string();
    assert_eq!(
        build(),
        format!("{at}: there is no NAME.pem in it, and no NAME.crt with its NAME.key")
    );
    fs::write(folder.path().join("a.crt"), Made::alone(&["a.example"]).chain).unwrap();
    assert_eq!(build(), format!("{at}/a.crt: there is no a.key beside it"));
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(build(), format!("{at}: No such file or directory (os error 2)"));
}

#[test]
fn what_is_given_in_memory_is_called_so() {
    let built = ServerTls::builder().identity(Identity::pem("", "")).build();
    let error = built.unwrap_err().to_string();
    assert_eq!(error, "the certificate given in memory: there is no certificate in it");
    let built = ClientTls::builder().roots(Roots::pem("")).build();
    let error = built.unwrap_err().to_string();
    assert_eq!(error, "the certificate authorities given in memory: there is no certificate in it");
    assert!(matches!(ServerTls::builder().build(), Err(TlsError::NoIdentity)));
    let made = Made::alone(&["a.example"]);
    let key = rcgen::KeyPair::from_pem(&made.key).unwrap().serialize_der();
    let identity = Identity::der(vec![made.der.clone().into()], key);
    assert!(ServerTls::builder().identity(identity).build().is_ok());
    let identity = Identity::der(vec![made.der.into()], vec![1, 2, 3]);
    let error = ServerTls::builder().identity(identity).build().unwrap_err().to_string();
    assert!(
        error.starts_with("the key given in memory: the private key cannot be used: "),
        "{error}"
    );
}

#[test]
fn secrets_are_not_shown() {
    let made = Made::alone(&["a.example"]);
    let shown = format!("{:?}", made.server());
    assert!(shown.contains("in memory"), "{shown}");
    assert!(!shown.contains("PRIVATE"), "{shown}");
}

#[test]
fn the_platforms_roots_can_be_read_and_others_added() {
    let authority = Authority::new("Test CA");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    fs::write(&path, authority.pem()).unwrap();
    let roots = Roots::file(&path).and(Roots::der(Made::alone(&["other.example"]).der));
    let client = ClientTls::builder().roots(roots).build().unwrap();
    let server = authority.made(&["a.example"]).server().build().unwrap();
    let ends = Ends::shaken(&client, "a.example", &server);
    assert_eq!(ends.client.facts().version, "TLSv1.3");
    // Whether a machine has authorities is its own affair; if it has none, that is said.
    match ClientTls::builder().build() {
        Ok(client) => {
            let ends = Ends::shaken(&client, "a.example", &server);
            assert!(ends.client_lost().contains("not signed by a known authority"));
        }
        Err(error) => assert!(matches!(error, TlsError::Platform { .. }), "{error}"),
    }
}

#[test]
fn a_reload_is_for_new_connections_and_an_error_changes_nothing() {
    let authority = Authority::new("Test CA");
    let (old, new) = (authority.made(&["a.example"]), authority.made(&["a.example"]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pem");
    let put = |made: &Made| fs::write(&path, made.chain.clone() + &made.key).unwrap();
    put(&old);
    let server = ServerTls::builder().identity(Identity::files(&path, &path)).build().unwrap();
    let client = authority.client().build().unwrap();
    let mut first = Ends::shaken(&client, "a.example", &server);
    // One that has connected, and whose handshake begins later.
    let mut waiting = Ends::new(client.starttls("a.example").unwrap(), server.starttls());
    waiting.pair.run();

    put(&new);
    server.clone().reload().unwrap();
    let second = Ends::shaken(&client, "a.example", &server);
    assert_eq!(second.client.shown(), new.der);
    assert!(!crate::raw::filter(&second.pair.b).is_resumed());
    let end_point = second.client.facts().server_end_point.clone();
    assert_eq!(second.server.facts().server_end_point, end_point);
    waiting.tell_server([Order::StartTls]);
    waiting.tell_client([Order::StartTls]);
    assert_eq!(waiting.client.shown(), new.der);

    fs::write(&path, new.chain.clone() + &old.key).unwrap();
    let error = server.reload().unwrap_err().to_string();
    assert!(error.contains("a.pem: the private key does not match the certificate"), "{error}");
    let third = Ends::shaken(&client, "a.example", &server);
    assert_eq!(third.client.facts().certificates, [new.der]);

    first.tell_client([Order::Write(b"still here".to_vec())]);
    assert_eq!(first.server.data(), b"still here");
}

#[test]
fn a_pin_is_64_digits() {
    let made = Made::alone(&["a.example"]);
    let pin = Pin::of(&made.der).unwrap();
    assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
    let text = pin.to_string().to_uppercase();
    let pairs: Vec<&str> =
        text.as_bytes().chunks(2).map(|it| str::from_utf8(it).unwrap()).collect();
    assert_eq!(pairs.join(":").parse::<Pin>().unwrap(), pin);
    for wrong in ["", "12", &text[1..], &(text.clone() + "0"), &text.replace(&text[..1], "g")] {
        let error = wrong.parse::<Pin>().unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
    }
    assert_eq!(Pin::of(b"no certificate"), None);
}
