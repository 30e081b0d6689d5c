"""MovieLens and RecBole: logs of many people whose titles are in a file of their own."""

from __future__ import annotations

import io

import pytest

from journeys.errors import InputError
from journeys.ingest.cleaning import as_text
from journeys.ingest.container import open_container
from journeys.ingest.contract import Context, ReadLimits
from journeys.ingest.joining import join_items, read_items
from journeys.ingest.sources.movielens import MovieLens, film
from journeys.ingest.sources.recbole import RecBole
from tests.ingest.source_files import archive, column, read


def opened(
    adapter: MovieLens | RecBole, data: bytes, items: bool = False
) -> tuple[list[dict[str, str]], dict[int, str]]:
    """The records of a file of events or items and, by row, what was rejected."""
    with open_container(io.BytesIO(data), limits=ReadLimits()) as container:
        (member,) = container.members
        assert adapter.detect(member.head(4096), [member.name])
        reading = adapter.items(member, Context()) if items else adapter.read(member, Context())
        assert reading is not None
        assert ("timestamp" in reading.mapping) != items
        rows: list[dict[str, str]] = []
        rejected: dict[int, str] = {}
        for batch in reading.batches:
            rejected |= {record.row: record.reason for record in batch.rejected}
            names = list(batch.columns)
            rows.extend(
                {name: as_text(cell) for name, cell in zip(names, cells, strict=True)}
                for cells in zip(*batch.columns.values(), strict=True)
            )
    return rows, rejected


RATING = {
    "user_id": "1",
    "item_id": "296",
    "timestamp": "1147880044",
    "action": "rate",
    "source": "movielens",
}


@pytest.mark.parametrize(
    ("data", "rating"),
    [
        (b"userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n1,306\n", "5.0"),
        (b"1::296::5::1147880044\n1::306\n", "5"),
        (b"1\t296\t5\t114788004\n1\t306\n", "5"),
    ],
)
def test_ratings(data: bytes, rating: str) -> None:
    rows, rejected = opened(MovieLens(), data)
    time = "114788004" if b"\t" in data else "1147880044"
    assert rows == [{**RATING, "timestamp": time, "rating": rating}]
    assert rejected == {2: "fewer than 4 columns"}


def test_tags_are_the_persons_own_words() -> None:
    for data in (
        b'userId,movieId,tag,timestamp\n14,110,"slow, grim",1443148538\n',
        b"14::110::slow, grim::1443148538\n",
    ):
        rows, _ = opened(MovieLens(), data)
        assert (rows[0]["text"], rows[0]["action"]) == ("slow, grim", "create")


@pytest.mark.parametrize(
    "data",
    [
        b'movieId,title,genres\n2571,"Matrix, The (1999)",Action|Sci-Fi\n',
        "2571::Matrix, The (1999)::Action|Sci-Fi\n".encode("cp1252"),
        b"2571|Matrix, The (1999)|01-Jan-1999||http://x|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|1|0|0|0\n",
    ],
)
def test_films(data: bytes) -> None:
    rows, _ = opened(MovieLens(), data, items=True)
    assert rows == [{"item_id": "2571", "title": "The Matrix (1999)", "text": "Action, Sci-Fi"}]


FRENCH = "1::Misérables, Les (1995)::(no genres listed)\n".encode("cp1252")


def test_accents_and_articles_of_films() -> None:
    rows, _ = opened(MovieLens(), FRENCH, items=True)
    assert rows == [{"item_id": "1", "title": "Les Misérables (1995)", "text": ""}]
    assert film("Seven (a.k.a. Se7en), The (1995)") == "The Seven (a.k.a. Se7en) (1995)"
    assert film("Good, Bad and Ugly, The") == "The Good, Bad and Ugly"
    assert film("Me, Myself & I (2000)") == "Me, Myself & I (2000)"


def test_links_are_no_log() -> None:
    assert not MovieLens().detect(b"movieId,imdbId,tmdbId\n1,0114709,862\n", ())
    assert not MovieLens().detect(b"1::2::three\n", ())


def test_interactions_of_recbole() -> None:
    data = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n"
    rows, _ = opened(RecBole(), data)
    assert rows == [
        {
            "user_id": "196",
            "item_id": "242",
            "timestamp": "881250949",
            "rating": "3",
            "action": "rate",
            "source": "recbole",
        }
    ]
    rows, _ = opened(RecBole(), data.replace(b"\trating:float", b"").replace(b"\t3\t", b"\t"))
    assert rows[0]["action"] == "view"


def test_items_of_recbole() -> None:
    data = (
        b"item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        b"1\tToy Story\t1995\tAnimation Comedy\n"
    )
    rows, _ = opened(RecBole(), data, items=True)
    assert rows == [{"item_id": "1", "title": "Toy Story", "text": "Animation Comedy"}]


def test_people_of_recbole_are_never_read() -> None:
    with pytest.raises(InputError, match="describes people"):
        opened(RecBole(), b"user_id:token\tage:token\tgender:token\n1\t24\tM\n")
    assert not RecBole().detect(b"user_id:token,note\n1,2\n", ())


def test_a_corpus_as_downloaded_gets_its_titles_by_the_join() -> None:
    films = b"movieId,title,genres\n296,Pulp Fiction (1994),Comedy|Crime\n"
    packed = archive(
        {
            "ml/links.csv": b"movieId,imdbId,tmdbId\n296,0110912,680\n",
            "ml/movies.csv": films,
            "ml/ratings.csv": b"userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n",
            "ml/tags.csv": b"userId,movieId,tag,timestamp\n1,296,slow,1147880099\n",
        }
    )
    log = read(packed, untitled=True)
    assert log.report.rejected == ()
    from_table = read_items(io.BytesIO(films), log.frame["item_id"])
    items = read_items(io.BytesIO(packed), log.frame["item_id"])
    assert items.frame["title"].tolist() == from_table.frame["title"].tolist()
    joined, report = join_items(log, items)
    assert column(joined, "user_id", "timestamp", "title", "action") == [
        ("1", "2006-05-17T15:34:04", "Pulp Fiction (1994)", "rate"),
        ("1", "2006-05-17T15:34:59", "Pulp Fiction (1994)", "create"),
    ]
    assert (report.titled, report.untitled) == (2, 0)


def test_atomic_files_get_their_titles_by_the_join() -> None:
    events = b"user_id:token\titem_id:token\ttimestamp:float\n1\t7\t881250949\n"
    items = b"item_id:token\tmovie_title:token_seq\tclass:token_seq\n7\tToy Story\tComedy\n"
    log = read(archive({"a.inter": events, "a.item": items}), untitled=True)
    for source in (items, archive({"a.inter": events, "a.item": items})):
        joined, report = join_items(log, read_items(io.BytesIO(source), log.frame["item_id"]))
        assert column(joined, "title", "source") == [("Toy Story", "recbole")]
        assert report.untitled == 0
