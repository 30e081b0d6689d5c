"""Long work outside the page: the worker process and what it carries out."""
