"""``keys``: make, list and revoke the keys with which agents come to the server."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from journeys.errors import InputError


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "keys",
        help="keys of agents for the server",
        description="Keys with which agents come to 'serve': what each may do, for whom and how "
        "often. Only a hash is kept, so a key is shown once.",
    )
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    create = parts.add_parser("create", help="make a key and show it, once")
    create.add_argument("name", help="what it is for")
    create.add_argument(
        "--scopes", default="read,write,feedback", metavar="LIST",
        help="of read, write, feedback, erase, admin (default: read,write,feedback)",
    )  # fmt: skip
    whom = create.add_mutually_exclusive_group(required=True)
    whom.add_argument("--user", action="append", default=[], help="may act for; repeatable")
    whom.add_argument("--prefix", default="", help="may act for users whose id begins so")
    whom.add_argument("--everybody", action="store_true", help="may act for any user")
    create.add_argument("--per-minute", type=int, default=6_000, help="requests (default 6000)")
    create.add_argument(
        "--user-per-minute", type=int, default=600, help="requests for one user (default 600)"
    )
    create.add_argument("--days", type=float, help="works for so long (default: until revoked)")
    create.set_defaults(run=run_create)
    listed = parts.add_parser("list", help="list keys, without what they are")
    listed.set_defaults(run=run_list)
    revoke = parts.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", type=int, help="as the list says")
    revoke.set_defaults(run=run_revoke)


def run_create(options: argparse.Namespace) -> int:
    """Make a key and show it."""
    from journeys.cli.opening import command_store
    from journeys.store.engine import now

    if options.days is not None and options.days <= 0:
        raise InputError("--days must be above 0.")
    store = command_store("keys")
    key, made = store.agent_keys.create(
        options.name,
        [each.strip() for each in options.scopes.split(",") if each.strip()],
        everybody=options.everybody,
        prefix=options.prefix,
        users=options.user,
        per_minute=options.per_minute,
        user_per_minute=options.user_per_minute,
        expires_at=None if options.days is None else now() + int(options.days * 86_400e6),
    )
    store.close()
    print(f"Key {made.id} ({made.name}); it is not shown again:")
    print(key)
    return 0


def run_list(_options: argparse.Namespace) -> int:
    """List the keys."""
    from journeys.cli.opening import command_store
    from journeys.store.engine import now

    store = command_store("keys")
    keys = store.agent_keys.list()
    store.close()
    if not keys:
        print("There are no keys. Make one: python -m journeys keys create NAME --everybody")
    for key in keys:
        whom = "everybody" if key.everybody else f"users {key.prefix}..." if key.prefix else ""
        state = "works" if key.works(now()) else "revoked" if key.revoked_at else "expired"
        print(
            f"{key.id}  {key.name}  {state}  {','.join(key.scopes)}  "
            f"{whom or f'{len(key.people)} users'}  "
            f"{key.per_minute}/min, {key.user_per_minute}/min a user  "
            f"made {_day(key.created_at)}, used {_day(key.used_at)}"
        )
    return 0


def run_revoke(options: argparse.Namespace) -> int:
    """End a key."""
    from journeys.cli.opening import command_store

    store = command_store("keys")
    store.agent_keys.revoke(options.id)
    store.close()
    print(f"Key {options.id} does not work any more.")
    return 0


def _day(microseconds: int | None) -> str:
    if microseconds is None:
        return "never"
    return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d}"
