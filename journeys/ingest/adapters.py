"""Which adapters there are, and which of them reads a file.

A new source is one module with a class that satisfies
:class:`~journeys.ingest.contract.Adapter`, and one line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from journeys.ingest.contract import Adapter, DataFile
from journeys.ingest.table import HEAD, TableAdapter

#: Asked in this order; the generic table takes whatever the others leave.
ADAPTERS: tuple[Adapter, ...] = (TableAdapter(),)


def adapter_for(
    file: DataFile, names: Sequence[str], adapters: Sequence[Adapter] = ADAPTERS
) -> Adapter:
    """The first adapter that recognises the file; the generic one if none does."""
    head = file.head(HEAD)
    return next((adapter for adapter in adapters if adapter.detect(head, names)), adapters[-1])
