"""How well journeys are found and named: metrics, protocols, and anybody's results scored.

=============== ==================================================================
``partition``   B-cubed of two partitions
``overlapping`` extended B-cubed, where an event may have several labels
``playlists``   recall and precision of each true group, with two matching rules
``intervals``   macro averages with a bootstrap interval over users
``metrics``     the scoring rule of one user, and its summary over users
``labelled``    a log with its truth, vectors and corpus mean
``protocol``    extractors run and timed on a labelled log
``assignments`` a file of somebody's clusters, matched to the events of a log
``mixing``      constructed users, mixed from collections
``report``      tables and JSON
``naming_*``    the bench of names: ``groups`` cut in two, names ``given`` to them, human and
                other ``names`` in files, measures by ``words`` and by the ``judge``'s ``vectors``,
                ``cost``, ``scores`` and ``report``
``labelling``   which names people are asked about blind, and in what order
``label_files`` their labels as files
``agreement``   how well raters agree, people or models
``judging``     a language model that judges the labelled names
``judge_*``     its scores beside its agreement with people: ``report`` and ``tables``
=============== ==================================================================
"""
