"""Put on the incumbent's path by its test: its requests go to the embedded cloud, and it waits no 25 seconds.

Nothing of the package or of what it depends on is changed on disk. Below all that they do themselves (addresses,
signatures, the choice of HTTPS) a request for the cloud's hosts is handed to the loopback address instead, as a hosts
file would, with the Host that was signed; a request for any other host fails.
"""

import os
import time
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

ENDPOINT = os.environ["EMBEDDED_CLOUD"]
HASTE = 100.0
CLOUD = ".aliyuncs.com"
_send, _sleep = HTTPAdapter.send, time.sleep


def _redirected(self, request, **options):
    parts = urlsplit(request.url)
    if not (parts.hostname or "").endswith(CLOUD):
        raise AssertionError(f"a request left the test: {request.method} {parts.hostname}")
    request.headers.setdefault("Host", parts.netloc)
    request.url = urlunsplit(("http", ENDPOINT, parts.path, parts.query, ""))
    return _send(self, request, **{**options, "proxies": {}})


HTTPAdapter.send = _redirected
time.sleep = lambda seconds: _sleep(seconds / HASTE)
