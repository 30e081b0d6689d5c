"""Reddit, ChatGPT and Claude: what a person wrote themselves."""

from __future__ import annotations

import json

import pytest

from journeys.errors import InputError, NoUsableRows
from tests.ingest.source_files import SEEDS, archive, column, read, table

COMMENTS = "id,permalink,date,ip,subreddit,gildings,link,parent,body,media"
POSTS = "id,permalink,date,ip,subreddit,gildings,title,url,body"
THREAD = "https://www.reddit.com/r/bread/comments/abc123/my_first_rye_loaf/"


def comment(
    id: str, body: str, link: str = THREAD, date: str = "2022-01-02 03:04:05 UTC"
) -> list[str]:
    return [id, f"{link}{id}/", date, "192.0.2.1", "bread", "0", link, "", body, ""]


def post(id: str, title: str, body: str) -> list[str]:
    return [id, THREAD, "2022-01-03 03:04:05 UTC", "192.0.2.1", "bread", "0", title, "", body]


def test_reddit_as_downloaded() -> None:
    log = read(
        archive(
            {
                "comment_headers.csv": table(
                    "id,permalink,date,ip,subreddit,gildings,link,parent", comment("k1", "")[:8]
                ),
                "comments.csv": table(COMMENTS, comment("k1", "Let it rest.")),
                "posts.csv": table(POSTS, post("abc123", "My first rye loaf", "It is flat.")),
                "saved_posts.csv": table("id,permalink", ["x1", THREAD], ["x2", THREAD]),
                "post_votes.csv": table("id,permalink,direction", ["x3", THREAD, "up"]),
                "messages.csv": table(
                    "id,permalink,thread_id,date,ip,from,to,subject,body",
                    [
                        "m",
                        "p",
                        "t",
                        "2022-01-02 03:04:05 UTC",
                        "192.0.2.1",
                        "me",
                        "you",
                        "hi",
                        "secret",
                    ],
                ),
                "ip_logs.csv": table("date,ip", ["2022-01-02 03:04:05 UTC", "192.0.2.1"]),
            }
        )
    )
    assert column(log, "timestamp", "title", "text", "item_id", "action") == [
        ("2022-01-02T03:04:05", "my first rye loaf", "Let it rest.", "t1_k1", "create"),
        ("2022-01-03T03:04:05", "My first rye loaf", "It is flat.", "t3_abc123", "create"),
    ]
    assert log.report.rejected_by_reason() == {"no time": 3}
    notes = " ".join(log.report.notes)
    assert "does not say when what is in saved_posts.csv" in notes
    assert "private messages" in notes
    assert "192.0.2.1" not in log.frame.to_csv()
    assert "secret" not in log.frame.to_csv()


def test_removed_and_old_shapes_of_reddit() -> None:
    old = "id,permalink,date,ip,subreddit,gildings,link,parent,body"
    log = read(
        table(
            old,
            comment("k1", "[removed]")[:9],
            comment("k2", "Fine.", "https://www.reddit.com/r/bread/comments/abc123/")[:9],
            comment("k3", "%C3%A4?", "https://www.reddit.com/r/x/comments/a/caf%C3%A9_au_lait/")[
                :9
            ],
            comment("k4", "When?", date="never")[:9],
        )
    )
    assert sorted(column(log, "item_id", "title", "text", "flags")) == [
        ("t1_k1", "my first rye loaf", "", "removed"),
        ("t1_k2", "k2", "Fine.", ""),
        ("t1_k3", "café au lait", "%C3%A4?", ""),
    ]
    assert log.report.rejected_by_reason() == {"time not understood": 1}
    log = read(table(POSTS, post("p", "[deleted by user]", "[removed]")))
    assert column(log, "title", "flags") == [("[deleted by user]", "removed")]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,permalink,thread_id,date,ip,from,to,subject,body", "private messages"),
        ("message_id,created_at,username,message,thread_parent_message_id,channel_url", "chats"),
    ],
)
def test_other_peoples_words_are_never_read(header: str, words: str) -> None:
    row = ["2022-01-02 03:04:05 UTC"] * len(header.split(","))
    with pytest.raises(InputError, match=words):
        read(table(header, row))


def test_only_saved_posts() -> None:
    with pytest.raises(NoUsableRows, match="no time"):
        read(table("id,permalink", ["x1", THREAD]))


def message(id: str, role: str, *parts: object, time: float | None = None, **about: object) -> dict:
    content = {"content_type": about.pop("kind", "text"), "parts": list(parts)}
    return {
        "id": id,
        "message": {
            "id": id,
            "author": {"role": role},
            "create_time": time,
            "content": content,
            "metadata": about,
        },
        "children": [],
    }


def conversation(title: str | None, *nodes: dict, begun: float = 1_700_000_000.0) -> dict:
    mapping = {node["id"]: node for node in nodes}
    return {"title": title, "create_time": begun, "mapping": {"root": {"message": None}, **mapping}}


