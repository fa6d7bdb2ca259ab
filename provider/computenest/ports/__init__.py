"""What the engine asks of the outside: a cloud, a clock, a place to show progress.

Adapters in `cloud` implement these; `engine` only ever sees them. Each method is one call of the cloud's API or one
bounded sequence of its pages; none retries (the engine's one retry layer does), and each raises only the errors of
`domain.errors`. All sequences come back complete (every page) and sorted. One module a family.
"""

from computenest.ports.packages import Artifacts, Caller, Clock, Cloud, ImageCopies, Images, Market, Progress

__all__ = ["Artifacts", "Caller", "Clock", "Cloud", "ImageCopies", "Images", "Market", "Progress"]
