//! TLS in endpoint strings: `tls:6697:key=...` for servers, `tls:host:port` for clients.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ropewalk_protocol::Filter;
use ropewalk_tls::{ClientCertificates, ClientTls, Identity, Pin, Roots, ServerTls, TlsError};

use crate::{
    Arguments, ClientPlan, EndpointError, Family, Filters, Layer, LayerError, Prefix, Scheme,
    ServerPlan, client_schemes,
    options::{self, Escaped},
    server_schemes,
};

pub(crate) const SERVER: Scheme<ServerPlan> = Scheme {
    name: "tls",
    places: &["port", "interface", "backlog"],
    options: &[
        "key",
        "cert",
        "dir",
        "alpn",
        "clientca",
        "clients",
        "handshake",
        "reuse_port",
        "nodelay",
        "keepalive",
    ],
    plan: |arguments| Ok((server_schemes::tcp(arguments)?, vec![server(arguments)?])),
};
pub(crate) const SERVER_PREFIX: Prefix = Prefix {
    name: "tls",
    options: &["key", "cert", "dir", "alpn", "clientca", "clients", "handshake"],
    layer: server,
};
pub(crate) const CLIENT: Scheme<ClientPlan> = Scheme {
    name: "tls",
    places: &["host", "port"],
    options: &[
        "roots",
        "pin",
        "key",
        "cert",
        "alpn",
        "name",
        "timeout",
        "bindAddress",
        "nodelay",
        "keepalive",
    ],
    plan: |arguments| {
        let layer = client(arguments)?;
        Ok((client_schemes::tcp(arguments, Family::Either)?, vec![layer]))
    },
};
pub(crate) const CLIENT_PREFIX: Prefix = Prefix {
    name: "tls",
    options: &["roots", "pin", "key", "cert", "alpn", "name"],
    layer: client,
};

/// What `tls:` says of a server.
#[derive(Debug)]
struct Server {
    identity: Files,
    alpn: Vec<String>,
    clients: Clients,
    handshake: Option<Duration>,
}

/// Where certificates and their keys are.
#[derive(Debug)]
enum Files {
    /// A key, and the chain where that is in another file.
    Pair(PathBuf, Option<PathBuf>),
    Directory(PathBuf),
}

/// What is asked of clients.
#[derive(Debug)]
enum Clients {
    Nothing,
    /// A certificate that one of these has signed.
    Signed {
        by: PathBuf,
        required: bool,
    },
    /// Any certificate, to be told who it is.
    Any,
}

fn server(arguments: &mut Arguments<'_>) -> Result<Arc<dyn Layer>, EndpointError> {
    let directory = arguments.optional("dir", "a folder", path)?;
    let identity = match directory {
        Some(_) if arguments.has("key") => return Err(arguments.conflict("key", "dir")),
        Some(_) if arguments.has("cert") => return Err(arguments.conflict("cert", "dir")),
        Some(directory) => Files::Directory(directory),
        None => {
            let key = arguments.required("key", "a file", path)?;
            Files::Pair(key, arguments.optional("cert", "a file", path)?)
        }
    };
    Ok(Arc::new(Server {
        identity,
        alpn: alpn(arguments)?,
        clients: clients(arguments)?,
        handshake: options::seconds(arguments, "handshake")?,
    }))
}

fn clients(arguments: &mut Arguments<'_>) -> Result<Clients, EndpointError> {
    let asked =
        arguments.optional("clients", "required, optional or any", |value| match value {
            "required" | "optional" | "any" => Some(value.to_owned()),
            _ => None,
        })?;
    if asked.as_deref() == Some("any") {
        return match arguments.has("clientca") {
            true => Err(arguments.conflict("clientca", "clients=any")),
            false => Ok(Clients::Any),
        };
    }
    match arguments.optional("clientca", "a file", path)? {
        Some(by) => Ok(Clients::Signed { by, required: asked.as_deref() != Some("optional") }),
        None if asked.is_some() => Err(arguments.missing("clientca")),
        None => Ok(Clients::Nothing),
    }
}

impl Layer for Server {
    fn prepare(&self, _: Option<&str>) -> Result<Arc<dyn Filters>, LayerError> {
        let mut tls = ServerTls::builder().identity(match &self.identity {
            Files::Pair(key, chain) => Identity::files(chain.as_ref().unwrap_or(key), key),
            Files::Directory(path) => Identity::directory(path),
        });
        if !self.alpn.is_empty() {
            tls = tls.alpn(&self.alpn);
        }
        tls = tls.client_certificates(match &self.clients {
            Clients::Nothing => ClientCertificates::None,
            Clients::Any => ClientCertificates::Unverified,
            Clients::Signed { by, required: true } => ClientCertificates::Required(Roots::file(by)),
            Clients::Signed { by, required: false } => {
                ClientCertificates::Optional(Roots::file(by))
            }
        });
        if let Some(limit) = self.handshake {
            tls = tls.handshake_timeout(limit);
        }
        Ok(Arc::new(ServerFilters(tls.build()?)))
    }
}

struct ServerFilters(ServerTls);

impl Filters for ServerFilters {
    fn filter(&self) -> Box<dyn Filter + Send> {
        Box::new(self.0.filter())
    }

    fn reload(&self) -> Result<(), LayerError> {
        Ok(self.0.reload()?)
    }
}

