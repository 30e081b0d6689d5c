"""What several pages share: the store, the session's keys, and pieces of screen."""
