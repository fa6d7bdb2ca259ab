"""The plugin, a process of its own."""

import gc

from computenest.serve import COLLECTED_AT_ONCE

gc.set_threshold(COLLECTED_AT_ONCE)  # before anything is loaded
