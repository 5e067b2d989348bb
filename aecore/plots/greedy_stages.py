"""Layer by layer against end to end, as curves over the seconds of training."""

from plotly import graph_objects as go

from aecore.analysis.demonstrations.greedy_stages import GreedyStages, StagedRun
from aecore.plots.palette import Palette
from aecore.plots.style import line, styled
from aecore.plots.training import title


def greedy_stages(stages: GreedyStages, palette: Palette) -> go.Figure:
    """One curve for each way of training; where a chapter begins there is a diamond."""
    figure = go.Figure()
    most = max((run for run in stages.runs), key=lambda run: len(run.begins))
    for index, run in enumerate(stages.runs):
        colour = palette.of_class(index)
        figure.add_trace(line(run.seconds, run.errors, run.way, colour, markers=len(run.seconds) < 2))
        if run.begins:
            figure.add_trace(_beginnings(run, colour, written=run is most))
    figure.update_xaxes(title_text="seconds of training", rangemode="tozero")
    figure.update_yaxes(title_text=title(stages.error), type="log")
    return styled(figure, palette, height=400).update_layout(hovermode="closest")


def _beginnings(run: StagedRun, colour: str, written: bool) -> go.Scatter:
    """Titles are written beside one curve only, those of the others are under the pointer."""
    return go.Scatter(
        x=[seconds for seconds, _, _ in run.begins],
        y=[error for _, error, _ in run.begins],
        mode="markers+text" if written else "markers",
        text=[name.lower() for _, _, name in run.begins],
        textposition="top right",
        textfont={"size": 11, "color": colour},
        marker={"size": 9, "symbol": "diamond", "color": colour},
        showlegend=False,
        hovertemplate="%{text}: %{y:.4g}<extra></extra>",
    )
