//! The schemes for clients.

use std::{net::Ipv4Addr, path::Path};

use crate::{Arguments, ClientPlan, EndpointError, Family, Scheme, Schemes, Target, options};

/// Every scheme and prefix there is; a new one is a new row.
pub(crate) fn all() -> Schemes<ClientPlan> {
    #[allow(unused_mut, reason = "without any feature there is nothing to add")]
    let mut schemes = Schemes::new([TCP, TCP6, UNIX], []);
    #[cfg(feature = "tls")]
    {
        schemes.add(crate::tls::CLIENT);
        schemes.add_prefix(crate::tls::CLIENT_PREFIX);
    }
    schemes
}

const TCP: Scheme<ClientPlan> = Scheme {
    name: "tcp",
    places: &["host", "port"],
    options: TCP_OPTIONS,
    plan: |arguments| Ok((tcp(arguments, Family::Either)?, Vec::new())),
};
const TCP6: Scheme<ClientPlan> = Scheme {
    name: "tcp6",
    places: &["host", "port"],
    options: TCP_OPTIONS,
    plan: |arguments| Ok((tcp(arguments, Family::V6)?, Vec::new())),
};
const UNIX: Scheme<ClientPlan> = Scheme {
    name: "unix",
    places: &["path"],
    options: &["timeout"],
    plan: |arguments| Ok((unix(arguments)?, Vec::new())),
};

const TCP_OPTIONS: &[&str] = &["timeout", "bindAddress", "nodelay", "keepalive"];

pub(crate) fn tcp(
    arguments: &mut Arguments<'_>,
    family: Family,
) -> Result<ClientPlan, EndpointError> {
    let expected = match family {
        Family::Either => "a name or an address",
        Family::V6 => "a name or an IPv6 address",
    };
    let host = arguments.required("host", expected, |value| {
        let usable = !value.is_empty() && !value.contains(char::is_whitespace);
        let wrong = family == Family::V6 && value.parse::<Ipv4Addr>().is_ok();
        (usable && !wrong).then(|| value.into())
    })?;
    let port = arguments.required("port", "a number from 1 to 65535", |value| {
        options::number(value).filter(|port| *port > 0)
    })?;
    let mut plan = ClientPlan::new(Target::Host { host, port, family });
    plan.timeout = options::seconds(arguments, "timeout")?;
    plan.bind = arguments.optional("bindAddress", "an IP address", |value| value.parse().ok())?;
    plan.nodelay = options::yes_or_no(arguments, "nodelay")?;
    plan.keepalive = options::seconds(arguments, "keepalive")?;
    Ok(plan)
}

fn unix(arguments: &mut Arguments<'_>) -> Result<ClientPlan, EndpointError> {
    let path = arguments.required("path", "a path", |value| {
        let usable = !value.is_empty() && !value.contains('\0');
        usable.then(|| Path::new(value).into())
    })?;
    let mut plan = ClientPlan::new(Target::Unix(path));
    plan.timeout = options::seconds(arguments, "timeout")?;
    Ok(plan)
}
