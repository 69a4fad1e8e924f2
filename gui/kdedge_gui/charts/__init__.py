"""Charts with pyqtgraph, in the colours of the theme; each can be read as a table, and saved.

pyqtgraph and numpy are imported in a thread when the first chart is shown. Nothing here computes:
a chart shows the numbers it is given.
"""

from kdedge_gui.charts.bar_chart import BarChart
from kdedge_gui.charts.line_chart import LineChart
from kdedge_gui.charts.plotting import load_now
from kdedge_gui.charts.scatter_chart import ScatterChart
from kdedge_gui.charts.values import Bar, Point, Series

__all__ = ["Bar", "BarChart", "LineChart", "Point", "ScatterChart", "Series", "load_now"]
