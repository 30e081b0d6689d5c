"""One module a source of exports; each adapter is listed in :mod:`journeys.ingest.adapters`."""
