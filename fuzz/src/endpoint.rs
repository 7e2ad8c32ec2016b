//! Endpoint strings, and the header of the PROXY protocol.

use ropewalk_endpoints::{ClientEndpoint, EndpointError, ProxyHeader, ServerEndpoint};

/// What is understood is written so that it is understood again; a mistake is shown in three lines.
pub fn strings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<ServerEndpoint>() {
        Ok(endpoint) => assert_eq!(endpoint.to_string().parse().as_ref(), Ok(&endpoint)),
        Err(error) => shown(&error),
    }
    match text.parse::<ClientEndpoint>() {
        Ok(endpoint) => assert_eq!(endpoint.to_string().parse().as_ref(), Ok(&endpoint)),
        Err(error) => shown(&error),
    }
}

fn shown(error: &EndpointError) {
    assert_eq!(error.to_string().lines().count(), 3, "{error}");
}

/// A header is refused, waited for, or understood; what is understood is written in version 2 so
/// that it is understood again.
pub fn proxy_header(data: &[u8]) {
    let Ok(Some((length, header))) = ProxyHeader::parse(data) else { return };
    assert!(length <= data.len() && length <= ProxyHeader::LONGEST);
    let written = header.to_v2();
    if written.len() <= ProxyHeader::LONGEST {
        let (again, read) = ProxyHeader::parse(&written).unwrap().unwrap();
        assert_eq!((again, read.source()), (written.len(), header.source()));
    }
    let (_, line) = ProxyHeader::parse(&header.to_v1()).unwrap().unwrap();
    assert!(line.source().is_none() || line.source() == header.source());
}
