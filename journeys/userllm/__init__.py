"""User embeddings: a causal transformer over a timeline, and what is done with its vectors.

After User-LLM (Ning, Liu et al., arXiv 2402.13598, companion of WWW 2025). Nothing here is imported
by the core; torch is needed.
"""
