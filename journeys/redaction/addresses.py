"""Mail addresses, as they are written and as they are disguised."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeys.redaction.details import Found

_EMAIL = re.compile(
    r"(?:(?<![\w.+%@-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}|\"[^\"\s@]{1,30}(?: [^\"\s@]{1,30})?\")"
    r"(?:@|%40|%2540)"
    r"(?:(?:[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.|%2e))+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![^\W_])"
    r"|\[\d{1,3}(?:\.\d{1,3}){3}\])",
    re.I,
)
_AT = r"(?:[(\[{<|*_-]\s?(?:at|@|a|ät|arroba|klammeraffe)\s?[)\]}>|*_-])"
_DOT = r"(?:[(\[{<|*_-]\s?(?:dot|punkt|punto|point|d|\.)\s?[)\]}>|*_-])"
_SAID_DOT = r"\s(?:dot|punkt|punto|point)\s"
_ENDS = (
    r"(?:com|org|net|edu|gov|info|biz|dev|app|io|ai|me|co|eu|de|fr|es|uk|ch|at|it|nl|be|pl|us|ca|"
    r"au|in|br|mx|jp)"
)
#: ann [at] example [dot] org, ann(at)example.org, "ann at example dot org".
_DISGUISED = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}?\s{{0,2}}{_AT}\s{{0,2}}[\w-]{{1,63}}?"
    rf"(?:\s{{0,2}}(?:{_DOT}|\.|{_SAID_DOT})\s{{0,2}}[a-z0-9-]{{1,63}}){{1,4}}(?![\w@])"
    rf"|(?<![\w.+-])[\w+-]{{1,32}}(?:(?:\.|{_SAID_DOT})[\w+-]{{1,32}}){{0,2}}\s(?:at|arroba|@)\s"
    rf"(?!(?:the|a|an|my|this|that|your)\b)[\w-]{{1,63}}(?:{_SAID_DOT}[\w-]{{1,63}}){{0,3}}{_SAID_DOT}{_ENDS}\b"
    rf"|(?<![\w.+-])[\w.+-]{{1,64}}\s@\s[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,2}}\.{_ENDS}\b"
    rf"|(?<![\w.+-])[\w+-]{{1,32}}[._+\d][\w.+-]{{0,32}}\s(?:at|arroba)\s[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,2}}\.{_ENDS}\b",
    re.I,
)
#: Endings that are files and not domains: logo@2x.png, and versions such as vue@next.js.
_FILES = frozenset(
    [
        "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "bmp", "tiff", "avif", "heic", "mp3",
        "mp4", "mov", "avi", "mkv", "wav", "pdf", "txt", "md", "html", "htm", "css", "js", "mjs",
        "ts", "tsx", "jsx", "json", "yaml", "yml", "toml", "xml", "csv", "zip", "tar", "gz", "dll",
        "exe",
    ]
)  # fmt: skip
#: git@host:path is how repositories are addressed, for everyone alike.
_SHARED_NAMES = frozenset({"git", "hg"})


def emails(text: str) -> Iterator[Found]:
    """Mail addresses."""
    for match in _EMAIL.finditer(text):
        local = re.split("@|%40|%2540", match.group(), maxsplit=1)[0]
        if match.group().rpartition(".")[2].lower() in _FILES:
            continue
        # `name=ann@example.org` and a leading quote are not part of the address.
        quoted = local.startswith('"')
        lead = 0 if quoted else max(local.rfind(char) for char in "=/?&`{|}") + 1
        lead += local[lead : lead + 1] == "'"
        if lead < len(local) and local not in _SHARED_NAMES:
            yield Found("email", match.start() + lead, match.end())


def disguised(text: str) -> Iterator[Found]:
    """Mail addresses written so that programs pass them by."""
    for match in _DISGUISED.finditer(text):
        yield Found("email", match.start(), match.end())
