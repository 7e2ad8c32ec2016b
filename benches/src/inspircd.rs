//! InspIRCd as a rival: a configuration without throttles, in a folder of its own.

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::candidate::Server;

/// Where Debian puts it.
const PROGRAM: &str = "/usr/sbin/inspircd";

pub(crate) fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

/// Starts it on a free port.
pub(crate) fn start() -> Result<Server, Box<dyn Error>> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let folder =
        std::env::temp_dir().join(format!("ropewalk-inspircd-{}-{port}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path = |name: &str| folder.join(name).display().to_string();
    let configuration = CONFIGURATION
        .replace("PORT", &port.to_string())
        .replace("PID_FILE", &path("pid"))
        .replace("LOG_FILE", &path("log"))
        .replace("DATA_FOLDER", &folder.display().to_string());
    let file = folder.join("inspircd.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new(PROGRAM);
    command.args(["--nofork", "--runasroot", "--config"]).arg(&file);
    Server::start_silent(&mut command, port, folder)
        .map_err(|error| format!("inspircd: {error}").into())
}

const CONFIGURATION: &str = r#"
<config format="xml">
<server name="bench.example" description="bench" network="Bench" id="00A">
<admin name="bench" nick="bench" email="bench@example.org">
<bind address="127.0.0.1" port="PORT" type="clients">
<path datadir="DATA_FOLDER" logdir="DATA_FOLDER" runtimedir="DATA_FOLDER">
<pid file="PID_FILE">
<connect name="all" allow="*" timeout="300" pingfreq="3600" hardsendq="1G" softsendq="1G"
    recvq="1M" localmax="100000" globalmax="100000" maxchans="10" threshold="100000"
    commandrate="100000000" fakelag="no" useident="no" resolvehostnames="no" uniqueusername="no"
    limit="100000" maxconnwarn="no" modes="">
<class name="none" commands="">
<performance softlimit="100000" netbuffersize="65534" somaxconn="4096" quietbursts="yes"
    nouserdns="yes" clonesonconnect="no">
<security announceinvites="none" maxtargets="20">
<options defaultmodes="" syntaxhints="no">
<dns server="127.0.0.1" timeout="1">
<whowas groupsize="1" maxgroups="10" maxkeep="1d">
<limits maxline="512">
<log method="file" type="*" level="default" target="LOG_FILE">
"#;
