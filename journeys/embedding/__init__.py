"""Texts to vectors: embedders, the cache that keeps each vector once, and the corpus mean."""

from journeys.embedding.base import Embedder, Progress
from journeys.embedding.built_in import BuiltInEmbedder
from journeys.embedding.cache import MemoryVectorCache, VectorCache, embed_missing, vectors_of
from journeys.embedding.keys import text_key, text_keys
from journeys.embedding.loading import load_embedder
from journeys.embedding.mean import (
    choose_mean,
    corpus_mean,
    decode_mean,
    encode_mean,
    shipped_mean,
)
from journeys.embedding.sentence import SentenceTransformerEmbedder

__all__ = [
    "BuiltInEmbedder",
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
    "vectors_of",
]
