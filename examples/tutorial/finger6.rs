//! Step 6: a service, from a configuration file: as a user without rights, with TLS, and with a web
//! view of the same folder.

use std::{error::Error, fs, io, path::PathBuf, sync::Arc, time::SystemTime};

use ropewalk_http::{Answer, Method, Request, Response, Router, Server as Web};
use ropewalk_line::{Delimiter, Lines, write_line};
use ropewalk_protocol::{Context, Framed, Malformed, Reactor, Receiver, factory};
use ropewalk_reactor::{PollReactor, Settings};
use ropewalk_service::{Application, Server, Services};
use serde::Deserialize;

/// What the configuration file says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Endpoints for finger, such as `tls:1079:key=finger.pem`.
    finger: Vec<String>,
    /// Endpoints for the web.
    web: Vec<String>,
    /// A folder with a file for each user.
    plans: PathBuf,
    /// Whom to become once it listens.
    user: Option<String>,
}

/// A folder with a file for each user.
#[derive(Clone)]
struct Plans<R> {
    reactor: R,
    folder: Arc<PathBuf>,
}

/// Why there is no plan.
enum LookupError {
    NoSuchUser,
    Failed(String),
}

impl<R: Reactor> Plans<R> {
    /// Reads a user's plan, on a thread that may block.
    async fn look_up(self, user: String) -> Result<String, LookupError> {
        if user.is_empty() || user.starts_with('.') || user.contains(['/', '\0']) {
            return Err(LookupError::NoSuchUser);
        }
        let path = self.folder.join(user);
        match self.reactor.call_in_thread(move || fs::read_to_string(path)).await {
            Some(Ok(plan)) => Ok(plan),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(LookupError::NoSuchUser)
            }
            Some(Err(error)) => Err(LookupError::Failed(error.to_string())),
            None => Err(LookupError::Failed("the look-up panicked".to_owned())),
        }
    }
}

struct Finger<R> {
    plans: Plans<R>,
}

impl<R: Reactor> Receiver<Lines> for Finger<R> {
    type Message = Result<String, LookupError>;

    fn frame_received(&mut self, cx: &mut Context<'_, Self::Message>, _: &mut Lines, user: &[u8]) {
        let user = String::from_utf8_lossy(user).trim().to_owned();
        cx.pause_reading(); // one question a connection
        cx.spawn(self.plans.clone().look_up(user));
    }

    fn message_received(&mut self, cx: &mut Context<'_, Self::Message>, plan: Self::Message) {
        let answer = match plan {
            Ok(plan) => plan,
            Err(LookupError::NoSuchUser) => "No such user".to_owned(),
            Err(LookupError::Failed(why)) => {
                tracing::error!("a look-up failed: {why}");
                "Something went wrong here; try again later".to_owned()
            }
        };
        for line in answer.lines() {
            write_line(cx, line.as_bytes(), &Delimiter::CrLf);
        }
        cx.close();
    }

    fn malformed(&mut self, cx: &mut Context<'_, Self::Message>, why: Malformed) {
        write_line(cx, why.to_string().as_bytes(), &Delimiter::CrLf);
        cx.close();
    }
}

/// The same for a browser: `/alice`.
async fn page<R: Reactor>(plans: Plans<R>, request: Request) -> Response {
    match plans.look_up(request.path()[1..].to_owned()).await {
        Ok(plan) => Response::text(200, plan),
        Err(LookupError::NoSuchUser) => Response::text(404, "No such user\n"),
        Err(LookupError::Failed(why)) => {
            tracing::error!("a look-up failed: {why}");
            Response::plain(500)
        }
    }
}

/// The longest line that is read, in bytes.
const LONGEST: usize = 512;

fn services<R: Reactor>(reactor: &R, config: &Config) -> Result<Services, Box<dyn Error>> {
    let plans = Plans { reactor: reactor.clone(), folder: Arc::new(config.plans.clone()) };
    let mut services = Services::default();
    for endpoint in &config.finger {
        let plans = plans.clone();
        let fingers = factory(move |_| {
            let finger = Finger { plans: plans.clone() };
            Some(Framed::new(Lines::new(Delimiter::CrLf, LONGEST), finger))
        });
        services.add("finger", Server::new(reactor, endpoint.parse()?, fingers))?;
    }
    let router = Router::new()
        .at(Method::Get, "/", move |request: Request| Answer::later(page(plans.clone(), request)));
    let settings = ropewalk_http::Settings::new(SystemTime::now);
    for endpoint in &config.web {
        let (router, settings) = (router.clone(), settings.clone());
        let pages = factory(move |_| Some(Web::new(router.clone(), settings.clone())));
        services.add("web", Server::new(reactor, endpoint.parse()?, pages))?;
    }
    Ok(services)
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1);
    let file = file.as_deref().unwrap_or("finger.toml");
    let config: Config = toml::from_str(&fs::read_to_string(file)?)?;
    let reactor = PollReactor::new(Settings::default())?;
    let services = services(&reactor, &config)?;
    let mut application = Application::new("finger");
    application.user = config.user;
    application.log()?;
    application.run(&reactor, services, |line| eprintln!("{line}"))?;
    Ok(())
}
