//! OpenSSL at the other end.
