"""A discovery with another extractor than the default, on the sample log."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from journeys.cli import discover as command
from journeys.discovery import Discovery, DiscoveryConfig, Tools, discover
from journeys.embedding import MemoryVectorCache
from journeys.embedding.fake import FakeEmbedder
from journeys.errors import ConfigError
from journeys.extraction import EXTRACTORS
from journeys.ingest import read_log

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample_log.csv"


def found(extractor: str, **settings: object) -> Discovery:
    tools = Tools(embedder=FakeEmbedder(), vectors=MemoryVectorCache(), maps={}, map_key=b"k" * 32)
    config = DiscoveryConfig(extractor=extractor, map="none", extractor_settings=settings)
    return discover(read_log(SAMPLE), config, tools=tools)


def test_icpc_finds_journeys_in_the_sample() -> None:
    by_words = found("icpc")
    assert by_words.journeys
    assert by_words.manifest["extractor"]["id"] == "icpc"
    assert by_words.manifest["extractor"]["epsilon"] == 0.02
    again = found("icpc")
    assert [j.id for j in again.journeys] == [j.id for j in by_words.journeys]


def test_a_global_extractor_sees_the_whole_log() -> None:
    assert found("cooccurrence", clusters=4).journeys


def test_an_unknown_extractor_or_setting_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigError, match="there is no extractor 'lda'"):
        found("lda")
    with pytest.raises(ConfigError, match="does not take"):
        found("icpc", colour="red")


def test_the_command_line_offers_every_extractor(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    for name in EXTRACTORS:
        options = parser.parse_args(["discover", "x.csv", "--out", "y", "--extractor", name])
        assert options.extractor == name
    assert parser.parse_args(["discover", "x.csv", "--out", "y"]).extractor == "hdbscan"
    with pytest.raises(SystemExit):
        parser.parse_args(["discover", "x.csv", "--out", "y", "--extractor", "lda"])
    assert "icpc-dense" in capsys.readouterr().err
