"""YouTube's watch and search history in Google Takeout, in JSON and in HTML."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.ingest.sources.google_activity import GoogleActivity, first_header


class GoogleYouTube(GoogleActivity):
    """Reads ``watch-history`` and ``search-history``, whatever they are called."""

    name = "youtube history"

    def detect(self, head: bytes, names: Sequence[str]) -> bool:
        """See :class:`~journeys.ingest.contract.Adapter`."""
        header = first_header(head)
        return header is not None and header.startswith("YouTube")
