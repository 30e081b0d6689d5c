"""What naming a stored run, or a log that no run has seen, is expected to cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journeys.discovery.config import DiscoveryConfig
from journeys.discovery.namers import ENDPOINT_CONCURRENCY
from journeys.discovery.naming_stage import sample_evidence
from journeys.discovery.trying import whole_prompt
from journeys.example import example_evidence
from journeys.jobs.storage import DatabaseStorage
from journeys.naming.completion import Price
from journeys.naming.estimate import Estimate, estimate
from journeys.naming.ladder import LOCAL_DRAFTS
from journeys.naming.ledger import Ledger
from journeys.naming.prompts import PromptSet

if TYPE_CHECKING:
    from journeys.store import Store

#: Events of a log for each journey in it: 22.9 for 40 people of reddit_mix_dev at the default
#: settings. Logs differ by a factor of two either way.
EVENTS_A_JOURNEY = 23
#: Seconds a call by the built-in model on one thread, mean of a journey's four short ones.
LOCAL_SECONDS = 3.5

#: What a journey's names depend on; where one of them changes, all are asked for anew.
_NAMED_BY = ("namer", "prompts", "language")


def estimate_run(
    store: Store, run_id: int, config: Mapping[str, Any], *, all_journeys: bool = False
) -> Estimate:
    """For a run whose journeys are found, from prompts built for a sample of them.

    Args:
        config: of the naming to come: ``namer``, ``prompts``, ``price``, ``concurrency``.
        all_journeys: as though none of them had a name yet.
    """
    run = store.runs.get(run_id)
    journeys, named = store.results.counts(run_id)
    # No namer has this id, so all journeys are to be chosen from.
    storage = DatabaseStorage(store, run_id, lease="")
    waiting = storage.unnamed("")
    wanted = _prompts(store, config)
    language = str(config.get("language", ""))
    prompts = [
        whole_prompt(evidence, wanted, language) for evidence in sample_evidence(storage, waiting)
    ]
    earlier = Ledger.from_dict(run.manifest.get("llm", {}))
    # Names by another namer, or by other prompts, do not count as there.
    same = all(run.config.get(part, "") == config.get(part, "") for part in _NAMED_BY)
    return _estimate(
        journeys if all_journeys or not same else journeys - named,
        prompts,
        config,
        earlier=earlier if same else None,
        earlier_concurrency=run.config.get("concurrency") or ENDPOINT_CONCURRENCY,
    )


def estimate_person(
    store: Store,
    run_id: int,
    person_id: int,
    config: Mapping[str, Any],
    prompts: PromptSet | None = None,
) -> Estimate:
    """For all journeys of one person in a run, as though none had a name yet."""
    storage = DatabaseStorage(store, run_id, lease="")
    _, found = storage.load_user(person_id)
    waiting = [(person_id, journey.id) for journey in found.journeys]
    language = str(config.get("language", ""))
    wanted = prompts or _prompts(store, config)
    built = [whole_prompt(each, wanted, language) for each in sample_evidence(storage, waiting)]
    return _estimate(len(waiting), built, config)


def _prompts(store: Store, config: Mapping[str, Any]) -> PromptSet:
    return store.prompts.chosen(str(config.get("prompts", "")), str(config.get("namer", "")))


def estimate_log(
    events: int, config: Mapping[str, Any], prompts: PromptSet | None = None
) -> Estimate:
    """For a log of so many events, from typical figures and the prompt of the made-up sample.

    Args:
        config: of the naming to come.
        prompts: those that the configuration names; the shipped ones by default.
    """
    evidence = example_evidence()
    language = str(config.get("language", ""))
    wanted = prompts or PromptSet.of_namer(str(config.get("namer", "")))
    built = [whole_prompt(evidence, wanted, language)] if evidence else []
    return _estimate(max(1, round(events / EVENTS_A_JOURNEY)), built, config, sampled=False)


def _estimate(
    journeys: int,
    prompts: list[Any],
    config: Mapping[str, Any],
    *,
    earlier: Ledger | None = None,
    earlier_concurrency: int | None = None,
    sampled: bool = True,
) -> Estimate:
    wanted = DiscoveryConfig.from_dict(config)
    local = wanted.namer == "local"
    price = Price(0.0, 0.0) if local else Price(*wanted.price) if wanted.price else None
    pace = {"seconds_a_call": LOCAL_SECONDS, "calls_a_journey": LOCAL_DRAFTS} if local else {}
    return estimate(
        journeys,
        prompts,
        price=price,
        concurrency=1 if local else wanted.concurrency or ENDPOINT_CONCURRENCY,
        earlier=earlier,
        earlier_concurrency=1 if local else earlier_concurrency,
        sampled=sampled,
        **pace,
    )
