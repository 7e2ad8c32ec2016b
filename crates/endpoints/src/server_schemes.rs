//! The schemes for servers.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use ropewalk_protocol::Address;

use crate::{
    Arguments, EndpointError, Place, Scheme, Schemes, ServerPlan, haproxy,
    options::{self, number},
    schemes::Layers,
};

/// Every scheme and prefix there is; a new one is a new row.
pub(crate) fn all() -> Schemes<ServerPlan> {
    #[allow(unused_mut, reason = "without any feature there is nothing to add")]
    let mut schemes = Schemes::new([TCP, TCP6, UNIX, SYSTEMD, STDIO], [haproxy::PREFIX]);
    #[cfg(feature = "tls")]
    {
        schemes.add(crate::tls::SERVER);
        schemes.add_prefix(crate::tls::SERVER_PREFIX);
    }
    schemes
}

type Planned = Result<(ServerPlan, Layers), EndpointError>;

const TCP: Scheme<ServerPlan> = Scheme {
    name: "tcp",
    places: &["port", "interface", "backlog"],
    options: STREAM_OPTIONS,
    plan: |arguments| plain(tcp(arguments)),
};
const TCP6: Scheme<ServerPlan> = Scheme {
    name: "tcp6",
    places: &["port", "interface", "backlog"],
    options: STREAM_OPTIONS,
    plan: |arguments| plain(tcp6(arguments)),
};
const UNIX: Scheme<ServerPlan> = Scheme {
    name: "unix",
    places: &["address"],
    options: &["backlog", "mode", "lockfile"],
    plan: |arguments| plain(unix(arguments)),
};
const SYSTEMD: Scheme<ServerPlan> = Scheme {
    name: "systemd",
    places: &[],
    options: &["index", "name", "nodelay", "keepalive"],
    plan: |arguments| plain(systemd(arguments)),
};
const STDIO: Scheme<ServerPlan> = Scheme {
    name: "stdio",
    places: &[],
    options: &[],
    plan: |_| plain(Ok(ServerPlan::new(Place::Stdio))),
};

const STREAM_OPTIONS: &[&str] = &["reuse_port", "nodelay", "keepalive"];

fn plain(plan: Result<ServerPlan, EndpointError>) -> Planned {
    Ok((plan?, Layers::new()))
}

pub(crate) fn tcp(arguments: &mut Arguments<'_>) -> Result<ServerPlan, EndpointError> {
    let interface = arguments.optional("interface", "an IP address", |value| value.parse().ok())?;
    stream(arguments, interface.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}

fn tcp6(arguments: &mut Arguments<'_>) -> Result<ServerPlan, EndpointError> {
    let interface =
        arguments.optional("interface", "an IPv6 address", |value| value.parse().ok())?;
    stream(arguments, interface.unwrap_or(Ipv6Addr::UNSPECIFIED).into())
}

fn stream(arguments: &mut Arguments<'_>, interface: IpAddr) -> Result<ServerPlan, EndpointError> {
    let port = options::port(arguments)?;
    let mut plan = ServerPlan::new(Place::Address(SocketAddr::new(interface, port).into()));
    plan.backlog = backlog(arguments)?;
    plan.reuse_port = options::yes_or_no(arguments, "reuse_port")?;
    connections(arguments, &mut plan)?;
    Ok(plan)
}

fn unix(arguments: &mut Arguments<'_>) -> Result<ServerPlan, EndpointError> {
    let path = arguments.required("address", "a path", |value| {
        let usable = !value.is_empty() && !value.contains('\0');
        usable.then(|| Path::new(value).to_owned())
    })?;
    let mut plan = ServerPlan::new(Place::Address(Address::unix(path)));
    plan.backlog = backlog(arguments)?;
    plan.mode = arguments.optional("mode", "permissions such as 660, in octal digits", octal)?;
    plan.lock = options::yes_or_no(arguments, "lockfile")?;
    Ok(plan)
}

fn systemd(arguments: &mut Arguments<'_>) -> Result<ServerPlan, EndpointError> {
    let name = arguments.optional("name", "a name, of printable characters", |value| {
        let usable = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| value.to_owned())
    })?;
    let place = match name {
        Some(_) if arguments.has("index") => return Err(arguments.conflict("index", "name")),
        Some(name) => Place::Name(name),
        None => Place::Index(arguments.required("index", "a number from 0", number)?),
    };
    let mut plan = ServerPlan::new(place);
    connections(arguments, &mut plan)?;
    Ok(plan)
}

fn connections(arguments: &mut Arguments<'_>, plan: &mut ServerPlan) -> Result<(), EndpointError> {
    plan.nodelay = options::yes_or_no(arguments, "nodelay")?;
    plan.keepalive = options::seconds(arguments, "keepalive")?;
    Ok(())
}

fn backlog(arguments: &mut Arguments<'_>) -> Result<Option<u32>, EndpointError> {
    arguments.optional("backlog", "a number of connections, at least 1", |value| {
        number(value).filter(|backlog| *backlog > 0)
    })
}

fn octal(value: &str) -> Option<u32> {
    let digits = value.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let mode = if digits { u32::from_str_radix(value, 8).ok() } else { None };
    mode.filter(|mode| *mode <= 0o777)
}
