"""Ranking: will this person like this item? Backbones, memory fusion and a leak-free protocol.

A small package that nothing in the core imports. It is shared by the memory view, which appends
what a person's closed partitions say to a recommender (LIBER's user interest fusion), and by the
ranker for agents. Importing it loads neither torch nor scikit-learn; the modules with networks
(``layers``, ``backbones``, ``fusion``, ``model``, ``training``) do.

    impressions   what was shown, to whom, when, and how it was liked; one log of any origin
    splits        random, by each user's own time, by the world's time
    features      what may be known of an impression before it happened
    backbones     LR, FM, DCN-v2, DIN, DIEN behind one interface
    fusion        what closed partitions say, attended to by the target item
    scores        AUC, GAUC, logloss, ECE with intervals over users
"""
