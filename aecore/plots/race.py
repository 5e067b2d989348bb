"""One number of all entrants of a race, epoch by epoch, each line with its name at its end."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from plotly import graph_objects as go

from aecore.plots.palette import Palette
from aecore.plots.style import along_epochs, line, styled
from aecore.plots.training import title

Row = Mapping[str, Any]

HEIGHT, LABEL_PX, LETTER_PX, LONGEST = 340, 15, 6.6, 26
DASHES = ("solid", "dash", "dot")  # where there are more lines than colours


def race_curves(entrants: Mapping[str, Sequence[Row]], name: str, palette: Palette) -> go.Figure:
    """`entrants` are lines of metrics.jsonl by the name in the race; `name` is a number of their validation."""
    figure = go.Figure()
    ends: dict[str, float] = {}
    for index, (entrant, metrics) in enumerate(entrants.items()):
        rows = [row for row in metrics if name in row.get("validation", {})]
        values = [row["validation"][name] for row in rows]
        colour = palette.of_class(index)
        trace = line([row["epoch"] for row in rows], values, entrant, colour, markers=len(rows) < 2)
        trace.update(showlegend=False, line_dash=DASHES[index // len(palette.classes) % len(DASHES)])
        figure.add_trace(trace)
        if values:
            ends[entrant] = values[-1]
    along_epochs(figure)
    figure.update_yaxes(title_text=f"{title(name)}, validation images")
    styled(figure, palette, height=max(HEIGHT, LABEL_PX * (len(entrants) + 5)))
    _label(figure, ends, list(entrants), palette)
    return figure


def _label(figure: go.Figure, ends: Mapping[str, float], order: Sequence[str], palette: Palette) -> None:
    """Names beside the ends of the lines, moved apart where they would lie on each other."""
    everything = [value for trace in figure.data for value in trace.y]
    if not ends:
        return
    low, high = min(everything), max(everything)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    least = (high - low + 2 * room) * LABEL_PX / (figure.layout.height - 80)
    places = apart(ends, least)
    bottom, top = min(low - room, *places.values()), max(high + room, *places.values())
    figure.update_yaxes(range=[bottom - least / 2, top + least / 2])
    for entrant, place in places.items():
        short = entrant if len(entrant) <= LONGEST else f"{entrant[: LONGEST - 1]}…"
        figure.add_annotation(
            x=1.0,
            xref="paper",
            y=place,
            text=f'<span style="color:{palette.of_class(order.index(entrant))}">●</span> {escape(short)}',
            xanchor="left",
            xshift=6,
            showarrow=False,
            font={"size": 12, "color": palette.ink},
        )
    longest = max(min(len(each), LONGEST) for each in ends)
    figure.update_layout(margin_r=int(LETTER_PX * (longest + 2)) + 12)


def apart(ends: Mapping[str, float], least: float) -> dict[str, float]:
    """Places for labels in the order of their values, at least so far apart, and on the whole where their lines end."""
    ordered = sorted(ends, key=ends.__getitem__)
    places: list[float] = []
    for each in ordered:
        places.append(max(ends[each], places[-1] + least) if places else ends[each])
    shift = sum(place - ends[each] for place, each in zip(places, ordered, strict=True)) / len(ordered)
    return {each: place - shift for each, place in zip(ordered, places, strict=True)}
