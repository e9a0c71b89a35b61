"""What the figures of this folder share."""
import matplotlib.ticker


def plain_ticks(axes, values):
    """Marks a logarithmic x axis at the values measured, in plain numbers, and nowhere else."""
    axes.set_xticks(sorted(values.unique()))
    axes.get_xaxis().set_major_formatter(matplotlib.ticker.ScalarFormatter())
    axes.minorticks_off()
