"""``erase``: remove a person, by the id they have in the log, from every stored log."""

from __future__ import annotations

import argparse
from typing import Any

from journeys.errors import InputError


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "erase",
        help="erase a person from the store",
        description="Erase a person's events, journeys, names, ratings, vectors, cached prompts "
        "and maps from every log in the store, and what agents learnt of them. Files written by "
        "'discover' and downloaded exports are beyond reach: delete those yourself.",
    )
    parser.add_argument("user", help="the person's id in the log, or their pseudonym")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Find the person in all logs and erase them."""
    from journeys.cli.opening import command_store
    from journeys.privacy import pseudonyms

    store = command_store("erase")
    aliases = {options.user, *pseudonyms(store.keys.pseudonym, [options.user])}
    found = [
        person
        for log in store.logs.list()
        for person in store.logs.people(log.id)
        if person.pseudonym in aliases
    ]
    known = [alias for alias in sorted(aliases) if store.agent_users.read(alias) is not None]
    if not found and not known:
        raise InputError(f"No stored log has a person {options.user!r}, and no agent a user.")
    events = sum(person.n_events for person in found)
    agents = " and what agents learnt" if known else ""
    if not options.yes:
        try:
            answer = input(
                f"Erase {events:,} events in {len(found)} logs{agents} for good? Type yes: "
            )
        except EOFError as error:
            store.close()
            raise InputError(
                "Nothing was erased: nobody can be asked here. Add --yes to erase without asking."
            ) from error
        if answer.strip().lower() != "yes":
            print("Nothing was erased.")
            return 1
    for person in found:
        store.erase_person(person.id)
    for alias in known:
        store.agent_users.erase(alias)
    store.close()
    print(f"Erased {events:,} events in {len(found)} logs{agents}.")
    return 0
