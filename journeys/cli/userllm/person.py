"""``userllm person``: what an encoder says of one person, and on how much it rests."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.cli.userllm.reading import chosen_device, read_data

if TYPE_CHECKING:
    from journeys.userllm.drift import Drift

#: Titles printed.
_SHOWN = 10


def add_parser(actions: Any) -> None:
    """Add this action to ``userllm``."""
    parser = actions.add_parser(
        "person",
        help="similar people, the evidence behind a vector, and drift from month to month",
        description="What a trained encoder says of one person: how many people have similar "
        "journeys and what at least K of them have in common, how much of the vector is the "
        "person's own, and how it moved from month to month. Titles of sensitive topics are left "
        "out.",
    )
    parser.add_argument("log", metavar="LOG", help="a file, or a stored log's name")
    parser.add_argument("user", metavar="USER", help="the person's id in the log, or pseudonym")
    parser.add_argument("--encoder", metavar="NAME", help="default: the only one there is")
    parser.add_argument("--k", type=int, default=5, help="people behind whatever is told of others")
    parser.add_argument("--figure", type=Path, metavar="HTML", help="write the drift as a figure")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look, and print."""
    from journeys.models.encoders import encoders_folder
    from journeys.privacy import load_keys, pseudonyms
    from journeys.sensitive import flag_texts
    from journeys.settings import Settings
    from journeys.userllm.installed import find_encoder
    from journeys.userllm.person import view_person

    settings = Settings.from_environment()
    device = chosen_device("cpu", 1)
    trained = find_encoder(options.encoder, encoders_folder(settings.models_dir), device=device)
    data = read_data(options.log, settings, vocabulary=trained.vocabulary).data
    alias = pseudonyms(load_keys(settings.home).pseudonym, [options.user])[0]
    user = alias if alias in data.users else options.user
    view = view_person(trained, data, user, k=options.k)
    titles = [data.catalogue.titles[each] for each in view.shared.tolist()]
    flags = flag_texts(titles)
    shown = [title for title, flag in zip(titles, flags, strict=True) if not flag][:_SHOWN]
    said = view.vector.told if view.vector else (
        f"{view.events:,} events of this person's own; the log has too few people with long "
        "histories to stand in for the rest."
    )  # fmt: skip
    print(said)
    if view.similar:
        print(f"{view.similar // options.k * options.k} or more people have similar journeys.")
        for title in shown:
            print(f"  {options.k} or more of them have: {title}")
    else:
        print(f"Fewer than {options.k} other people are in the log, so none are compared.")
    for month, step in zip(view.drift.months[1:], view.drift.steps, strict=True):
        print(f"{month}: cosine distance {step:.2f} from the month before")
    if options.figure:
        _draw(view.drift, options.figure)
    if options.json:
        print(json.dumps({
            "events": view.events,
            "evidence": said,
            "own_share": view.vector.own if view.vector else 1.0,
            "similar": view.similar // options.k * options.k,
            "shared": shown,
            "months": [str(month) for month in view.drift.months],
            "month_events": view.drift.events.tolist(),
            "steps": [round(float(each), 4) for each in view.drift.steps],
            "noise": [round(float(each), 4) for each in view.drift.noise],
        }))  # fmt: skip
    return 0


def _draw(drift: Drift, path: Path) -> None:
    from journeys.figures.drift import distance_figure, steps_figure

    parts = [
        distance_figure(drift.months, drift.events, drift.distance),
        steps_figure(drift.months, drift.steps, drift.noise),
    ]
    html = [
        each.to_html(full_html=False, include_plotlyjs=number == 0)
        for number, each in enumerate(parts)
    ]
    path.write_text(
        "<!doctype html><meta charset='utf-8'><title>Drift</title>" + "".join(html),
        encoding="utf-8",
    )
