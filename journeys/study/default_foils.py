"""Made-up journeys that ship: plausible, specific, and of fields that nobody minds.

Each could be anybody's, so that saying yes to it tells of the answer and not of the journey. They
are of different fields, and those whose words occur in a person's log are passed over
(:func:`journeys.study.foils.choose_foils`). A lab can write others into its design.
"""

from __future__ import annotations

from journeys.study.design import Foil

FOILS = (
    Foil(
        (
            "gardening",
            "bonsai",
            "growing a first bonsai from a nursery juniper",
            "wiring and pruning a juniper into a windswept bonsai",
            "easing wire off juniper branches before it scars the bark",
        ),
        (
            "Juniper bonsai from nursery stock, start to finish",
            "When to repot a bonsai: reading the roots",
            "Aluminium or copper wire for thin branches?",
            "Akadama, pumice and lava: which bonsai soil",
        ),
    ),
    Foil(
        (
            "crafts",
            "bookbinding",
            "binding notebooks by hand",
            "sewing a linen-covered notebook with a Coptic stitch",
            "keeping even tension in a Coptic stitch with waxed thread",
        ),
        (
            "Coptic stitch binding for beginners",
            "Which way does the paper grain run?",
            "Making book cloth from linen at home",
            "Bone folder, awl, press: a bookbinder's first tools",
        ),
    ),
    Foil(
        (
            "animals",
            "beekeeping",
            "keeping a first hive of honey bees",
            "bringing one hive through its first winter",
            "checking a hive's weight and vents before the first frost",
        ),
        (
            "First hive inspection of the spring",
            "Top-bar or Langstroth hive?",
            "How to spot the queen among the brood",
            "Feeding syrup in autumn: how much, until when",
        ),
    ),
    Foil(
        (
            "woodworking",
            "woodturning",
            "turning wooden bowls on a small lathe",
            "turning a salad bowl from green ash",
            "stopping tear-out on the end grain of an ash bowl",
        ),
        (
            "Bowl gouge angles explained",
            "Turning green wood without cracks",
            "A food-safe finish for a salad bowl",
            "Setting up a mini lathe in a garage",
        ),
    ),
    Foil(
        (
            "astronomy",
            "stargazing",
            "finding galaxies with a small telescope",
            "star-hopping to the Messier galaxies from a suburb",
            "aligning a red-dot finder on a 130 mm reflector",
        ),
        (
            "Messier list: what a small telescope shows",
            "Star-hopping to the Whirlpool galaxy",
            "Collimating a Newtonian in five minutes",
            "Light pollution filters: are they worth it?",
        ),
    ),
    Foil(
        (
            "collecting",
            "fountain pens",
            "restoring old fountain pens",
            "resaccing lever-filler fountain pens of the 1940s",
            "cutting a latex sac to length for a lever filler",
        ),
        (
            "How to replace the ink sac of a lever filler",
            "Smoothing a scratchy nib with micromesh",
            "Shellac or glue for pen sacs?",
            "Flea market pens: what to look for",
        ),
    ),
    Foil(
        (
            "water sports",
            "sailing",
            "learning to sail a single-handed dinghy",
            "gybing a dinghy in a fresh breeze without capsizing",
            "when to move the weight across during a gybe",
        ),
        (
            "Dinghy sailing: the gybe, step by step",
            "Rigging a Laser in ten minutes",
            "Righting a capsized dinghy alone",
            "Kicker, cunningham, outhaul: what each does",
        ),
    ),
    Foil(
        (
            "puzzles",
            "speed cubing",
            "solving the cube in under thirty seconds",
            "learning the full set of last-layer cases",
            "drilling finger tricks for the T and Y permutations",
        ),
        (
            "From beginner's method to CFOP",
            "OLL cases in the order to learn them",
            "Look-ahead drills for F2L",
            "Lubing a magnetic speed cube",
        ),
    ),
    Foil(
        (
            "textiles",
            "weaving",
            "weaving scarves on a rigid heddle loom",
            "weaving a houndstooth scarf on a rigid heddle loom",
            "keeping straight selvedges in a two-colour warp",
        ),
        (
            "Warping a rigid heddle loom alone",
            "Houndstooth with two colours of wool",
            "How to keep your selvedges straight",
            "Wet finishing a woollen scarf",
        ),
    ),
)
