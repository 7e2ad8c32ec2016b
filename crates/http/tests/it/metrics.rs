//! Numbers, in the text format 0.0.4.

use ropewalk_http::{Method, Metrics, MetricsError, Router, Server};
use ropewalk_testkit::Harness;

use crate::settings;

#[test]
fn numbers_are_shown_by_name_and_labels_escaped() {
    let metrics = Metrics::new();
    let gauge = metrics.gauge("temperature", "How\nwarm \\ cold.", &[]).unwrap();
    gauge.set(-5);
    gauge.add(2);
    metrics
        .counter("hits_total", "Hits.", &[("path", "a\"b\\c\nd"), ("code", "200")])
        .unwrap()
        .add(1);
    metrics.counter("hits_total", "Hits.", &[("path", "x"), ("code", "404")]).unwrap();
    let same = metrics.counter("hits_total", "", &[("path", "x"), ("code", "404")]).unwrap();
    same.add(7);
    let text = "# HELP hits_total Hits.\n# TYPE hits_total counter\n\
                hits_total{path=\"a\\\"b\\\\c\\nd\",code=\"200\"} 1\n\
                hits_total{path=\"x\",code=\"404\"} 7\n\
                # HELP temperature How\\nwarm \\\\ cold.\n# TYPE temperature gauge\n\
                temperature -3\n";
    assert_eq!(metrics.text(), text);
    let router = Router::new().at(Method::Get, "/metrics", metrics);
    let mut harness = Harness::new(Server::new(router, settings()));
    harness.feed(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = harness.text();
    assert!(answer.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert!(answer.ends_with(text));
}

#[test]
fn what_cannot_be_is_named() {
    let metrics = Metrics::bounded(2);
    for name in ["", "1a", "a-b", "a b", "ä"] {
        assert_eq!(metrics.counter(name, "", &[]).unwrap_err(), MetricsError::Name(name.into()));
    }
    assert!(metrics.counter("a:b", "", &[]).is_ok());
    assert_eq!(
        metrics.counter("a", "", &[("b:c", "")]).unwrap_err(),
        MetricsError::Name("b:c".into())
    );
    assert_eq!(metrics.gauge("a:b", "", &[]).unwrap_err(), MetricsError::Kind("a:b".into()));
    metrics.counter("a:b", "", &[("peer", "1")]).unwrap();
    let error = metrics.counter("a:b", "", &[("peer", "2")]).unwrap_err();
    assert_eq!(error.to_string(), "\"a:b\" has 2 sets of labels already");
    assert!(metrics.counter("a:b", "", &[("peer", "1")]).is_ok(), "what is there stays");
}
