"""Goodreads and Kindle."""

from __future__ import annotations

import pytest

from journeys.ingest.sources.kindle import Kindle
from tests.ingest.source_files import SEEDS, column, read, table

LIBRARY = (
    "Book Id,Title,Author,My Rating,Date Read,Date Added,Exclusive Shelf,My Review,Private Notes"
)


def book(shelf: str, read_on: str, added: str, rating: str = "0", **more: str) -> list[str]:
    return [
        "7",
        "Slow Rivers",
        "Ada Finn",
        rating,
        read_on,
        added,
        shelf,
        more.get("review", ""),
        "n",
    ]


@pytest.mark.parametrize(
    ("row", "action", "day"),
    [
        (book("read", "2021/06/30", "2021/05/01"), "view", "2021-06-30"),
        (book("read", "", "2021/05/01"), "view", "2021-05-01"),
        (book("to-read", "", "2021/05/01"), "save", "2021-05-01"),
        (book("currently-reading", "", "2021/05/01"), "view", "2021-05-01"),
        (book("abandoned", "", "2021/05/01"), "save", "2021-05-01"),
        (book("abandoned", "", "2021/05/01", "2"), "view", "2021-05-01"),
        (book("abandoned", "2021/06/01", "2021/05/01"), "view", "2021-06-01"),
    ],
)
def test_a_shelf_says_whether_a_book_was_opened(row: list[str], action: str, day: str) -> None:
    log = read(table(LIBRARY, row))
    rating = row[3] if row[3] != "0" else ""
    assert column(log, "action", "timestamp", "title", "rating") == [
        (action, f"{day}T00:00:00", "Slow Rivers by Ada Finn", rating)
    ]


def test_reviews_are_kept_and_private_notes_are_not() -> None:
    log = read((SEEDS / "goodreads.csv").read_bytes())
    assert column(log, "text")[-1] == ("Clear & practical.\nI built two beds.",)
    assert "mine only" not in log.frame.to_csv()
    assert "Lowe, Iris" not in log.frame.to_csv()


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("6/20/2017", "3/4/2016"), ("2017-06-20", "2016-03-04")),
        (("20/6/2017", "3/4/2016"), ("2017-06-20", "2016-04-03")),
        (("20.06.2017", "3.4.2016"), ("2017-06-20", "2016-04-03")),
        (("2017-06-20", "2016-04-03"), ("2017-06-20", "2016-04-03")),
    ],
)
def test_dates_after_a_spreadsheet(dates: tuple[str, str], expected: tuple[str, str]) -> None:
    rows = [book("to-read", "", date) for date in dates]
    log = read(table(LIBRARY, *rows, delimiter=";"), timezone="Europe/Dublin")
    days = [str(time.tz_convert("Europe/Dublin").date()) for time in log.frame["timestamp"]]
    assert days == sorted(expected)


def test_one_column_of_dates_does_not_decide_for_another() -> None:
    log = read(
        table(LIBRARY, book("read", "3/25/2020", "1/1/2020"), book("to-read", "", "2/1/2020"))
    )
    assert column(log, "timestamp") == [("2020-02-01T00:00:00",), ("2020-03-25T00:00:00",)]


def test_books_that_cannot_be_placed_are_counted() -> None:
    log = read(
        table(
            LIBRARY,
            book("to-read", "", "2021/05/01"),
            book("to-read", "", ""),
            book("read", "soon", "2021/05/01"),
            ["8", "", "", "0", "", "2021/05/01", "read", "", ""],
            ["9", "a", "b"],
        )
    )
    assert len(log) == 1
    assert log.report.rejected_by_reason() == {
        "fewer than 9 columns": 1,
        "no time": 1,
        "no title": 1,
        "time not understood": 1,
    }


def clipping(about: str, words: str = "Some words.", book: str = "Emma (Austen, Jane)") -> str:
    return f"{book}\r\n- {about}\r\n\r\n{words}\r\n==========\r\n"


