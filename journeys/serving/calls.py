"""One call of a key for a user, from messages to messages: what every way in shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from journeys.agents.explaining import Reason
from journeys.agents.intake import Receipt
from journeys.agents.service import UserContext
from journeys.audit import Reader, Way
from journeys.serving import messages as m
from journeys.serving.gate import Gate
from journeys.serving.metrics import Metrics
from journeys.serving.operations import Operations
from journeys.serving.people import About
from journeys.serving.refreshing import Refresher
from journeys.store import AgentKey
from journeys.store.audit import Subject


class Calls:
    """Operations for keys. Each raises what :meth:`Gate.allow` and the operation raise."""

    def __init__(
        self, operations: Operations, gate: Gate, refresher: Refresher, metrics: Metrics
    ) -> None:
        self.operations = operations
        self.gate = gate
        self.refresher = refresher
        self.metrics = metrics

    def context(self, key: AgentKey, asked: m.ContextAsked) -> m.ContextTold:
        user = self.gate.allow(key, "read", asked.user)
        reader = Reader(f"key {key.id}", Way.AGENT, "context")
        self.operations.store.audit.note(reader, Subject(user=user))
        known, about = self.operations.get_user_context(
            user, most=asked.most, request=asked.request
        )
        return _context(known, about)

    def rank(self, key: AgentKey, asked: m.RankAsked) -> m.RankingTold:
        user = self.gate.allow(key, "read", asked.user)
        ranking = self.operations.rank_actions(
            user,
            dict(asked.request),
            [each.action() for each in asked.candidates],
            reasons=asked.reasons,
            content=m.as_vector(asked.content),
        )
        return m.RankingTold(
            actions=[
                m.RankedTold(
                    id=each.id,
                    chance=each.chance,
                    spread=each.spread,
                    propensity=each.propensity,
                    reasons=_reasons(each.reasons),
                )
                for each in ranking.actions
            ],
            version=ranking.version,
            explored=ranking.explored,
        )

    def event(self, key: AgentKey, given: m.EventGiven) -> m.ReceiptTold:
        user = self.gate.allow(key, "write", given.user)
        if given.feedback:
            self.gate.may(key, "feedback")
        receipt = self.operations.record_event(
            given.trajectory(user), content=m.as_vector(given.content)
        )
        return self._receipt("event", receipt)

    def feedback(self, key: AgentKey, given: m.EventFeedback) -> m.ReceiptTold:
        user = self.gate.allow(key, "feedback", given.user)
        receipt = self.operations.record_feedback(user, given.event, given.feedback())
        return self._receipt("feedback", receipt)

    def reset(self, key: AgentKey, named: m.UserNamed) -> m.Done:
        self.operations.reset(self.gate.allow(key, "erase", named.user))
        return m.Done()

    def forget(self, key: AgentKey, named: m.UserNamed) -> m.Forgotten:
        erased = self.operations.forget(self.gate.allow(key, "erase", named.user))
        if erased.models:
            self.metrics.withdrawn.inc(len(erased.models))
            self.refresher.soon()
        return m.Forgotten(found=erased.found, withdrawn=list(erased.models))

    def refresh(self, key: AgentKey) -> m.Refreshed:
        self.gate.allow(key, "admin")
        judged, published, version = self.refresher.refresh()
        return m.Refreshed(
            published=published,
            version=version,
            examples=judged.examples,
            logloss=judged.logloss,
            before=judged.before,
        )

    def roll_back(self, key: AgentKey) -> m.RolledBack:
        self.gate.allow(key, "admin")
        return m.RolledBack(version=self.refresher.roll_back())

    def _receipt(self, what: str, receipt: Receipt) -> m.ReceiptTold:
        self.metrics.receipts.labels(what, receipt.status).inc()
        return m.ReceiptTold.model_validate(
            {"id": receipt.id, "status": receipt.status, "notes": list(receipt.notes)}
        )


def _reasons(found: Sequence[Reason]) -> list[m.Preference]:
    return [
        m.Preference(
            id=each.id,
            moved=each.moved,
            certainty=each.certainty,
            own=each.own,
            words=each.words,
        )
        for each in found
    ]


def _context(known: UserContext, about: About) -> m.ContextTold:
    return m.ContextTold(
        journeys=[
            m.JourneyTold(
                id=each.id,
                name=each.name,
                stage=each.stage,
                kind=each.kind,
                score=each.score,
                events=each.n_events,
                first_seen=_moment(each.first_seen),
                last_seen=_moment(each.last_seen),
            )
            for each in about.journeys
        ],
        journeys_note=about.journeys_note,
        episodes=[
            m.EpisodeTold(id=each.id, time=each.time, title=each.title, said=each.said)
            for each in known.episodes
        ],
        preferences=_reasons(known.preferences),
        events=known.events,
        soft_prompt=_soft_prompt(about),
        soft_prompt_note=about.soft_prompt_note,
        version=known.version,
    )


def _soft_prompt(about: About) -> m.SoftPromptTold | None:
    found = about.soft_prompt
    if found is None:
        return None
    return m.SoftPromptTold(encoder=found.encoder, vector=list(found.vector))


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
