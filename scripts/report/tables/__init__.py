"""A table once, as CSV (full precision), Markdown, LaTeX and HTML (as read by people)."""

import csv
import html
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal


def fixed(digits):
    return lambda v: f"{v:.{digits}f}"


def below(digits):
    """Rounded down: what is proved is never shown as more."""
    return lambda v: str(Decimal(repr(v)).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR))


def general(digits=4):
    return lambda v: f"{v:.{digits}g}"


def count(v):
    return f"{v:,}"


def short(v):
    """1234567 -> 1.23e6: proof lengths."""
    if v < 10000:
        return f"{v:,.0f}"
    mantissa, exponent = f"{v:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}"


@dataclass
class Column:
    key: str
    label: str
    show: object = str  # value -> text
    text: bool = False  # left-aligned words instead of a number

    def shown(self, row):
        value = row.get(self.key)
        return "–" if value is None else self.show(value)


@dataclass
class Table:
    name: str  # of its files
    title: str
    columns: list
    rows: list  # of dicts by column key; None or absent: not known
    note: str = ""
    folded: bool = False  # long: shown on demand
    files: list = field(default_factory=list)

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.name
        with open(f"{path}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([c.key for c in self.columns])
            for row in self.rows:
                writer.writerow(["" if row.get(c.key) is None else row[c.key] for c in self.columns])
        path.with_name(self.name + ".md").write_text(self.markdown())
        path.with_name(self.name + ".tex").write_text(self.latex())
        self.files = [f"tables/{self.name}.{kind}" for kind in ("csv", "md", "tex")]

    def markdown(self):
        line = lambda cells: "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |\n"
        text = f"**{self.title}**\n\n" + line(c.label for c in self.columns)
        text += line("---" if c.text else "---:" for c in self.columns)
        for row in self.rows:
            text += line(c.shown(row) for c in self.columns)
        return text + (f"\n{self.note}\n" if self.note else "")

    def latex(self):
        align = "".join("l" if c.text else "r" for c in self.columns)
        text = f"% {self.title}\n\\begin{{tabular}}{{{align}}}\n\\toprule\n"
        text += " & ".join(_latex(c.label) for c in self.columns) + " \\\\\n\\midrule\n"
        for row in self.rows:
            text += " & ".join(_latex(c.shown(row)) for c in self.columns) + " \\\\\n"
        return text + "\\bottomrule\n\\end{tabular}\n"

    def html(self):
        head = "".join(f'<th class="{_kind(c)}"><button type="button">{html.escape(c.label)}</button></th>'
                       for c in self.columns)
        body = ""
        for row in self.rows:
            cells = ""
            for c in self.columns:
                value = row.get(c.key)
                key = "" if value is None or c.text else f' data-sort="{float(value)!r}"'
                cells += f'<td class="{_kind(c)}"{key}>{_unbroken(c.shown(row))}</td>'
            body += f"<tr>{cells}</tr>\n"
        kind = "scroll long" if len(self.rows) > 25 else "scroll"
        return (f'<div class="{kind}"><table class="sortable" id="{self.name}"><thead><tr>{head}</tr></thead>\n'
                f"<tbody>\n{body}</tbody></table></div>")


def _unbroken(text):
    """Keeps "0.95 ± 0.01" on one line."""
    return html.escape(text.replace(" ± ", "\u00a0±\u00a0"))


def _kind(column):
    return "words" if column.text else "number"


_LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
          "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "×": r"$\times$",
          "·": r"$\cdot$", "²": r"$^2$", "σ₁": r"$\sigma_1$", "σ₂": r"$\sigma_2$", "≥": r"$\ge$", "≤": r"$\le$",
          "δ": r"$\delta$", "–": "--", "√": r"$\surd$"}


def _latex(text):
    for plain, tex in (("σ₁", "\0a"), ("σ₂", "\0b")):
        text = text.replace(plain, tex)
    text = "".join(_LATEX.get(letter, letter) for letter in text)
    return text.replace("\0a", _LATEX["σ₁"]).replace("\0b", _LATEX["σ₂"])