def test_only_the_persons_own_messages_of_chatgpt() -> None:
    log = read(
        [
            conversation(
                "Leaking tap",
                message("s", "system", "be kind"),
                message("c", "user", "about me", kind="user_editable_context"),
                message("h", "user", "hidden", is_visually_hidden_from_conversation=True),
                message("q1", "user", "Which washer?", time=1_700_000_001.5),
                message("a", "assistant", "This one.", time=1_700_000_002.0),
                message("q1b", "user", "Which washer, for a mixer?", time=1_700_000_003.0),
                message("t", "tool", "result", time=1_700_000_004.0),
                message(
                    "q2",
                    "user",
                    {"content_type": "image_asset_pointer", "asset_pointer": "x"},
                    "like this?",
                    {"content_type": "audio_transcription", "text": "or that"},
                    kind="multimodal_text",
                    time=1_700_000_005.0,
                ),
                message("q3", "user", {"asset_pointer": "x"}, kind="multimodal_text"),
            )
        ]
    )
    assert column(log, "timestamp", "title", "text", "item_id") == [
        ("2023-11-14T22:13:21.500000", "Leaking tap", "Which washer?", "q1"),
        ("2023-11-14T22:13:23", "Leaking tap", "Which washer, for a mixer?", "q1b"),
        ("2023-11-14T22:13:25", "Leaking tap", "like this?\nor that", "q2"),
    ]
    assert set(log.frame["action"]) == {"message"}
    assert log.report.rejected_by_reason() == {"a message without text": 1}


@pytest.mark.parametrize("title", [None, "", "New chat"])
def test_an_untitled_conversation_is_called_after_its_message(title: str | None) -> None:
    words = "How do I prune a quince? " * 20
    log = read([conversation(title, message("q", "user", words, time=None))])
    ((shown, time),) = column(log, "title", "timestamp")
    assert str(shown).startswith("How do I prune a quince?")
    assert len(str(shown)) <= 120
    assert time == "2023-11-14T22:13:20"  # the message has no time, so its conversation's


def test_shapes_of_chatgpt() -> None:
    one = conversation("Tap", message("q", "user", "Which washer?", time=1.7e9))
    expected = [("2023-11-14T22:13:20", "Tap", "Which washer?")]
    lines = json.dumps(one).encode() + b"\n" + json.dumps(one).encode()
    for data in ([one], one, lines, b"\xef\xbb\xbf" + json.dumps([one], indent=2).encode()):
        log = read(data)
        assert column(log, "timestamp", "title", "text") == expected
        assert log.report.format == "chatgpt (json)"


def test_pasted_code_and_odd_nodes_do_no_harm() -> None:
    pasted = "[{" * 5_000 + '"\\' * 5_000 + "9" * 6_000
    first = conversation("Code", message("q", "user", pasted, time=1.7e9))
    first["mapping"]["odd"] = None
    first["mapping"]["odder"] = {"message": {"author": "user", "content": []}}
    second = conversation("Tap", message("p", "user", "Which washer?", time=1.7e9 + 1))
    log = read([first, "not a conversation", {"title": "x", "mapping": [1]}, second])
    assert [title for (title,) in column(log, "title")] == ["Code", "Tap"]
    assert log.report.rejected == ()


def test_a_break_in_the_middle_costs_one_conversation() -> None:
    whole = [
        conversation(f"Talk {n}", message(f"q{n}", "user", "words " * 50, time=1.7e9 + n))
        for n in range(300)
    ]
    text = json.dumps(whole)
    at = text.index('"Talk 150"')
    log = read((text[:at] + "}]" + text[at:]).encode())
    titles = {title for (title,) in column(log, "title")}
    assert {f"Talk {n}" for n in range(150)} <= titles
    assert len(titles) >= 298
    assert log.report.rejected_by_reason()["the JSON is broken here"] >= 1
    cut = read(text[: len(text) // 2].encode())
    assert 140 <= len(cut) <= 150


def test_claude() -> None:
    log = read((SEEDS / "claude.json").read_bytes())
    assert column(log, "timestamp", "title", "text", "source") == [
        (
            "2024-05-06T07:08:09.500000",
            "Rye bread",
            "How sour should a rye starter smell?",
            "claude",
        ),
        ("2024-05-06T07:09:00", "Rye bread", "And how long in the fridge?", "claude"),
    ]
    assert log.report.rejected == ()


def test_claude_with_files_and_without_a_name() -> None:
    talk = {
        "uuid": "c",
        "name": "",
        "created_at": "2024-05-06T07:08:09Z",
        "chat_messages": [
            {
                "uuid": "m1",
                "text": "What is in this?",
                "sender": "human",
                "attachments": [{"file_name": "a.txt", "extracted_content": "secret"}],
            },
            {"uuid": "m2", "text": "", "content": [{"type": "image"}], "sender": "human"},
        ],
    }
    log = read([talk])
    assert column(log, "timestamp", "title", "text") == [
        ("2024-05-06T07:08:09", "What is in this?", "What is in this?")
    ]
    assert log.report.rejected_by_reason() == {"a message without text": 1}
    assert "secret" not in log.frame.to_csv()
