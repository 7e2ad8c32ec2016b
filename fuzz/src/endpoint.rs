//! Endpoint strings.

use ropewalk_endpoints::{ClientEndpoint, EndpointError, ServerEndpoint};

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