/// As it stands before a scheme.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tls")?;
        match &self.identity {
            Files::Pair(key, chain) => {
                write_path(f, "key", key)?;
                if let Some(chain) = chain {
                    write_path(f, "cert", chain)?;
                }
            }
            Files::Directory(path) => write_path(f, "dir", path)?,
        }
        write_list(f, "alpn", &self.alpn)?;
        match &self.clients {
            Clients::Nothing => {}
            Clients::Any => f.write_str(":clients=any")?,
            Clients::Signed { by, required } => {
                write_path(f, "clientca", by)?;
                if !required {
                    f.write_str(":clients=optional")?;
                }
            }
        }
        match self.handshake {
            Some(limit) => options::write_seconds(f, "handshake", limit),
            None => Ok(()),
        }
    }
}

/// What `tls:` says of a client.
#[derive(Debug)]
struct Client {
    roots: Option<PathBuf>,
    pins: Vec<String>,
    key: Option<(PathBuf, Option<PathBuf>)>,
    alpn: Vec<String>,
    /// Whose certificate it has to be, where that is not the host's.
    name: Option<String>,
    /// Made at the first attempt and kept, so that later ones resume its sessions.
    tls: OnceLock<ClientTls>,
}

fn client(arguments: &mut Arguments<'_>) -> Result<Arc<dyn Layer>, EndpointError> {
    let key = arguments.optional("key", "a file", path)?;
    if key.is_none() && arguments.has("cert") {
        return Err(arguments.missing("key"));
    }
    let chain = arguments.optional("cert", "a file", path)?;
    let expected = "SHA-256 sums of public keys, 64 hexadecimal digits each, with commas between";
    let pins = arguments.optional("pin", expected, |value| {
        let pins = value.split(',').map(str::to_owned).collect::<Vec<_>>();
        pins.iter().all(|pin| Pin::from_str(pin).is_ok()).then_some(pins)
    })?;
    Ok(Arc::new(Client {
        roots: arguments.optional("roots", "a file", path)?,
        pins: pins.unwrap_or_default(),
        key: key.map(|key| (key, chain)),
        alpn: alpn(arguments)?,
        name: arguments.optional("name", "a name or an address", |value| {
            (!value.is_empty()).then(|| value.to_owned())
        })?,
        tls: OnceLock::new(),
    }))
}

impl Client {
    fn build(&self) -> Result<ClientTls, TlsError> {
        let mut tls = ClientTls::builder();
        if let Some(roots) = &self.roots {
            tls = tls.roots(Roots::file(roots));
        }
        // They were read as pins when the string was.
        for pin in self.pins.iter().filter_map(|pin| pin.parse().ok()) {
            tls = tls.pin(pin);
        }
        if let Some((key, chain)) = &self.key {
            tls = tls.identity(Identity::files(chain.as_ref().unwrap_or(key), key));
        }
        if !self.alpn.is_empty() {
            tls = tls.alpn(&self.alpn);
        }
        tls.build()
    }
}

impl Layer for Client {
    fn prepare(&self, host: Option<&str>) -> Result<Arc<dyn Filters>, LayerError> {
        let name = self.name.as_deref().or(host);
        let name = name.ok_or("TLS over a socket without a host needs name=")?.to_owned();
        let tls = match self.tls.get() {
            Some(tls) => tls.clone(),
            None => {
                let tls = self.build()?;
                self.tls.get_or_init(|| tls).clone()
            }
        };
        tls.filter(&name)?; // whether the name will do
        Ok(Arc::new(ClientFilters { tls, name }))
    }
}

struct ClientFilters {
    tls: ClientTls,
    name: String,
}

impl Filters for ClientFilters {
    fn filter(&self) -> Box<dyn Filter + Send> {
        match self.tls.filter(&self.name) {
            Ok(filter) => Box::new(filter),
            Err(_) => unreachable!("the same name has made a filter before"),
        }
    }
}

/// As it stands before a scheme.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tls")?;
        if let Some(roots) = &self.roots {
            write_path(f, "roots", roots)?;
        }
        write_list(f, "pin", &self.pins)?;
        if let Some((key, chain)) = &self.key {
            write_path(f, "key", key)?;
            if let Some(chain) = chain {
                write_path(f, "cert", chain)?;
            }
        }
        write_list(f, "alpn", &self.alpn)?;
        match &self.name {
            Some(name) => write!(f, ":name={}", Escaped(name)),
            None => Ok(()),
        }
    }
}

fn alpn(arguments: &mut Arguments<'_>) -> Result<Vec<String>, EndpointError> {
    let expected = "names of protocols, of 1 to 255 bytes, with commas between them";
    let names = arguments.optional("alpn", expected, |value| {
        let names: Vec<String> = value.split(',').map(str::to_owned).collect();
        names.iter().all(|name| (1..=255).contains(&name.len())).then_some(names)
    })?;
    Ok(names.unwrap_or_default())
}

fn path(value: &str) -> Option<PathBuf> {
    (!value.is_empty() && !value.contains('\0')).then(|| value.into())
}

fn write_path(f: &mut fmt::Formatter<'_>, option: &str, path: &std::path::Path) -> fmt::Result {
    write!(f, ":{option}={}", Escaped(&path.to_string_lossy()))
}

fn write_list(f: &mut fmt::Formatter<'_>, option: &str, words: &[String]) -> fmt::Result {
    if words.is_empty() {
        return Ok(());
    }
    write!(f, ":{option}={}", Escaped(&words.join(",")))
}
