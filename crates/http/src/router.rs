//! Which handler answers what.

use std::sync::Arc;

use bytes::BytesMut;

use ropewalk_protocol::{Context, Protocol};

use crate::{Answer, Handler, Intake, Method, Progress, Reply, Request, Response, Service};

/// A [`Service`] that chooses by method and path. Clones are the same.
///
/// A path that ends with `/` is for all that begins with it; others are for themselves alone. The
/// first that fits is taken. `GET` is for `HEAD` too. Where only the method does not fit, the answer
/// is 405, with `Allow`; where nothing does, it is 404.
///
/// ```
/// use ropewalk_http::{Health, Method, Response, Router};
///
/// let router = Router::new()
///     .at(Method::Get, "/health", Health::new())
///     .at(Method::Post, "/echo", |request: ropewalk_http::Request| {
///         Response::text(200, request.body().clone())
///     });
/// # let _ = router;
/// ```
pub struct Router<U = Nothing> {
    routes: Arc<Vec<Route<U>>>,
}

struct Route<U> {
    method: Method,
    path: &'static str,
    target: Target<U>,
}

enum Target<U> {
    Handler(Arc<dyn Handler>),
    Upgrade(Arc<Upgrade<U>>),
}

type Upgrade<U> = dyn Fn(&Request) -> Result<(Response, U), Response> + Send + Sync;

impl Router {
    /// A router that knows nothing, of connections that stay what they are.
    #[must_use]
    pub fn new() -> Self {
        Self { routes: Arc::default() }
    }
}

impl Default for Router {
    fn default() -> Self {
        Self::new()
    }
}

impl<U> Router<U> {
    /// A router whose connections may become `U`.
    ///
    /// `GET path` with an `Upgrade` field asks `accept`, which gives the response with status 101
    /// and the protocol, or refuses with a response.
    #[must_use]
    pub fn upgrading(
        path: &'static str,
        accept: impl Fn(&Request) -> Result<(Response, U), Response> + Send + Sync + 'static,
    ) -> Self {
        let target = Target::Upgrade(Arc::new(accept));
        Self { routes: Arc::new(vec![Route { method: Method::Get, path, target }]) }
    }

    /// Lets `handler` answer requests with this method for this path.
    #[must_use]
    pub fn at(mut self, method: Method, path: &'static str, handler: impl Handler) -> Self {
        let target = Target::Handler(Arc::new(handler));
        let route = Route { method, path, target };
        match Arc::get_mut(&mut self.routes) {
            Some(routes) => routes.push(route),
            None => {
                let mut routes: Vec<Route<U>> = self.routes.iter().map(Route::same).collect();
                routes.push(route);
                self.routes = Arc::new(routes);
            }
        }
        self
    }

    fn find(&self, request: &Request) -> Option<&Route<U>> {
        let mut fitting = self.routes.iter().filter(|route| route.fits(request.path()));
        fitting.find(|route| route.takes(request.method()))
    }

    fn not_found(&self, request: &Request) -> Response {
        let fitting = self.routes.iter().filter(|route| route.fits(request.path()));
        let mut allowed: Vec<&str> = fitting.map(|route| route.method.as_str()).collect();
        if allowed.is_empty() {
            return Response::plain(404);
        }
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.sort_unstable();
        allowed.dedup();
        Response::plain(405).header("Allow", allowed.join(", "))
    }
}

impl<U> Route<U> {
    fn fits(&self, path: &str) -> bool {
        if self.path.ends_with('/') { path.starts_with(self.path) } else { path == self.path }
    }

    fn takes(&self, method: Method) -> bool {
        method == self.method || method == Method::Head && self.method == Method::Get
    }

    fn same(&self) -> Self {
        let target = match &self.target {
            Target::Handler(handler) => Target::Handler(Arc::clone(handler)),
            Target::Upgrade(accept) => Target::Upgrade(Arc::clone(accept)),
        };
        Self { method: self.method, path: self.path, target }
    }
}

impl<U: Protocol> Service for Router<U> {
    type Upgraded = U;

    fn intake(&self, head: &Request) -> Intake {
        match self.find(head).map(|route| &route.target) {
            Some(Target::Handler(handler)) => handler.intake(head),
            Some(Target::Upgrade(_)) => Intake::Refuse(Response::plain(400)),
            None => Intake::Refuse(self.not_found(head)),
        }
    }

    fn call(&self, request: Request) -> Reply<U> {
        let now = |response| Reply::Answer(Answer::Now(response));
        match self.find(&request).map(|route| &route.target) {
            Some(Target::Handler(handler)) => Reply::Answer(handler.handle(request)),
            // RFC 9110, section 7.8: HTTP/1.0 does not upgrade.
            Some(Target::Upgrade(_)) if request.minor() == 0 || !asks_to_upgrade(&request) => {
                now(Response::plain(426))
            }
            Some(Target::Upgrade(accept)) => match accept(&request) {
                Ok((response, upgraded)) => Reply::Upgrade(response, upgraded),
                Err(response) => now(response),
            },
            None => now(self.not_found(&request)),
        }
    }
}

fn asks_to_upgrade(request: &Request) -> bool {
    request.header("upgrade").is_some()
        && request.list("connection").any(|it| it.eq_ignore_ascii_case("upgrade"))
}

impl<U> Clone for Router<U> {
    fn clone(&self) -> Self {
        Self { routes: Arc::clone(&self.routes) }
    }
}

impl<U> std::fmt::Debug for Router<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let routes = self.routes.iter().map(|route| (route.method, route.path));
        f.debug_list().entries(routes).finish()
    }
}

/// What a connection becomes that stays what it is: there is no value of it.
#[derive(Debug)]
pub enum Nothing {}

impl Protocol for Nothing {
    type Message = Progress;

    fn data_received(&mut self, _: &mut Context<'_, Progress>, _: &mut BytesMut) {
        match *self {}
    }
}
