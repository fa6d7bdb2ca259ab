"""One account's calls: a thin async face on the official, blocking client library.

This module encodes, bounds and places calls: parameters become query texts, a small thread pool runs them, the
endpoint follows from product and region. It never retries (the engine's one retry layer does), and it loads the
library on the first call only, because that costs 0.65 s.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from computenest.cloud.endpoints import Endpoint, Product, endpoint_of
from computenest.cloud.secret import Secret
from computenest.cloud.settings import Credentials
from computenest.cloud.wire import flatten, objects_in, text
from computenest.kernel.errors import Permanent
from computenest.kernel.values import Json

if TYPE_CHECKING:
    from computenest.cloud.library import Library

MAX_PAGE = 100  # MaxResults (facts §1.0)
COMPUTE_NEST_PAGE: Mapping[str, int] = MappingProxyType({"MaxResults": MAX_PAGE})

# Called before each call with the product, the action and the region.
CallHook = Callable[[Product, str, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What a client needs to know. `hook` sees every call before it is made; tests count with it."""

    credentials: Credentials
    default_credentials: Credentials
    region: str
    endpoint: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    hook: CallHook | None = None
    max_calls_in_flight: int = 16
    max_pages: int = 1000
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0


class Client:
    """Guarantees: 1. raises only errors of `kernel.errors`; 2. at most `max_calls_in_flight` at once; 3. no retry;
    4. a list is whole, or an error."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._pool = ThreadPoolExecutor(max_workers=options.max_calls_in_flight, thread_name_prefix="computenest-call")
        self._lock = threading.Lock()
        self._loaded: Library | None = None

    @property
    def region(self) -> str:
        """The control region."""
        return self._options.region

    async def call(
        self, product: Product, action: str, parameters: Mapping[str, object], *, region: str | None = None
    ) -> dict[str, Json]:
        """Makes one call and returns the answer's JSON object.

        Args:
            product: whose API.
            action: the API's name of the call.
            parameters: as objects; encoded as facts §1.0 has it.
            region: which region's endpoint, the control region where None.
        """
        where = region or self._options.region
        if self._options.hook is not None:
            self._options.hook(product, action, where)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._call, product, action, flatten(parameters), where)

    async def pages(
        self,
        product: Product,
        action: str,
        parameters: Mapping[str, object],
        rows: str,
        *,
        region: str | None = None,
        size: Mapping[str, int] = COMPUTE_NEST_PAGE,
    ) -> list[dict[str, Json]]:
        """Every row of a list that comes in pages with `NextToken` (facts §1.0).

        Args:
            product: whose API.
            action: the API's name of the call.
            parameters: as for `call`, without those of paging.
            rows: the answer's key that holds them.
            region: as for `call`.
            size: the parameter that asks for pages as large as they come.

        Raises:
            Permanent: the list does not end, or begins anew: what is missing from it could be taken for absent.
        """
        found: list[dict[str, Json]] = []
        tokens: list[str | None] = [None]
        while len(tokens) <= self._options.max_pages:
            paged = {**parameters, **size, "NextToken": tokens[-1]}
            answer = await self.call(product, action, paged, region=region)
            found += objects_in(answer, rows)
            following = text(answer.get("NextToken"))
            if not following:
                return found
            if following in tokens:
                raise self._endless(action, f"page {len(tokens)} leads back to page {tokens.index(following) + 1}")
            tokens.append(following)
        raise self._endless(action, f"it goes on after {self._options.max_pages} pages with {len(found)} rows")

    def required(self, answer: Mapping[str, Json], key: str, *, action: str) -> str:
        """What an answer must have.

        Raises:
            Transient: it has not, and the effect may have happened.
        """
        value = text(answer.get(key))
        if not value:
            from computenest.cloud.failures import Call, unusable_answer

            call = Call(action=action, region=self.region, host="")
            raise unusable_answer(key, call=call, request_id=text(answer.get("RequestId")))
        return value

    def endpoint(self, product: Product, *, region: str) -> Endpoint:
        """Where a product of that region is asked, for those that are not asked by `call`."""
        options = self._options
        return endpoint_of(product, region=region, overrides=options.endpoints, everything=options.endpoint)

    def keys(self) -> tuple[Secret, Secret, Secret]:
        """Access key id, secret and session token (empty for none) as they are now; blocks while they are fetched."""
        return self._library().keys()

    def close(self) -> None:
        """Lets running calls end, and takes no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _endless(self, action: str, why: str) -> Permanent:
        from computenest.cloud.failures import Call

        where = Call(action=action, region=self.region, host="")
        return Permanent(
            f"{where}: the cloud's list does not end: {why}",
            hint="run it again; if it stays so, report it to the cloud's support with this sentence",
        )

    def _call(self, product: Product, action: str, query: dict[str, str], region: str) -> dict[str, Json]:
        from computenest.cloud.failures import Call

        endpoint = self.endpoint(product, region=region)
        call = Call(
            action=action, region=region, host=endpoint.host, is_local=endpoint.is_loopback, product=product.value
        )
        return self._library().send(product, action, query, endpoint=endpoint, call=call)

    def _library(self) -> Library:
        with self._lock:
            if self._loaded is None:
                from computenest.cloud.library import Library

                self._loaded = Library(self._options)
            return self._loaded
