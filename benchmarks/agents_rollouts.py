"""How much better an agent looks the more its simulated users cooperate.

    python benchmarks/agents_rollouts.py                     # users by rule
    JOURNEYS_HOME=DIR python benchmarks/agents_rollouts.py --judgements 24   # and a language model

Everything here is of simulated users. Sixty of them have wishes for two of three choices each, and
twenty tasks; an agent has three tries a task. The same agent meets users of different knobs, once
learning from their verdicts and once not. With ``--judgements`` the built-in language model plays
users and judges proposals of which half meet every wish and half miss one: what it accepts of the
latter is what it inflates success by.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import numpy as np
from common import provenance

from journeys.agents.evaluation.intervals import user_mean
from journeys.agents.exploring import Exploration
from journeys.agents.rollouts import CHOICES, Rollouts, Rules, figures, new_service
from journeys.agents.rows import RowRules
from journeys.agents.simulated_user import Knobs, LanguageUser, RuleUser

START = datetime(2026, 1, 1, tzinfo=UTC)
TASKS = ("fix the parser", "speed up the search", "add a flag", "clean the build") * 5
KNOBS = {
    "fully cooperative": Knobs(),
    "non-cooperation .3": Knobs(non_cooperation=0.3),
    "noise .2": Knobs(noise=0.2),
    "gradual disclosure .5": Knobs(gradual_disclosure=0.5),
    "gradual disclosure 1": Knobs(gradual_disclosure=1.0),
    "all three (.3, .2, 1)": Knobs(0.3, 0.2, 1.0),
}


def wishes(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Of so many users: values for two of the choices."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        held = {name: str(rng.choice(values)) for name, values in CHOICES.items()}
        del held[str(rng.choice(list(held)))]
        found.append(held)
    return found


def by_rule(count: int) -> None:
    print("\n| users | agent | accepted, as they said | truly suited | first try suited | silent |")
    print("|---|---|---|---|---|---|")
    for about, knobs in KNOBS.items():
        for learns in (False, True):
            service = new_service(
                rules=RowRules(id=1.0), exploration=Exploration("thompson", budget=0.3)
            )
            rollouts = Rollouts(service, Rules(learns=learns))
            episodes = []
            for at, held in enumerate(wishes(count)):
                episodes += rollouts.run(RuleUser(f"sim:{at}", held, knobs), TASKS, START)
            row = figures(episodes)
            told = [
                f"{row[name]:.3f} [{row[f'{name}_interval'][0]:.3f}, "
                f"{row[f'{name}_interval'][1]:.3f}]"
                for name in ("accepted", "suited", "first", "silent")
            ]
            agent = "learns" if learns else "does not learn"
            print(f"| {about} | {agent} | {' | '.join(told)} |", flush=True)


def by_model(judgements: int, name: str) -> None:
    from journeys.models import find
    from journeys.naming.local import LocalModel
    from journeys.settings import Settings

    rng = np.random.default_rng(1)
    path = find(name, Settings.from_environment().models_dir)
    kinds, accepted, whose, silent = [], [], [], 0
    with LocalModel(path, name=name, context=1024) as chat:
        for at, held in enumerate(wishes((judgements + 1) // 2, seed=2)):
            user = LanguageUser(f"sim:{at}", held, chat)
            for suited in (True, False):
                action = {field: str(rng.choice(values)) for field, values in CHOICES.items()}
                action |= held
                if not suited:
                    field = str(rng.choice(list(held)))
                    others = [value for value in CHOICES[field] if value != held[field]]
                    action[field] = str(rng.choice(others))
                said = user.judge(TASKS[at % 4], action, [], rng)
                if said.accepts is None:
                    silent += 1
                    continue
                kinds.append(suited)
                accepted.append(float(said.accepts))
                whose.append(user.id)
    suits, values, users = np.array(kinds), np.array(accepted), np.array(whose)
    print(f"\n{name} plays {len(set(whose))} users, {silent} answers could not be read")
    for about, mask in (("meets every wish", suits), ("misses one wish", ~suits)):
        mean = user_mean(values[mask], users[mask])
        print(
            f"accepted where the proposal {about}: {mean.value:.3f} [{mean.low:.3f}, "
            f"{mean.high:.3f}], {int(mask.sum())} proposals"
        )


def main() -> None:
    from journeys.models import DEFAULT_MODEL

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--judgements", type=int, default=0, metavar="N")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    options = parser.parse_args()
    print(provenance())
    print("Simulated users only.")
    by_rule(options.users)
    if options.judgements:
        by_model(options.judgements, options.model)


if __name__ == "__main__":
    main()
