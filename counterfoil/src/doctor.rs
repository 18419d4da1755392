//! `counterfoil doctor`: asks a form as a browser would for a page of another site, and says what is wrong. Nothing is
//! submitted: what it posts is no JSON, which every form refuses.

mod ask;
mod captcha;
mod finding;
mod judge;
mod origin;
mod own;
mod tls;

use counterfoil_core::form::NO_ORIGIN;
use http::uri::Scheme;
use http::{Method, Request, Uri};
use http_body_util::Full;

use crate::cli::Doctor;
use crate::exit::Failure;
use crate::say;
use ask::Browser;
use finding::Finding;
use judge::{Reply, Silence};

pub(crate) fn run(doctor: &Doctor) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let origin = origin::as_browsers_send(&doctor.origin);
    let mut findings: Vec<Finding> = origin::rewritten(&doctor.origin, &origin)
        .into_iter()
        .collect();
    findings.extend(runtime.block_on(examine(&origin, &doctor.url))?);
    for finding in &findings {
        say::line(finding);
    }
    match findings.iter().filter(|finding| finding.is_wrong()).count() {
        0 => {
            say::line(format_args!(
                "A page of {origin} can post to {}.",
                doctor.url
            ));
            Ok(())
        }
        1 => Err(Failure::Partly("one thing is wrong".into()).into()),
        many => Err(Failure::Partly(format!("{many} things are wrong")).into()),
    }
}

/// The page, the preflight, the post; the post of the form's own page, and where that leads. What cannot be reached at
/// all is not asked again.
async fn examine(origin: &str, url: &Uri) -> anyhow::Result<Vec<Finding>> {
    let browser = Browser::new(url.scheme())?;
    let mut findings = judge::addresses(origin, url);
    let asked = browser.ask(get(url)?).await;
    let is_odd = asked
        .as_ref()
        .map_or(true, |page| page.status == 400 && page.problem().is_none());
    if is_odd && speaks_tls(url).await? {
        findings.push(judge::is_tls(url));
        return Ok(findings);
    }
    let page = match asked {
        Ok(page) => page,
        Err(why) => {
            findings.push(judge::unreachable(&why, url));
            return Ok(findings);
        }
    };
    findings.push(judge::page(&page, url));
    let own = origin::own(url);
    let mut asked: Vec<(Ask, Judge, &str)> = vec![
        (preflight(url, origin)?, judge::preflight, origin),
        (post(url, origin)?, judge::post, origin),
        (post(url, &own)?, own::post, &own),
        (post(url, NO_ORIGIN)?, judge::hidden, NO_ORIGIN),
    ];
    match own::tickets_elsewhere(url) {
        Some(finding) => findings.push(finding),
        None => asked.push((ticket(&own, origin)?, own::ticket, origin)),
    }
    for (request, judge, origin) in asked {
        match browser.ask(request).await {
            Ok(reply) => findings.extend(judge(&reply, origin)),
            Err(why) => findings.push(judge::unreachable(&why, url)),
        }
    }
    findings.extend(captcha::captcha(&page, origin));
    Ok(findings)
}

/// Does a TLS server listen at this http address? Some of them say so, others send an alert or just hang up: so one
/// handshake is tried. A machine that trusts nobody cannot try it.
async fn speaks_tls(url: &Uri) -> anyhow::Result<bool> {
    let Some(host) = url.host().filter(|_| url.scheme() == Some(&Scheme::HTTP)) else {
        return Ok(false);
    };
    let Ok(browser) = Browser::new(Some(&Scheme::HTTPS)) else {
        return Ok(false);
    };
    let secure = format!(
        "https://{host}:{}{}",
        url.port_u16().unwrap_or(80),
        url.path()
    )
    .parse()?;
    Ok(match browser.ask(get(&secure)?).await {
        Ok(_) => true,
        Err(Silence::Tls(error)) => !tls::is_none(&error),
        Err(Silence::Other(_)) => false,
    })
}

type Judge = fn(&Reply, &str) -> Vec<Finding>;
type Ask = Request<Full<bytes::Bytes>>;

/// A form's page is a page whatever is asked for; a refusal then says its type.
fn get(url: &Uri) -> anyhow::Result<Ask> {
    Ok(Request::get(url)
        .header("accept", "application/json")
        .body(Full::default())?)
}

/// What a browser asks first, because of the content type and the key.
fn preflight(url: &Uri, origin: &str) -> anyhow::Result<Ask> {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(url)
        .header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    let request = request.header(
        "access-control-request-headers",
        "content-type,idempotency-key",
    );
    Ok(request.body(Full::default())?)
}

fn post(url: &Uri, origin: &str) -> anyhow::Result<Ask> {
    let request = Request::post(url)
        .header("origin", origin)
        .header("accept", "application/json");
    let request = request
        .header("content-type", "application/json")
        .header("idempotency-key", "counterfoil-doctor");
    Ok(request.body(Full::from("{ this is no JSON"))?)
}

/// One that is nobody's.
fn ticket(own: &str, origin: &str) -> anyhow::Result<Ask> {
    let request = Request::get(format!("{own}/tickets/x")).header("origin", origin);
    Ok(request
        .header("accept", "application/json")
        .body(Full::default())?)
}
