//! The findings: each cause with its consequences, its remedy and its commands, then the failures that no finding explains.

use super::picture::State;
use super::{Writer, anchor};
use crate::diagnose::Finding;
use crate::diagnose::catalogue::Severity;
use crate::diagnose::redact::plain;
use crate::diagnose::report::text::{SAVE, UNCONFIRMED, affected, means};
use crate::diagnose::report::{causes, consequences};

/// Writes the findings, if there are any.
pub(super) fn findings(page: &mut Writer<'_>) {
    let diagnosis = page.diagnosis;
    let unexplained: Vec<_> = diagnosis.unexplained_failures().collect();
    if diagnosis.findings.is_empty() && unexplained.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n");
    causes(diagnosis).for_each(|cause| finding(page, cause));
    for failure in unexplained {
        let what = failure.place.service.as_deref().unwrap_or(&failure.place.host);
        page.raw(&format!("<article class=\"finding\"><h3>{}<div>", colored(State::Bad)));
        page.sentence(&format!("{what} fails at {}; no known failure matches", failure.stage));
        page.raw("</div></h3><dl>");
        item(page, "Observed", &failure.text);
        item(page, "Remedy", "save the evidence and attach it to an issue (it contains no secrets)");
        commands(page, &[SAVE.to_owned()]);
        page.raw("</dl></article>\n");
    }
    page.raw("</section>\n");
}

fn finding(page: &mut Writer<'_>, finding: &Finding) {
    let failure = finding.failure;
    let (state, id) = (State::of_severity(finding.severity), anchor(failure.id));
    page.raw(&format!("<article class=\"finding\" id=\"{id}\"><h3>{}<div>", colored(state)));
    page.sentence(failure.title);
    page.raw(&format!(" <small>{id}, {}</small></div></h3><dl>", severity(finding.severity)));
    item(page, "Observed", &finding.observed);
    item(page, "Cause", &means(finding));
    consequences_of(page, finding);
    item(page, "Remedy", &finding.remedy);
    commands(page, &finding.commands);
    if let Some((sentence, programs)) = finding.collection() {
        item(page, "Documents", &sentence);
        commands(page, &programs);
    }
    ruled_out(page, finding);
    if let Some(affected) = affected(page.evidence, finding) {
        item(page, "Affects", &affected);
    }
    page.raw("<dt>Source</dt><dd>");
    match failure.see {
        Some(see) => page.raw(&format!("<a href=\"{0}\" rel=\"noreferrer noopener\">{0}</a>", super::escaped(see))),
        None => page.text(UNCONFIRMED),
    }
    page.raw("</dd></dl></article>\n");
}

fn consequences_of(page: &mut Writer<'_>, finding: &Finding) {
    let mut label = "<dt>Consequences</dt>";
    let diagnosis = page.diagnosis;
    for consequence in consequences(diagnosis, finding) {
        let known = consequence.failure;
        page.raw(&format!("{label}<dd id=\"{0}\">{0} ", anchor(known.id)));
        page.sentence(&format!("{}: {}", known.title, consequence.observed));
        page.raw("</dd>");
        label = "";
    }
}

fn ruled_out(page: &mut Writer<'_>, finding: &Finding) {
    if finding.ruled_out.is_empty() {
        return;
    }
    page.raw("<dt>Ruled out</dt><dd><ul>");
    for other in &finding.ruled_out {
        page.raw("<li>");
        page.sentence(&format!("{}: {}", other.id, other.because));
        page.raw("</li>");
    }
    page.raw("</ul></dd>");
}

fn item(page: &mut Writer<'_>, label: &str, sentence: &str) {
    page.raw(&format!("<dt>{label}</dt><dd>"));
    page.sentence(sentence);
    page.raw("</dd>");
}

/// Writes commands, each with a button that copies it. The script shows the buttons; without it, the text can be selected.
fn commands(page: &mut Writer<'_>, commands: &[String]) {
    if commands.is_empty() {
        return;
    }
    page.raw("<dd class=\"commands\">");
    for command in commands {
        page.raw("<div class=\"command\"><pre><code>");
        page.text(&plain(command));
        page.raw("</code></pre><button type=\"button\" hidden aria-label=\"Copy the command\">Copy</button></div>");
    }
    page.raw("</dd>");
}

fn colored(state: State) -> String {
    format!("<span class=\"{}\">{}</span>", state.class(), state.shape(22))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "remark",
    }
}
