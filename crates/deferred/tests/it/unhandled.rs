//! Failures that nobody handled.

use super::Number;
use crate::reports;

#[test]
fn a_failure_that_nobody_handled_is_reported_when_it_is_dropped_with_where_it_was_made() {
    let mut id = 0;
    let mut line = 0;
    let reports = reports::during(|| {
        let (deferred, resolver) = Number::pending();
        line = line!() - 1;
        id = deferred.handle().id();
        drop(deferred);
        resolver.fail("nobody cares".into()).unwrap();
    });
    let [report] = &reports[..] else { panic!("one report: {reports:?}") };
    assert_eq!(report.deferred, Some(id));
    assert_eq!(report.failure, "nobody cares");
    assert!(report.made_at.contains(&format!("unhandled.rs:{line}:")), "{report:?}");
}

#[test]
fn a_failure_that_was_handled_is_not_reported() {
    let reports = reports::during(|| {
        drop(Number::fail("no".into()).add_errback(|_| Ok(1)));
        assert!(Number::fail("no".into()).try_take().is_ok());
    });
    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
fn one_that_fails_again_is_reported_with_the_last_failure() {
    let reports = reports::during(|| {
        let failed = Number::fail("first".into());
        drop(failed.add_errback(|_| Err::<u32, _>("second".to_owned().into())));
    });
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].failure, "second");
}

#[test]
fn one_that_was_paused_before_it_failed_is_reported_too() {
    let reports = reports::during(|| {
        let (deferred, resolver) = Number::pending();
        deferred.handle().pause();
        resolver.fail("behind a pause".into()).unwrap();
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

#[test]
fn a_handle_keeps_the_report_back() {
    let mut handle = None;
    let reports = reports::during(|| {
        let deferred = Number::fail("kept".into());
        handle = Some(deferred.handle());
        drop(deferred);
    });
    assert!(reports.is_empty());
    let reports = reports::during(|| drop(handle));
    assert_eq!(reports.len(), 1);
}

#[test]
fn in_the_debug_mode_the_report_says_where_it_was_fired_too() {
    let _alone = reports::DEBUGGING.lock();
    ropewalk_deferred::set_debugging(true);
    let mut line = 0;
    let reports = reports::during(|| {
        let (_deferred, resolver) = Number::pending();
        line = line!() + 1;
        resolver.fail("no".into()).unwrap();
    });
    ropewalk_deferred::set_debugging(false);
    let fired_at = reports[0].fired_at.as_ref().expect("it is noted");
    assert!(fired_at.contains(&format!("unhandled.rs:{line}:")), "{fired_at}");
}

#[test]
fn in_the_debug_mode_a_second_firing_tells_where_the_first_was() {
    let _alone = reports::DEBUGGING.lock();
    ropewalk_deferred::set_debugging(true);
    let mut line = 0;
    let reports = reports::during(|| {
        let (_deferred, resolver) = Number::pending();
        line = line!() + 1;
        resolver.succeed(1).unwrap();
        resolver.succeed(2).unwrap_err();
    });
    ropewalk_deferred::set_debugging(false);
    let [report] = &reports[..] else { panic!("one report: {reports:?}") };
    let fired_at = report.fired_at.as_ref().expect("it is noted");
    assert!(fired_at.contains(&format!("unhandled.rs:{line}:")), "{fired_at}");
    assert!(report.made_at.contains(&format!("unhandled.rs:{}:", line - 2)), "{report:?}");
}
