"""Preferences of an agent's users, learnt from what they accept and reject.

A package of its own that the core never imports; importing it loads nothing heavy.

    trajectories  request, steps, outcome, feedback: the one schema
    intake        what comes in is bounded, redacted, in scope, in order and not twice
    timelines     trajectories as an activity log, which journeys and memory read unchanged
    adapters      logs of agents and assistants to trajectories
    features      what is known when an action is to be chosen, as sparse ids and vectors
    hashing       a bounded table for ids, with its collisions measured
    shared        weights that all users share, frozen between refreshes
    rows          weights that one user has alone, learnt from each event
    exploring     Thompson sampling and UCB within a budget
    explaining    which preference moved a score, in words
    refreshing    new shared weights: evaluated, versioned, taken back
    service       the operations that a server offers
    off_policy    what another way to rank would have earned, from noted propensities
    simulated     which trajectories are not of people, so that no figure is of both
    rollouts      simulated users (``simulated_user``) that meet an agent
    replaying     a log into a service, as things became known
    watching      how well it foretells, and how preferences moved
"""

from journeys.agents.intake import Limits, Receipt, Scope, admit
from journeys.agents.timelines import activity_log
from journeys.agents.trajectories import FEEDBACK, Feedback, Signal, Step, Trajectory, signal_of

__all__ = [
    "FEEDBACK",
    "Feedback",
    "Limits",
    "Receipt",
    "Scope",
    "Signal",
    "Step",
    "Trajectory",
    "activity_log",
    "admit",
    "signal_of",
]
