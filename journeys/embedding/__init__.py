"""Texts to vectors: embedders, the cache that keeps each vector once, and the corpus mean."""

from journeys.embedding.base import Embedder, Progress
from journeys.embedding.cache import MemoryVectorCache, VectorCache, embed_missing
from journeys.embedding.keys import text_key, text_keys
from journeys.embedding.mean import (
    choose_mean,
    corpus_mean,
    decode_mean,
    encode_mean,
    shipped_mean,
)
from journeys.embedding.sentence import SentenceTransformerEmbedder, load_embedder

__all__ = [
    "Embedder",
    "MemoryVectorCache",
    "Progress",
    "SentenceTransformerEmbedder",
    "VectorCache",
    "choose_mean",
    "corpus_mean",
    "decode_mean",
    "embed_missing",
    "encode_mean",
    "load_embedder",
    "shipped_mean",
    "text_key",
    "text_keys",
]
