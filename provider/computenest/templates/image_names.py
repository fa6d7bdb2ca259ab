"""What the text of an image property may be: the id of an image, a public image of the cloud, or neither.

Public images are named `family_version_…_alibase_date.vhd`, and ROS takes the beginning of such a name. The families
are those of the cloud's list of public images; a name of another family, or with a date that no calendar has, is none.
"""

from __future__ import annotations

import re
from datetime import date

_REGIONAL_ID = re.compile(r"m-[a-z0-9]{15,40}")  # a custom image's id, which exists in one region
# how the names of public images begin; old ones join the version to it (`centos7u2`, `win2008`)
_FAMILIES = (
    "alibaba",
    "alinux",
    "aliyun",
    "aliyunlinux",
    "alma",
    "almalinux",
    "anolis",
    "anolisos",
    "arch",
    "archlinux",
    "centos",
    "coreos",
    "debian",
    "fedora",
    "freebsd",
    "gentoo",
    "kylin",
    "lifsea",
    "openeuler",
    "opensuse",
    "redhat",
    "rhel",
    "rocky",
    "rockylinux",
    "sles",
    "suse",
    "ubuntu",
    "uos",
    "win",
    "windows",
    "winsvr",
)
# what may stand between a family and its version
_WORDS = r"(?:[ _.\-]?(?:cloud|coreos|desktop|enterprise|leap|linux|os|pro|server|stream|tumbleweed|v))*"
_PUBLIC = re.compile(
    rf"(?:{'|'.join(sorted(_FAMILIES, key=len, reverse=True))}){_WORDS}(?:[ _.\-]?[0-9][\w .()+\-]*|[ _.\-]*)",
    re.IGNORECASE | re.ASCII,
)
_DATED = re.compile(r".*_([0-9]{4})([0-9]{2})([0-9]{2})(?:\.(?:vhd|raw|qcow2))?", re.IGNORECASE)


def is_regional_id(text: str) -> bool:
    """Whether `text` is the id of a custom image: it exists in one region."""
    return text.startswith("m-") and _REGIONAL_ID.fullmatch(text) is not None


def is_public_image(text: str) -> bool:
    """Whether `text` names images that the cloud itself offers in every region, or stands for some (`CentOs*`)."""
    if "*" in text:
        return True  # a pattern, or an id that documentation has masked
    if _PUBLIC.fullmatch(text) is None:
        return False
    dated = _DATED.fullmatch(text)
    if dated is None:
        return True
    try:
        date(*map(int, dated.groups()))
    except ValueError:
        return False
    return True


def is_dated_image(text: str) -> bool:
    """Whether `text` is the whole name of one public image, which is withdrawn some day."""
    return "*" not in text and _DATED.fullmatch(text) is not None and is_public_image(text)
