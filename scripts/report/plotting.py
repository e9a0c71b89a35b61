"""The look of every figure, and how one is kept: PNG for slides, SVG for print, CSV to plot it again."""

import csv
import re
from dataclasses import dataclass, field

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)
from matplotlib.ticker import Formatter, LogFormatterMathtext, NullLocator  # noqa: E402

# Okabe and Ito's palette: told apart with any colour vision, and in grey by the markers beside it.
COLOURS = {"brute_force": "#000000", "cubic": "#D55E00", "subcubic": "#0072B2", "convex": "#56B4E9", "centred": "#44AA99",
           "window": "#009E73", "multiset": "#CC79A7", "convolution": "#E69F00", "other": "#888888"}
MARKERS = {"brute_force": "s", "cubic": "D", "subcubic": "o", "convex": "^", "centred": "p", "window": "v", "multiset": "P",
           "convolution": "X", "other": "."}
PUBLISHED = "#555555"
CYCLE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#888888", "#661100", "#44AA99"]

plt.rcParams.update({
    "font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#e3e3e3", "grid.linewidth": 0.6, "axes.axisbelow": True, "legend.frameon": False,
    "legend.fontsize": 8, "figure.constrained_layout.use": True, "svg.hashsalt": "maxcert", "savefig.dpi": 150,
    "axes.prop_cycle": plt.cycler(color=CYCLE),
})


def scattered(ax, x, y, size=24, **style):
    """Equal markers. ax.scatter would take ten times as long to lay out and draw them."""
    ax.plot(x, y, ls="none", ms=size**0.5, **style)


class PlainText(Formatter):
    """What another formatter writes as mathematics, as plain text: 10⁶. Setting mathematics is slow."""

    def __init__(self, inner):
        self.inner = inner

    def set_axis(self, axis):
        super().set_axis(axis)
        self.inner.set_axis(axis)

    def set_locs(self, locs):
        self.inner.set_locs(locs)

    def __call__(self, value, position=None):
        text = self.inner(value, position).replace("\\times", "×")
        text = re.sub(r"\^\{(.*?)\}", lambda found: found[1].translate(SUPERSCRIPT), text)
        return re.sub(r"[${}]|\\mathdefault", "", text)


SUPERSCRIPT = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def _plain_ticks(fig):
    """Logarithmic axes with plain text, and without small ticks where there are enough large ones."""
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        for get, put in ((axis.get_major_formatter, axis.set_major_formatter), (axis.get_minor_formatter, axis.set_minor_formatter)):
            if isinstance(get(), LogFormatterMathtext):
                put(PlainText(get()))
        if axis.get_scale() == "log":
            low, high = sorted(axis.get_view_interval())
            if low > 0 and high > 100 * low:
                axis.set_minor_locator(NullLocator())


@dataclass
class Figure:
    name: str
    caption: str
    files: list = field(default_factory=list)
    svg: str = ""


class Album:
    """Figures of one report, kept in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, fig, name, caption, columns, rows):
        path = self.folder / name
        _plain_ticks(fig)
        fig.get_layout_engine().execute(fig)  # places everything once; it would be placed again for each file
        fig.set_layout_engine("none")
        fig.savefig(f"{path}.png")
        fig.savefig(f"{path}.svg", metadata={"Date": None})
        plt.close(fig)
        with open(f"{path}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return Figure(name, caption, [f"figures/{name}.{kind}" for kind in ("png", "svg", "csv")],
                      path.with_name(name + ".svg").read_text())
