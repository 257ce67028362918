//! A row of the table: a route, and what the description of the API tells about it.
//!
//! Nothing becomes a [`Route`] before somebody has said what it answers: [`Untold::tells`] is the only way, so that a
//! route without a description does not compile.

use axum::routing::{MethodFilter, MethodRouter};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    access::Verb,
    api::{MAX_BODY_BYTES, MAX_DOCUMENT_BODY_BYTES, Shared, auth::Needs, intake},
};

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    /// Query parameters it takes; any other is refused by name.
    pub(crate) params: &'static [&'static str],
    /// The longest body, in bytes.
    pub(super) body: usize,
    pub(super) handler: Handler,
    /// One sentence for people.
    pub(crate) summary: &'static str,
    /// The type that the query parameters are read into.
    pub(crate) query: Option<Make>,
    /// The type that the body is read into.
    pub(crate) takes: Option<Takes>,
    /// What it answers when all is well, each with its status.
    pub(crate) answers: [Option<Answer>; MAX_ANSWERS],
    /// Statuses of problems that its kind does not explain.
    pub(crate) refuses: &'static [u16],
    /// Whether people read its refusals, as a page.
    pub(crate) on_a_page: bool,
}

/// Kinds of good answers that one route has at most: as JSON, as CSV, as YAML, and a `304`.
const MAX_ANSWERS: usize = 4;

/// Makes the schema of a type.
pub(crate) type Make = fn(&mut SchemaGenerator) -> Schema;

/// Makes a handler for a method.
pub(crate) type Handler = fn(MethodFilter) -> MethodRouter<Shared>;

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    /// As HTTP writes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// As OpenAPI writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }

    pub(super) const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// A good answer.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its media type; absent where there is no body.
    pub(crate) media: Option<&'static str>,
    /// What the body is; absent where that is no JSON.
    pub(crate) schema: Option<Make>,
}

/// `200` with a JSON body.
pub(crate) const fn ok<T: JsonSchema>() -> Answer {
    Answer { status: 200, media: Some("application/json"), schema: Some(schema_of::<T>) }
}

/// `201` with a JSON body.
pub(crate) const fn made<T: JsonSchema>() -> Answer {
    Answer { status: 201, ..ok::<T>() }
}

/// `202` with a JSON body.
pub(crate) const fn accepted<T: JsonSchema>() -> Answer {
    Answer { status: 202, ..ok::<T>() }
}

/// `200` with a body that is no JSON: a page, a table, a stream.
pub(crate) const fn text(media: &'static str) -> Answer {
    Answer { status: 200, media: Some(media), schema: None }
}

/// `304`: whoever asks has it already, by its `etag` in `If-None-Match`.
pub(crate) const UNCHANGED: Answer = Answer { status: 304, media: None, schema: None };

/// What a body is read into.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    /// One type.
    Type(Make),
    /// One type, as a form of a page sends it.
    Form(Make),
    /// The act that the end of the path names.
    Act,
}

impl Takes {
    /// The media type of such a body.
    pub(crate) const fn media(self) -> &'static str {
        match self {
            Self::Form(_) => "application/x-www-form-urlencoded",
            Self::Type(_) | Self::Act => "application/json",
        }
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A route of which nothing is told yet.
#[must_use = "say what it answers: `.tells(\"…\", ok::<Shown>())`"]
pub(super) struct Untold(Route);

const fn route(method: Method, path: &'static str, needs: Needs, handler: Handler) -> Untold {
    Untold(Route {
        method,
        path,
        needs,
        params: &[],
        body: MAX_BODY_BYTES,
        handler,
        summary: "",
        query: None,
        takes: None,
        answers: [None; MAX_ANSWERS],
        refuses: &[],
        on_a_page: false,
    })
}

/// A route that reads.
pub(super) const fn get(
    path: &'static str,
    needs: Needs,
    params: &'static [&'static str],
    handler: Handler,
) -> Untold {
    let Untold(told) = route(Method::Get, path, needs, handler);
    Untold(Route { params, ..told })
}

/// A route that changes something.
pub(super) const fn post(path: &'static str, needs: Needs, handler: Handler) -> Untold {
    route(Method::Post, path, needs, handler)
}

/// A route that takes a whole matrix.
pub(super) const fn post_document(path: &'static str, needs: Needs, handler: Handler) -> Untold {
    let Untold(told) = route(Method::Post, path, needs, handler);
    Untold(Route { body: MAX_DOCUMENT_BODY_BYTES, ..told })
}

/// A route that takes what other tools tell.
pub(super) const fn post_intake(path: &'static str, handler: Handler) -> Untold {
    let Untold(told) = route(Method::Post, path, Needs::May(Verb::Intake), handler);
    Untold(Route { body: intake::MAX_BODY_BYTES, params: intake::PARAMS, ..told }).asks::<intake::Query>()
}

/// A route that ends something.
pub(super) const fn delete(path: &'static str, needs: Needs, handler: Handler) -> Untold {
    route(Method::Delete, path, needs, handler)
}

impl Untold {
    /// Query parameters that it takes, although routes of its method take none.
    pub(super) const fn with(self, params: &'static [&'static str]) -> Self {
        Self(Route { params, ..self.0 })
    }

    /// The type that its query parameters are read into.
    pub(super) const fn asks<T: JsonSchema>(self) -> Self {
        Self(Route { query: Some(schema_of::<T>), ..self.0 })
    }

    /// The type that its body is read into.
    pub(super) const fn takes<T: JsonSchema>(self) -> Self {
        Self(Route { takes: Some(Takes::Type(schema_of::<T>)), ..self.0 })
    }

    /// The type that its form is read into; what it refuses, it says on a page.
    pub(super) const fn takes_form<T: JsonSchema>(self) -> Self {
        Self(Route { takes: Some(Takes::Form(schema_of::<T>)), ..self.0 })
    }

    /// Its body is the act that the end of its path names.
    pub(super) const fn takes_act(self) -> Self {
        Self(Route { takes: Some(Takes::Act), ..self.0 })
    }

    /// What it does, in one sentence, and what it answers when all is well.
    pub(super) const fn tells(self, summary: &'static str, answer: Answer) -> Route {
        Route { summary, answers: [Some(answer), None, None, None], ..self.0 }
    }
}

impl Route {
    /// Another good answer.
    pub(super) const fn or(self, answer: Answer) -> Self {
        let answers = match self.answers {
            [first, None, ..] => [first, Some(answer), None, None],
            [first, second, None, ..] => [first, second, Some(answer), None],
            [first, second, third, _] => [first, second, third, Some(answer)],
        };
        Self { answers, ..self }
    }

    /// Statuses of problems besides those that its kind has.
    pub(super) const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    /// Whether people come here with a browser, which is shown refusals as a page.
    pub(crate) fn is_page(&self) -> bool {
        let html = |answer: &Answer| answer.media.is_some_and(|media| media.starts_with("text/html"));
        self.on_a_page
            || matches!(self.takes, Some(Takes::Form(_)))
            || self.answers.iter().flatten().any(html)
    }

    /// Its refusals come as a page, too: people are led here.
    pub(super) const fn on_a_page(self) -> Self {
        Self { on_a_page: true, ..self }
    }
}
