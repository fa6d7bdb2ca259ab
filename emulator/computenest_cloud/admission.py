"""Which requests are let in, before anybody looks at them: by the name the client used, and by a token.

The cloud listens on the loopback interface, where every web page of the machine's browsers can send requests too: a
page's own name can be made to mean 127.0.0.1 (DNS rebinding), and the page then reads the answers. What holds the keys
of every account, control plane and console, therefore answers to the loopback interface's own names only, to no page
of another origin, and to who has the token of the handle (readable by its owner only). The products' own interfaces
verify signatures; they answer to the names that their clients use besides.
"""

import hmac
from ipaddress import ip_address

from starlette.requests import Request

CLOUD_DOMAIN = ".aliyuncs.com"  # buckets' and endpoints' names; nobody else can make them mean this machine


def host_name(host: str) -> str:
    """The name in a Host header, without the port, in lower case; "" where it is none.

    A current SDK whose endpoint was given with its scheme sends that along.
    """
    name = host.strip().lower().removeprefix("http://").removeprefix("https://")
    if name.startswith("["):  # an address of version 6 and nothing else
        address, _, rest = name[1:].partition("]")
        return address if ":" in address and (not rest or rest.startswith(":")) else ""
    return name.partition(":")[0] if name.count(":") <= 1 else ""


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_of_the_cloud(name: str) -> bool:
    """A name that a product's client uses for its endpoint or bucket, made to mean this machine by whoever runs it."""
    return name.endswith((".localhost", CLOUD_DOMAIN))


def is_from_another_origin(request: Request) -> bool:
    """Whether a page that this server did not send asks."""
    origin = request.headers.get("origin")
    return origin is not None and origin.lower() != f"http://{request.headers.get('host', '').lower()}"


def is_same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())
