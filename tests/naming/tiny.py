"""A language model with random weights, small enough to train in a second."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from journeys.naming.tuning import Pair

SUBJECTS = ("tomatoes", "chess", "sailing", "watches", "yoga", "comets")


def tiny_pairs(people: tuple[str, ...] = ()) -> list[Pair]:
    """Pairs whose name is in every title, twelve of six subjects."""
    return [
        Pair(tuple(f"{verb} {subject}" for verb in verbs), f"doing {subject}", people=people)
        for subject in SUBJECTS
        for verbs in (("buying", "trying", "learning"), ("watching", "reading", "loving"))
    ]


def tiny_model(folder: Path, texts: Iterable[str]) -> Path:
    """A Llama of two layers and a tokenizer of whole words, in the hub's layout."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = sorted({word for text in texts for word in _split(text)})
    vocabulary = {word: at for at, word in enumerate(["<unk>", "<end>", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<end>", pad_token="<end>"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=256,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _split(text: str) -> list[str]:
    from tokenizers.pre_tokenizers import BertPreTokenizer

    return [word for word, _ in BertPreTokenizer().pre_tokenize_str(text)]
