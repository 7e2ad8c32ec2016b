//! Becoming another user, for good.

use std::{ffi::CString, io, os::unix::fs::chown, path::Path};

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid, initgroups, setgid, setuid};

use super::ApplicationError;

/// Becomes `user` and `group`; nothing where neither is given. `log_file` becomes theirs too, so
/// that they can open it anew.
pub(super) fn change(
    user: Option<&str>,
    group: Option<&str>,
    log_file: Option<&Path>,
) -> Result<(), ApplicationError> {
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    let account = user.map(find_user).transpose()?;
    let gid = match (group, &account) {
        (Some(group), _) => find_group(group)?,
        (None, Some(account)) => account.gid,
        (None, None) => return Ok(()),
    };
    let uid = account.as_ref().map_or_else(geteuid, |account| account.uid);
    if uid == geteuid() && gid == getegid() {
        return Ok(());
    }
    let named = user.or(group).unwrap_or_default();
    let failed = |source: io::Error| ApplicationError::User { user: named.to_owned(), source };
    if !geteuid().is_root() {
        let why = "only root can become another user";
        return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, why)));
    }
    if let Some(path) = log_file {
        let owned = chown(path, Some(uid.as_raw()), Some(gid.as_raw()));
        owned.map_err(|source| ApplicationError::File { path: path.to_owned(), source })?;
    }
    become_them(account.as_ref(), uid, gid).map_err(failed)
}

/// First the groups, while there is the right to change them; the user last.
fn become_them(account: Option<&User>, uid: Uid, gid: Gid) -> io::Result<()> {
    if let Some(account) = account {
        let name = CString::new(account.name.as_bytes())?;
        initgroups(&name, gid)?;
    }
    setgid(gid)?;
    setuid(uid)?;
    if !uid.is_root() && setuid(Uid::from_raw(0)).is_ok() {
        return Err(io::Error::other("the rights of root did not go away"));
    }
    Ok(())
}

fn find_user(name: &str) -> Result<User, ApplicationError> {
    let found = match name.parse() {
        Ok(number) => User::from_uid(Uid::from_raw(number)),
        Err(_) => User::from_name(name),
    };
    found.ok().flatten().ok_or_else(|| unknown("user", name))
}

fn find_group(name: &str) -> Result<Gid, ApplicationError> {
    let found = match name.parse() {
        Ok(number) => Group::from_gid(Gid::from_raw(number)),
        Err(_) => Group::from_name(name),
    };
    found.ok().flatten().map(|group| group.gid).ok_or_else(|| unknown("group", name))
}

fn unknown(what: &'static str, name: &str) -> ApplicationError {
    ApplicationError::Unknown { what, name: name.to_owned() }
}
