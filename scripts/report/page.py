"""Puts the report together as one HTML page that needs no network and no other file."""

import base64
import html
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERDICTS = {"supported": "yes", "beaten": "yes", "met": "yes", "contradicted": "no", "not met": "no"}


def text(value):
    return html.escape(str(value))


def paragraph(content, kind=""):
    return f'<p class="{kind}">{content}</p>\n' if kind else f"<p>{content}</p>\n"


def badge(verdict):
    return f'<span class="verdict {VERDICTS.get(verdict, "open")}">{text(verdict)}</span>'


def links(files):
    return " ".join(f'<a href="{text(f)}">{text(f.rsplit(".", 1)[1])}</a>' for f in files)


def figure(found):
    """Inline, as an image of its own so that ids inside one SVG never meet those of another."""
    if found is None:
        return ""
    data = base64.b64encode(found.svg.encode()).decode()
    return (f'<figure id="figure-{found.name}"><img alt="{text(found.name)}" src="data:image/svg+xml;base64,{data}">'
            f"<figcaption>{text(found.caption)} ({links(found.files)})</figcaption></figure>\n")


def table(found):
    if found is None or not found.rows:
        return ""
    note = paragraph(f"{text(found.note)} ({links(found.files)})", "note")
    if found.folded:
        return f"<details><summary>{text(found.title)}</summary>\n{found.html()}{note}</details>\n"
    return f"<h3>{text(found.title)}</h3>\n{found.html()}{note}"


def cards(pairs):
    body = "".join(f'<div class="card"><b>{text(value)}</b>{text(label)}</div>' for value, label in pairs)
    return f'<div class="cards">{body}</div>\n'


def facts(pairs):
    return "<dl>" + "".join(f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in pairs) + "</dl>\n"


def page(title, sections):
    """sections: (id, heading, html). The first one goes without a heading. Empty ones stay out."""
    sections = [s for s in sections if s[2]]
    nav = "".join(f'<a href="#{i}">{text(heading)}</a>' for i, heading, _ in sections[1:])
    body = sections[0][2] + f"<nav>{nav}</nav>\n"
    for i, heading, content in sections[1:]:
        body += f'<section id="{i}"><h2>{text(heading)}</h2>\n{content}</section>\n'
    return ("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            f"<link rel=\"icon\" href=\"data:,\">\n<title>{text(title)}</title>\n"
            f"<style>\n{(HERE / 'page.css').read_text()}</style></head>\n<body>\n{body}"
            f"<script>\n{(HERE / 'page.js').read_text()}</script></body></html>\n")
