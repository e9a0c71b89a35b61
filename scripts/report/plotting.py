"""The look of every figure, and how one is kept: PNG for slides, SVG for print, CSV to plot it again."""

import csv
from dataclasses import dataclass, field

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)

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
        fig.draw_without_rendering()  # places everything once; it would be placed again for each file
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
