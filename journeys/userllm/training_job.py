"""What the worker does for the page: train an encoder on a stored log, or its reader.

Found by its name from :mod:`journeys.jobs.encoders`; nothing in the core imports this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from journeys.discovery import DiscoveryConfig
from journeys.discovery.progress import Progress, check
from journeys.embedding import Embedder
from journeys.errors import InputError, ModelError
from journeys.models.encoders import encoder_folder, encoders_folder
from journeys.settings import Settings
from journeys.store import EncoderJob, RunSummary, Store
from journeys.userllm.card import EncoderCard, load
from journeys.userllm.installed import train_encoder
from journeys.userllm.pretraining import PretrainingConfig, epochs_for
from journeys.userllm.reader_card import read_card
from journeys.userllm.readers import teach
from journeys.userllm.stored import named_journeys, read_stored
from journeys.userllm.tasks import split_next

#: Weight of writing the right answer, a token, beside choosing it, which is of whole answers: a
#: reader writes.
_WRITING = 4.0


def carry_out(
    store: Store,
    settings: Settings,
    run: RunSummary,
    progress: Progress,
    make_embedder: Callable[[str], Embedder],
) -> None:
    """Carry a job out, or go on with it.

    Raises:
        Cancelled: as the progress asked; what was trained so far is kept.
        JourneysError: as the training does.
    """
    job = EncoderJob.of(run)
    embedder = make_embedder(DiscoveryConfig().embedder)
    if job.step == "encoder":
        _train(store, settings, run.log_id, job, progress, embedder)
    else:
        _teach(store, settings, run.log_id, job, progress, embedder)


def _train(
    store: Store,
    settings: Settings,
    log_id: int,
    job: EncoderJob,
    progress: Progress,
    embedder: Embedder,
) -> None:
    folder = encoders_folder(settings.models_dir)
    if _is_ready(job, settings):
        return  # The worker was killed after the last step.
    data = read_stored(store, log_id, embedder, progress=progress).data
    split = split_next(data, "last", new_items=True)
    config = PretrainingConfig(seed=job.seed)
    config = replace(config, epochs=job.epochs or epochs_for(data, split.train, config))
    progress.stage("train", 0, config.epochs)

    def told(done: int, most: int, score: float) -> None:
        progress.update(done)
        check(progress)

    train_encoder(
        data,
        split,
        config,
        name=job.name,
        folder=folder,
        told=store.logs.get(log_id).name,
        people=data.users,
        embedder=embedder.id,
        still_there=lambda: {person.pseudonym for person in store.logs.people(log_id)},
        on_epoch=told,
    )


def _teach(
    store: Store,
    settings: Settings,
    log_id: int,
    job: EncoderJob,
    progress: Progress,
    embedder: Embedder,
) -> None:
    from journeys.naming.tuning.model import Base
    from journeys.userllm.contextual import ContextConfig
    from journeys.userllm.fit_config import FitConfig

    own = encoder_folder(job.name, encoders_folder(settings.models_dir))
    if read_card(own) is not None:
        return
    trained = load(own)
    base = Base.of(job.base, settings.models_dir)
    log = read_stored(store, log_id, embedder, vocabulary=trained.vocabulary, progress=progress)
    if not set(log.data.users) <= set(trained.card.people):
        raise InputError(
            f"The encoder {job.name} learned from other people than those of this log. Train an "
            "encoder on this log first."
        )
    if log.data.contents.shape[1] != trained.encoder.config.content:
        raise ModelError(f"The encoder {job.name} was trained with another embedder.")
    newest = store.runs.latest_with_results(log_id)
    named = named_journeys(store, newest.id, progress=progress) if newest else {}
    config = FitConfig(
        context=ContextConfig(route="soft"),
        strategy="enc",
        # It is to write names: how likely each was beforehand is part of that.
        prior=False,
        writing=_WRITING,
        examples=job.examples,
        seed=job.seed,
        dtype="bfloat16" if base.of_catalogue else "float32",
    )
    teach(trained, log, named, base, own, config, run=newest.id if newest else 0, progress=progress)


def _is_ready(job: EncoderJob, settings: Settings) -> bool:
    try:
        own = encoder_folder(job.name, encoders_folder(settings.models_dir))
        return EncoderCard.read(own).ready
    except ModelError:
        return False
