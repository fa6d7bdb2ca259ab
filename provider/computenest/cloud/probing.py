"""Looks at what stands between this machine and the cloud: proxies, ports, clocks. Changes nothing."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from computenest.cloud.endpoints import Endpoint

TIMEOUT_S = 4.0


def proxy_of(endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """The proxy that calls to an endpoint go through, "" for none; never one for this machine (transport.py)."""
    if endpoint.is_loopback:
        return ""
    from requests.utils import should_bypass_proxies  # as transport.py asks it

    excluded = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if should_bypass_proxies(f"{endpoint.protocol}://{endpoint.host}", excluded):
        return ""
    name = f"{endpoint.protocol}_proxy"
    return environ.get(name) or environ.get(name.upper()) or ""


def connection_failure(address: str) -> str:
    """Why nothing listens at `host:port` or a URL, "" where a connection is made."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=TIMEOUT_S):
            return ""
    except ValueError:
        return "it is no host and port"
    except TimeoutError:
        return f"no connection within {TIMEOUT_S:.0f} s"
    except socket.gaierror:
        return "its name cannot be resolved"
    except OSError as error:
        return (error.strerror or type(error).__name__).lower()


def ahead_s(endpoint: Endpoint, *, proxy: str, now_s: float | None = None) -> float | None:
    """Seconds that this machine's clock is ahead of the endpoint's, by the `Date` of any answer; None for no answer.

    Args:
        endpoint: asked without a signature; what it says does not matter.
        proxy: as of `proxy_of`.
        now_s: this machine's time, in seconds since 1970; default: as it is.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({endpoint.protocol: proxy} if proxy else {}))
    began_s = time.time()
    date = None
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        try:
            with opener.open(f"{endpoint.protocol}://{endpoint.host}/", timeout=TIMEOUT_S) as answer:
                date = answer.headers.get("Date")
        except urllib.error.HTTPError as refusal:
            date = refusal.headers.get("Date")
            refusal.close()
    if not date:
        return None
    passed_s = time.time() - began_s
    with contextlib.suppress(ValueError):
        theirs_s = parsedate_to_datetime(date).timestamp() + passed_s / 2  # it was half a round trip ago
        return (began_s if now_s is None else now_s) + passed_s - theirs_s
    return None