#: What was done, when as the device says it, and the action.
CLIPPINGS = (
    (
        "Your Highlight on page 1 | Location 10-12",
        "Added on Saturday, March 4, 2023 9:08:07 PM",
        "save",
    ),
    ("Your Note on page 1 | location 12", "Added on Saturday, 4 March 2023 21:08:07", "create"),
    ("Your Bookmark at location 12", "Added on Saturday, 4 March 2023 21:08:07", "view"),
    ("Highlight Loc. 10-12", "Added on Saturday, March 04, 2023, 09:08:07 PM", "save"),
    (
        "Ihre Markierung auf Seite 1 | bei Position 10-12",
        "Hinzugefügt am Samstag, 4. März 2023 21:08:07",
        "save",
    ),
    ("Ihre Notiz bei Position 12", "Hinzugefügt am Samstag, 4. März 2023 21:08:07", "create"),
    (
        "Votre surlignement sur la page 1 | emplacement 10-12",
        "Ajouté le samedi 4 mars 2023 21:08:07",
        "save",
    ),
    ("Votre note Emplacement 12", "Ajoutée le samedi 4 mars 2023 à 21:08:07", "create"),
    ("Votre signet Emplacement 12", "Ajouté le samedi 4 mars 2023 21:08:07", "view"),
    (
        "Tu subrayado en la página 1 | posición 10-12",
        "Añadido el sábado, 4 de marzo de 2023 21:08:07",
        "save",
    ),
    (
        "La tua evidenziazione a pagina 1 | posizione 10-12",
        "Aggiunto in data sabato 4 marzo 2023 21:08:07",
        "save",
    ),
    (
        "Il tuo segnalibro alla posizione 12",
        "Aggiunto in data sabato 4 marzo 2023 21:08:07",
        "view",
    ),
    (
        "Seu destaque na página 1 | posição 10-12",
        "Adicionado: sábado, 4 de março de 2023 21:08:07",
        "save",
    ),
    (
        "Je markering op pagina 1 | locatie 10-12",
        "Toegevoegd op zaterdag 4 maart 2023 21:08:07",
        "save",
    ),
    (
        "Ваша заметка на странице 1 | Место 12",
        "Добавлено: суббота, 4 марта 2023 г. в 21:08:07",
        "create",
    ),
    ("您在第 1 页（位置 #10-12）的标注", "添加于 2023年3月4日星期六 下午9:08:07", "save"),
    ("您在位置 #12 的笔记", "添加于 2023年3月4日星期六 下午9:08:07", "create"),
    ("1ページ｜位置No. 10-12のハイライト", "作成日: 2023年3月4日土曜日 21:08:07", "save"),
    ("위치 12의 북마크", "추가됨: 2023년 3월 4일 토요일 오후 9:08:07", "view"),
)


@pytest.mark.parametrize(("what", "added", "action"), CLIPPINGS)
def test_clippings_in_the_languages_of_the_devices(what: str, added: str, action: str) -> None:
    log = read(("\ufeff" + clipping(f"{what} | {added}")).encode())
    assert log.report.format == "kindle clippings"
    assert column(log, "timestamp", "action", "title", "text") == [
        ("2023-03-04T21:08:07", action, "Emma by Jane Austen", "Some words.")
    ]


def test_an_old_portuguese_clock() -> None:
    about = "Seu destaque | Adicionado na data sábado, 4 de Março de 2023, 21h08min"
    assert column(read(clipping(about).encode()), "timestamp") == [("2023-03-04T21:08:00",)]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Emma (Austen, Jane)", "Emma by Jane Austen"),
        ("Emma (Jane Austen)", "Emma by Jane Austen"),
        (
            "Good Omens (Pratchett, Terry;Gaiman, Neil)",
            "Good Omens by Terry Pratchett, Neil Gaiman",
        ),
        ("Tales (Vol. 2) (Unknown(s))", "Tales (Vol. 2) by Unknown(s)"),
        ("How to sew", "How to sew"),
        ("Odd )", "Odd )"),
    ],
)
def test_a_book_and_its_author(line: str, title: str) -> None:
    data = clipping("Your Note | Added on Saturday, 4 March 2023 21:08:07", book=line).encode()
    assert column(read(data), "title") == [(title,)]


def test_a_note_does_not_pass_for_a_repeat_of_what_it_is_a_note_on() -> None:
    log = read((SEEDS / "kindle.txt").read_bytes())
    assert column(log, "action", "text") == [
        ("save", "Water the soil and not the leaves."),
        ("create", "ask about drip hoses"),
        ("view", ""),
    ]
    assert log.report.duplicates == 0


def test_words_that_the_publisher_withholds_are_marked() -> None:
    about = "Your Highlight | Location 1 | Added on Saturday, 4 March 2023 21:08:07"
    text = clipping(about, "<You have reached the clipping limit for this item>")
    assert column(read(text.encode()), "text", "flags") == [("", "removed")]


def test_broken_clippings_cost_no_good_ones() -> None:
    about = "Your Highlight | Location 1 | Added on Saturday, 4 March 2023 21:08:07"
    data = (
        clipping(about)
        + "no clipping\r\n==========\r\n"
        + clipping("Your Highlight | Location 2 | Added on some day in 2023")
        + clipping("Your Highlight")
        + "==========\r\n\r\n"
        + clipping(about.replace("21:08", "22:08"), "x" * 2_000_000)
        + clipping(about.replace("21:08", "23:08"), "over\r\ntwo lines")
    ).encode()
    log = read(data)
    assert column(log, "text") == [("Some words.",), ("over\ntwo lines",)]
    assert log.report.rejected_by_reason() == {
        "longer than 1,048,576 bytes": 1,
        "no time": 1,
        "not a clipping": 1,
        "time not understood": 1,
    }
    assert [record.row for record in log.report.rejected] == [2, 3, 4, 5]


def test_a_list_with_lines_is_no_clippings() -> None:
    assert not Kindle().detect(b"Shopping\n- 2 loaves\n- milk\n", ())
    assert not Kindle().detect(b"Title\n==========\n\ntext\n", ())
