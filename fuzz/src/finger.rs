//! Queries of finger.

use ropewalk_finger::Query;

/// What is understood is written so that it is understood again, also after it was passed on.
pub fn query(data: &[u8]) {
    let Ok(query) = Query::parse(data) else { return };
    assert_eq!(Query::parse(query.to_string().as_bytes()).as_ref(), Ok(&query));
    let mut query = query;
    while let Some((_, rest)) = query.next_hop() {
        assert_eq!(Query::parse(rest.to_string().as_bytes()).as_ref(), Ok(&rest));
        query = rest;
    }
}
