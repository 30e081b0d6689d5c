"""How well preferences are learnt, on logs of real decisions; see ``docs/results-agents.md``."""
