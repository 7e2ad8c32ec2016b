//! The schemes that endpoint strings may name, and how a string becomes a plan.

use std::{fmt, sync::Arc};

use crate::{
    Arguments, ClientEndpoint, ClientPlan, EndpointError, Layer, Problem, ServerEndpoint,
    ServerPlan, client_schemes,
    grammar::{self, Argument, Word},
    server_schemes,
};

/// A scheme: its name, the arguments it takes, and the plan that they make.
///
/// A crate with a scheme of its own offers one as a value, for [`Schemes::add`].
pub struct Scheme<T> {
    /// What the string begins with.
    pub name: &'static str,
    /// The names of arguments; those without a name are the first of these that are not given.
    pub places: &'static [&'static str],
    /// The names of arguments that have to be named.
    pub options: &'static [&'static str],
    /// Makes the plan, and the layers over it, the one nearest to the wire first.
    pub plan: fn(&mut Arguments<'_>) -> Result<(T, Layers), EndpointError>,
}

/// Layers over an address, in the order in which bytes from the wire pass them.
pub type Layers = Vec<Arc<dyn Layer>>;

/// A prefix: puts a [`Layer`] over whatever scheme stands behind it.
///
/// Its arguments all have names, and stand before the scheme: `haproxy:timeout=5:tcp:6667`.
pub struct Prefix {
    /// What stands before the scheme.
    pub name: &'static str,
    /// The names of its arguments.
    pub options: &'static [&'static str],
    /// Makes the layer.
    pub layer: fn(&mut Arguments<'_>) -> Result<Arc<dyn Layer>, EndpointError>,
}

/// The schemes and prefixes that a program knows, for its servers or for its clients.
///
/// ```
/// use std::{fmt, sync::Arc};
///
/// use ropewalk_endpoints::{Filters, Layer, LayerError, Prefix, Schemes};
/// use ropewalk_protocol::Filter;
///
/// /// A layer that needs no arguments; what it does is left out here.
/// #[derive(Debug)]
/// struct Rot13;
///
/// impl fmt::Display for Rot13 {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("rot13")
///     }
/// }
///
/// impl Layer for Rot13 {
///     fn prepare(&self, _host: Option<&str>) -> Result<Arc<dyn Filters>, LayerError> {
///         Err("not in this example".into())
///     }
/// }
///
/// let mut schemes = Schemes::servers();
/// schemes.add_prefix(Prefix { name: "rot13", options: &[], layer: |_| Ok(Arc::new(Rot13)) });
/// let endpoint = schemes.parse("rot13:tcp:7777")?;
/// assert_eq!(endpoint.to_string(), "rot13:tcp:7777:interface=0.0.0.0");
/// # Ok::<(), ropewalk_endpoints::EndpointError>(())
/// ```
#[derive(Debug)]
pub struct Schemes<T> {
    schemes: Vec<Scheme<T>>,
    prefixes: Vec<Prefix>,
}

/// Prefixes that one string may have: more is a mistake, or an attack.
const DEPTH: usize = 8;

impl<T> Schemes<T> {
    pub(crate) fn new(
        schemes: impl IntoIterator<Item = Scheme<T>>,
        prefixes: impl IntoIterator<Item = Prefix>,
    ) -> Self {
        Self { schemes: schemes.into_iter().collect(), prefixes: prefixes.into_iter().collect() }
    }

    /// Adds a scheme; it stands in for one of the same name.
    pub fn add(&mut self, scheme: Scheme<T>) {
        self.schemes.retain(|known| known.name != scheme.name);
        self.schemes.push(scheme);
    }

    /// Adds a prefix; it stands in for one of the same name.
    pub fn add_prefix(&mut self, prefix: Prefix) {
        self.prefixes.retain(|known| known.name != prefix.name);
        self.prefixes.push(prefix);
    }

    /// The plan that `text` names, and the layers over it.
    pub(crate) fn read(&self, text: &str) -> Result<(T, Layers), EndpointError> {
        let (mut name, mut rest) = grammar::parse(text)?;
        let mut layers = Layers::new();
        while let Some(prefix) = self.prefix(&name, &rest) {
            if layers.len() == DEPTH {
                return Err(EndpointError::new(Problem::TooDeep(DEPTH), text, name.place));
            }
            let below = rest.iter().position(|argument| argument.name.is_none());
            let Some(below) = below else {
                let end = text.len();
                let problem = Problem::NothingBelow { prefix: prefix.name };
                return Err(EndpointError::new(problem, text, end..end));
            };
            let behind = rest.split_off(below + 1);
            let Some(scheme) = rest.pop() else { continue };
            let mut arguments = Arguments::given(text, rest, &[], prefix.options)?;
            layers.push((prefix.layer)(&mut arguments)?);
            (name, rest) = (scheme.value, behind);
        }
        let Some(scheme) = self.schemes.iter().find(|scheme| scheme.name == name.text) else {
            let problem = match &*name.text {
                "tls" if cfg!(not(feature = "tls")) => {
                    Problem::NeedsFeature { scheme: name.text, feature: "tls" }
                }
                _ => Problem::UnknownScheme { scheme: name.text, known: self.names() },
            };
            return Err(EndpointError::new(problem, text, name.place));
        };
        let mut arguments = Arguments::given(text, rest, scheme.places, scheme.options)?;
        let (plan, over) = (scheme.plan)(&mut arguments)?;
        layers.extend(over);
        Ok((plan, layers))
    }

    /// The prefix of that name; where a scheme is called the same, only before another scheme.
    fn prefix(&self, name: &Word, rest: &[Argument]) -> Option<&Prefix> {
        let prefix = self.prefixes.iter().find(|prefix| prefix.name == name.text)?;
        let is_scheme_too = self.schemes.iter().any(|scheme| scheme.name == name.text);
        let below = rest.iter().find(|argument| argument.name.is_none());
        let before_another = below.is_some_and(|below| self.is_known(&below.value.text));
        (before_another || !is_scheme_too).then_some(prefix)
    }

    fn is_known(&self, name: &str) -> bool {
        self.known().any(|known| known == name)
    }

    fn known(&self) -> impl Iterator<Item = &'static str> {
        let schemes = self.schemes.iter().map(|scheme| scheme.name);
        schemes.chain(self.prefixes.iter().map(|prefix| prefix.name))
    }

    fn names(&self) -> String {
        let mut names: Vec<_> = Vec::new();
        for name in self.known() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }
}

impl Schemes<ServerPlan> {
    /// The schemes for servers in this crate; the table in the [crate's](crate) documentation.
    #[must_use]
    pub fn servers() -> Self {
        server_schemes::all()
    }

    /// The server endpoint that `text` names.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(&self, text: &str) -> Result<ServerEndpoint, EndpointError> {
        let (plan, layers) = self.read(text)?;
        Ok(ServerEndpoint::new(plan, layers))
    }
}

impl Schemes<ClientPlan> {
    /// The schemes for clients in this crate; the table in the [crate's](crate) documentation.
    #[must_use]
    pub fn clients() -> Self {
        client_schemes::all()
    }

    /// The client endpoint that `text` names.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(&self, text: &str) -> Result<ClientEndpoint, EndpointError> {
        let (plan, layers) = self.read(text)?;
        Ok(ClientEndpoint::new(plan, layers))
    }
}

impl<T> fmt::Debug for Scheme<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefix").field("name", &self.name).finish_non_exhaustive()
    }
}
