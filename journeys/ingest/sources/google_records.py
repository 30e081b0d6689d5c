"""One entry of a Google activity log, and the event that it is.

JSON and HTML exports, of YouTube and of every other product, hold the same entries: a header, a
title that begins or ends with a verb, an address, some lines below and some details.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from journeys.ingest.contract import Cell
from journeys.ingest.sources.google_verbs import PRIVATE, REMOVED, VerbReader

#: What a search page calls the words that were searched for.
_QUERY = ("q", "search_query", "query")

#: What Google's search calls itself, in the header of an entry.
_SEARCH = frozenset({
    "search", "google search", "suche", "google suche", "google-suche", "búsqueda", "buscador",
    "búsqueda de google", "recherche", "recherche google", "ricerca", "ricerca google", "pesquisa",
    "pesquisa google", "zoeken", "google zoeken", "wyszukiwarka", "wyszukiwarka google", "検索",
    "google 検索", "검색", "google 검색", "arama", "google arama", "поиск", "google поиск",
    "пошук", "sök", "søgning", "søk", "haku", "vyhledávání", "căutare", "keresés",
})  # fmt: skip

#: How Google's advertising is called, in the details of an entry.
_ADS = (
    "ads", "anzeigen", "annonces", "anuncios", "anúncios", "annunci", "advertenties", "reklam",
    "広告", "광고", "реклам", "annonser", "annoncer", "mainokset", "hirdetés", "διαφημ", "廣告",
    "广告",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What an export says of one activity.

    Attributes:
        header: the product, in the person's language.
        title: with the verb, where ``words`` does not tell them apart.
        url: '' where there is none.
        time: as it stands, or ISO 8601.
        lines: what stands below the title, e.g. the channel.
        details: e.g. ``From Google Ads``.
        words: the linked part of the title, which in HTML is the title without its verb.
    """

    header: str
    title: str
    url: str
    time: str
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    words: str = ""


@dataclass
class EntryReader:
    """Makes events of the entries of one file.

    Attributes:
        verbs: what has been learned of the file's language.
        unknown: titles whose verb is not known and that were left whole.
    """

    verbs: VerbReader = field(default_factory=VerbReader)
    unknown: int = 0

    def event(self, entry: Entry) -> dict[str, Cell]:
        """The event by our column names, with an attribute ``flags``.

        ``flags`` is some of ``ad``, ``removed`` and ``private``, joined by commas; '' for none.
        """
        title = plain(entry.title)
        url = _target(entry.url)
        source = _source(plain(entry.header), entry.url)
        deed = self.verbs.read(title)
        action, said = deed.action, deed.title
        query = _query(entry.url)
        if query and query.casefold() in title.casefold():
            action, said = "search", query
        elif entry.words:
            said = plain(entry.words)
        if not action and source.startswith("youtube") and _video(url):
            action = "watch"
            self.unknown += 1 if not entry.words else 0
        flags = []
        if _is_ad(entry):
            flags.append("ad")
        if source.startswith("youtube") and action in ("watch", ""):
            flags += _gone(title, said, url, entry)
        channel = plain(entry.lines[0]).removesuffix(" - Topic") if entry.lines else ""
        text = channel if source.startswith("youtube") else "; ".join(map(plain, entry.lines))
        return {
            "timestamp": entry.time,
            "title": said,
            "text": text,
            "url": url,
            "item_id": _video(url) or None,
            "action": action or None,
            "source": source,
            "flags": ",".join(flags),
        }

    def notes(self) -> list[str]:
        """What the user should know once all entries are read."""
        if not self.unknown:
            return []
        return [
            f"The verb in {self.unknown:,} titles is in a language or form that is not known, so "
            "these titles stand as they are."
        ]


def plain(text: str) -> str:
    """Text with plain spaces only."""
    return text.strip() if text.isascii() else " ".join(text.split())


def _source(header: str, url: str) -> str:
    """What the events of a product are called, whatever the person's language."""
    host, path, _ = parts(url)
    name = header.casefold()
    if name == "youtube music" or host == "music.youtube.com":
        return "youtube music"
    if name.startswith("youtube") or host.endswith(("youtube.com", "youtu.be")):
        return "youtube"
    if name in _SEARCH or (".google." in f".{host}" and path == "/search" and not name):
        return "google search"
    if name == "chrome":
        return "chrome"
    return name if name.startswith("google") else f"google {name}".strip()


def parts(url: str) -> tuple[str, str, str]:
    """Host, path and query of an address; empty where it is none."""
    try:
        split = urlsplit(url)
        return (split.hostname or "").removeprefix("www."), split.path, split.query
    except ValueError:
        return "", "", ""


def _arguments(query: str) -> dict[str, list[str]]:
    try:
        return parse_qs(query, max_num_fields=100)
    except ValueError:
        return {}


def _query(url: str) -> str:
    """What was searched for, if the address is that of a search page."""
    _, path, query = parts(url)
    if path.rstrip("/").rpartition("/")[2] not in ("search", "results"):
        return ""
    given = _arguments(query)
    return plain(next((given[name][0] for name in _QUERY if name in given), ""))


def _target(url: str) -> str:
    """The page behind Google's own redirect; any other address as it is."""
    host, path, query = parts(url)
    if ".google." in f".{host}." and path == "/url":
        given = _arguments(query)
        target = next((given[name][0] for name in ("q", "url") if name in given), "")
        if target.startswith(("http://", "https://")):
            return target
    return url


def _video(url: str) -> str:
    """A YouTube video's id; '' for any other address."""
    host, path, query = parts(url)
    if host == "youtu.be":
        return path.strip("/")
    if not host.endswith("youtube.com"):
        return ""
    if path == "/watch":
        return _arguments(query).get("v", [""])[0]
    return path.removeprefix("/shorts/") if path.startswith("/shorts/") else ""


def _is_ad(entry: Entry) -> bool:
    for detail in map(str.casefold, entry.details):
        if "google" in detail and any(word in detail for word in _ADS):
            return True
    return False


def _gone(title: str, said: str, url: str, entry: Entry) -> list[str]:
    """Whether a video is private or removed: it then has no title, or no address."""
    told = (title.casefold(), said.casefold())
    if any(words in told for words in PRIVATE):
        return ["private"]
    if any(words in told for words in REMOVED):
        return ["removed"]
    if url and said in (url, entry.url):
        return ["removed"]
    return []
