"""Which adapters there are, and which of them reads a file.

A new source is one module with a class that satisfies
:class:`~journeys.ingest.contract.Adapter`, and one line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from journeys.ingest.contract import Adapter, DataFile
from journeys.ingest.sources.bookmarks import Bookmarks
from journeys.ingest.sources.browser_databases import BrowserDatabase
from journeys.ingest.sources.browserdump import BrowserDump
from journeys.ingest.sources.chatgpt import ChatGpt
from journeys.ingest.sources.claude import Claude
from journeys.ingest.sources.goodreads import Goodreads
from journeys.ingest.sources.google_activity import GoogleActivity
from journeys.ingest.sources.google_chrome import GoogleChrome
from journeys.ingest.sources.google_youtube import GoogleYouTube
from journeys.ingest.sources.kindle import Kindle
from journeys.ingest.sources.lastfm import LastFm
from journeys.ingest.sources.letterboxd import Letterboxd
from journeys.ingest.sources.movielens import MovieLens
from journeys.ingest.sources.netflix import Netflix
from journeys.ingest.sources.pinboard import Pinboard
from journeys.ingest.sources.pocket import Pocket
from journeys.ingest.sources.raindrop import Raindrop
from journeys.ingest.sources.recbole import RecBole
from journeys.ingest.sources.reddit import Reddit
from journeys.ingest.sources.spotify import Spotify
from journeys.ingest.table import HEAD, TableAdapter

#: Asked in this order; the generic table, which is last, takes whatever the others leave.
ADAPTERS: tuple[Adapter, ...] = (
    GoogleYouTube(),
    GoogleActivity(),
    GoogleChrome(),
    BrowserDatabase(),
    Bookmarks(),
    BrowserDump(),
    ChatGpt(),
    Claude(),
    Goodreads(),
    Kindle(),
    LastFm(),
    Letterboxd(),
    Netflix(),
    Pinboard(),
    Pocket(),
    Raindrop(),
    Reddit(),
    Spotify(),
    MovieLens(),
    RecBole(),
    TableAdapter(),
)


def adapter_for(
    file: DataFile, names: Sequence[str], adapters: Sequence[Adapter] = ADAPTERS
) -> Adapter:
    """The first adapter that recognises the file; the generic one if none does."""
    head = file.head(HEAD)
    return next((adapter for adapter in adapters if adapter.detect(head, names)), adapters[-1])
