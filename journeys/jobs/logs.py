"""A worker's log: lines for people, or JSON lines for machines.

A JSON line has what the program says, never what a log of activity says: the message's own words
without what was filled in, and the figures that were given for it. So no title, name or id of a
person can get in by way of an error's text. Of other libraries' messages only where they come from
is written, since they put values into their words.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

#: The attribute of a record that holds its figures.
_FIGURES = "journeys_figures"


def figures(**values: float | str) -> dict[str, object]:
    """For ``extra=`` of a message: run ids, counts, seconds, a kind or status. Nothing of a log."""
    return {_FIGURES: values}


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, figures, and an error's kind."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.split(".")[0] == "journeys"
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg) if ours else "message of another library",
            "process": record.process,
        }
        line.update(getattr(record, _FIGURES, {}))
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def set_up_logs(*, as_json: bool) -> None:
    """Let this process write its log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
