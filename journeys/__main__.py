"""``python -m journeys``"""

from journeys.cli import main

raise SystemExit(main())
