"""A server for agents: what journeys.agents offers, over HTTP and the Model Context Protocol.

A package of its own that the core never imports; HTTP and the protocol need
requirements-serving.txt.

    operations  the five operations on users of the store, without any server
    weights     the shared weights in use, as the store has them
    publishing  a refresh of the shared weights in the store
    importing   a log of an agent into the store
    looking     what the store knows of users, for a page
    refreshing  when: on request, by the clock, after a withdrawal
    calls       one call of a key, from messages to messages
    faults      errors as answers
    vectors     a person's vector by a trained encoder
    people      journeys and vector of a user who is a person of a log
    gate        keys, scopes and limits: who may do what for whom, and how often
    limits      how often: token buckets
    messages    what comes in and goes out, bounded and documented
    guards      bodies that are too large, headers, and measuring, around every request
    metrics     what is counted
    app         the HTTP server
    tools       the same operations for the Model Context Protocol
    running     processes: HTTP, and standard input and output
"""
