//! The one table of what is answered where. The dispatcher finds paths in it and `openapi` lists it, so the
//! two cannot drift apart.

use http::Method;

/// What stands behind a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The page that lists the forms.
    Index,
    /// One form.
    Form,
    /// One ticket; answered by [`crate::Status`].
    Ticket,
    /// Liveness.
    Health,
    /// The contract.
    OpenApi,
}

/// One path.
#[derive(Debug)]
pub(crate) struct Route {
    /// As OpenAPI writes it; at most one parameter, at the end.
    pub(crate) path: &'static str,
    pub(crate) endpoint: Endpoint,
    /// Besides these every path answers OPTIONS, and HEAD where GET is.
    pub(crate) methods: &'static [Method],
}

/// Every path.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/",
        endpoint: Endpoint::Index,
        methods: &[Method::GET],
    },
    Route {
        path: "/forms/{form}",
        endpoint: Endpoint::Form,
        methods: &[Method::GET, Method::POST],
    },
    Route {
        path: "/tickets/{ticket}",
        endpoint: Endpoint::Ticket,
        methods: &[Method::GET],
    },
    Route {
        path: "/healthz",
        endpoint: Endpoint::Health,
        methods: &[Method::GET],
    },
    Route {
        path: "/openapi.json",
        endpoint: Endpoint::OpenApi,
        methods: &[Method::GET],
    },
];

/// The methods of all paths together.
pub(crate) const ANY: &str = "GET, HEAD, POST, OPTIONS";

impl Route {
    /// For the headers `Allow` and `Access-Control-Allow-Methods`.
    pub(crate) fn allow(&self) -> &'static str {
        if self.methods.contains(&Method::POST) {
            ANY
        } else {
            "GET, HEAD, OPTIONS"
        }
    }

    /// Is `method` answered here, OPTIONS aside?
    pub(crate) fn takes(&self, method: &Method) -> bool {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.methods.contains(method)
    }

    /// The parameter in `path`, all that follows the fixed part, slashes included; "" where there is none.
    fn parameter<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self.path.split_once('{') {
            Some((fixed, _)) => path.strip_prefix(fixed),
            None => (path == self.path).then_some(""),
        }
    }
}

/// The route of `path` and its parameter, not decoded: no form id and no ticket needs an escape.
pub(crate) fn find(path: &str) -> Option<(&'static Route, &str)> {
    ROUTES
        .iter()
        .find_map(|route| Some((route, route.parameter(path)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_endpoint() {
        let cases = [
            ("/", Some((Endpoint::Index, ""))),
            ("/forms/contact", Some((Endpoint::Form, "contact"))),
            ("/forms/", Some((Endpoint::Form, ""))),
            ("/forms//contact/", Some((Endpoint::Form, "/contact/"))),
            ("/tickets/a.b", Some((Endpoint::Ticket, "a.b"))),
            ("/healthz", Some((Endpoint::Health, ""))),
            ("/healthz/", None),
            ("/forms", None),
            ("//forms/contact", None),
            ("*", None),
        ];
        for (path, expected) in cases {
            assert_eq!(
                find(path).map(|(route, rest)| (route.endpoint, rest)),
                expected,
                "{path}"
            );
        }
    }
}
