//! What did not match, in words.

use std::cell::RefCell;

use ropewalk_protocol::Reason;
use rustls::{
    AlertDescription, CertificateError, Error, PeerIncompatible,
    pki_types::{CertificateDer, UnixTime},
};

use crate::certificate::Certificate;

thread_local! {
    /// What was wrong with the certificate that is being verified. rustls calls the verifier from
    /// within the call that returns its error, so this is read right after it was written; an
    /// error of our own kind would make rustls send the wrong alert.
    static NOTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Remembers what is wrong with `certificate`.
pub(crate) fn note(error: &Error, certificate: &CertificateDer<'_>) {
    if let Error::InvalidCertificate(error) = error {
        NOTED.set(Some(of_certificate(error, Certificate::read(certificate).as_ref())));
    }
}

/// The reason for which a connection ends.
pub(crate) fn layer(what: impl AsRef<str>) -> Reason {
    Reason::Layer { layer: "tls", what: what.as_ref().into() }
}

/// What rustls found. `peer` is `server` or `client`; `offered` are our ALPN protocols.
pub(crate) fn words(error: &Error, peer: &str, offered: &[Vec<u8>]) -> String {
    let noted = NOTED.take();
    match error {
        Error::InvalidCertificate(error) => match noted {
            Some(noted) => format!("the {peer}'s certificate {noted}"),
            None => format!("the {peer}'s certificate {}", of_certificate(error, None)),
        },
        Error::NoCertificatesPresented => format!("the {peer} showed no certificate"),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::NoApplicationProtocol => {
            let ours: Vec<_> = offered.iter().map(|it| it.escape_ascii().to_string()).collect();
            format!("no application protocol in common; ours: {}", ours.join(", "))
        }
        Error::PeerIncompatible(why) => match why {
            PeerIncompatible::ExtendedMasterSecretExtensionRequired => {
                format!("the {peer} speaks TLS 1.2 without extended master secret")
            }
            PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired => {
                format!("no version of TLS in common with the {peer}")
            }
            other => {
                format!("nothing in common with the {peer}: {}", spaced(&format!("{other:?}")))
            }
        },
        Error::InvalidMessage(what) => {
            format!("the {peer} sent what is not TLS: {}", spaced(&format!("{what:?}")))
        }
        Error::DecryptError => format!("a record of the {peer} does not decrypt"),
        Error::PeerSentOversizedRecord => format!("a record of the {peer} is too long"),
        Error::PeerMisbehaved(what) => {
            format!("the {peer} breaks the rules of TLS: {}", spaced(&format!("{what:?}")))
        }
        other => other.to_string(),
    }
}

/// Follows on "the server's certificate".
fn of_certificate(error: &CertificateError, certificate: Option<&Certificate<'_>>) -> String {
    match error {
        CertificateError::NotValidForNameContext { expected, .. } => {
            let expected = expected.to_str();
            match certificate.map(listed) {
                Some(names) if !names.is_empty() => format!("is for {names}, not for {expected}"),
                _ => format!("names no host, so it is not for {expected}"),
            }
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is valid only from {} on", date(*not_before))
        }
        CertificateError::UnknownIssuer => {
            let issuer = certificate.and_then(Certificate::issuer);
            let issuer = issuer.map_or_else(|| "without a name".into(), |it| shown(&it));
            let by_itself = certificate.is_some_and(Certificate::is_self_issued);
            let how = if by_itself { "signed by itself, and " } else { "" };
            format!("is {how}not signed by a known authority (issuer {issuer})")
        }
        CertificateError::BadSignature => "has a signature that is wrong".into(),
        CertificateError::BadEncoding => "cannot be read".into(),
        CertificateError::Revoked => "has been revoked".into(),
        CertificateError::InvalidPurposeContext { required, .. } => {
            format!("is not made for {required}")
        }
        CertificateError::Other(other) => format!("is not the expected one: {other}"),
        other => format!("is refused: {}", spaced(&format!("{other:?}"))),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    let name = spaced(&format!("{alert:?}"));
    match alert {
        AlertDescription::CertificateRequired => format!("the peer wants a certificate: {name}"),
        AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => format!("the peer refused our certificate: {name}"),
        _ => format!("the peer gave up: {name}"),
    }
}

/// The names that a certificate is for, as many as are worth reading.
fn listed(certificate: &Certificate<'_>) -> String {
    let mut names: Vec<String> = certificate.names().take(NAMES + 1).map(|it| shown(&it)).collect();
    if names.len() > NAMES {
        names[NAMES] = "others".into();
    }
    names.join(", ")
}

/// What a stranger wrote, fit for a log.
fn shown(text: &str) -> String {
    text.chars().take(TEXT).flat_map(char::escape_debug).collect()
}

/// `UnknownCA` as `unknown ca`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    out
}

/// A time as a date and a time of day in UTC.
fn date(time: UnixTime) -> String {
    let (days, second) = (time.as_secs() / 86_400, time.as_secs() % 86_400);
    // Years of 365.2425 days that begin in March, counted in spans of 400.
    let day = days + 719_468;
    let (span, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let year = 400 * span + year + next;
    format!("{year}-{month:02}-{date:02} {hour:02}:{minute:02} UTC")
}

/// Names of a certificate that are listed.
const NAMES: usize = 8;
/// Characters that are shown of a text in a certificate.
const TEXT: usize = 100;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::UnixTime;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let cases = [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_767_225_599, "2025-12-31 23:59 UTC"),
            (1_767_225_600, "2026-01-01 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ];
        for (seconds, text) in cases {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            assert_eq!(super::date(time), text);
        }
    }

    #[test]
    fn words_run_together_are_told_apart() {
        assert_eq!(super::spaced("UnknownCA"), "unknown ca");
        assert_eq!(super::spaced("NoCipherSuitesInCommon"), "no cipher suites in common");
    }
}
