"""What people say of their journeys: summaries and exports of ratings."""
