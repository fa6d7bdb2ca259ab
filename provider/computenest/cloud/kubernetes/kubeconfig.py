"""How a cluster is reached, from a kubeconfig: its address, whom to trust, and who asks.

Read as kubectl reads it (client-go tools/clientcmd): token, token file, client certificate, password, or a program
that makes credentials (`exec`, client.authentication.k8s.io).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from computenest.cloud.secret import Secret
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import Invalid

_PROGRAM_S = 30.0
_MOST_NAMED = 10
_NEXT = "name a context of the kubeconfig, or mend it (`kubectl config view` shows it)"


@dataclass(frozen=True, slots=True)
class Access:
    """How one cluster is reached by one user.

    Args:
        name: of the context.
        server: `https://host:port`, without a slash at the end.
        namespace: of the context.
        trust: of the server and, where the user has one, the client's certificate; None for plain HTTP.
        headers: what each request carries to say who asks.
        server_name: what the server's certificate is to be for, "" for its host.
    """

    name: str
    server: str
    namespace: str
    trust: ssl.SSLContext | None
    headers: Mapping[str, Secret]
    server_name: str = ""


def read_kubeconfig(text: str, *, context: str = "", folder: Path | None = None, path: str = "kubeconfig") -> Access:
    """Reads one context of a kubeconfig; a program that it names for credentials is run.

    Args:
        text: the kubeconfig.
        context: which; "" for its current one.
        folder: where the paths in it are relative to; None refuses relative ones.
        path: the property that it comes from, for messages.

    Raises:
        Invalid: it is no kubeconfig, names what it does not hold, or its program is missing or fails.
    """
    return _Reader(_document(text, path), folder, path).access(context)


def ambient_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Those that $KUBECONFIG lists, or kubectl's own place."""
    listed = [one for one in environ.get("KUBECONFIG", "").split(os.pathsep) if one]
    return tuple(map(Path, listed)) or (Path.home() / ".kube" / "config",)


def kubeconfig_with(files: Sequence[Path], context: str, *, path: str) -> tuple[Path, str]:
    """The first of some kubeconfigs that has a context, or where none is named a current one; the first where none has.
    With its text, in which files that it names are where they are. Kubeconfigs that are not there count as empty.

    Raises:
        Invalid: none is there.
    """
    texts, missing = _texts(files)
    if not texts:
        raise Invalid(
            f"the kubeconfig {' or '.join(map(str, missing))} cannot be read",
            path=path,
            hint="name one with KUBECONFIG (`computenest cloud start --cluster main` makes one)",
        )
    file = next((one for one, text in texts.items() if _has(text, context)), next(iter(texts)))
    return file, with_absolute_paths(texts[file], file.parent.absolute())


def contexts_in(files: Sequence[Path]) -> tuple[str, ...]:
    """The names of all contexts of some kubeconfigs, each once."""
    return tuple(dict.fromkeys(name for text in _texts(files)[0].values() for name in _contexts(text)))


def ambient_kubeconfig(environ: Mapping[str, str], context: str = "") -> str:
    """The text of the kubeconfig that kubectl would read for a context, with the files that it names where they are.

    Raises:
        Invalid: there is none.
    """
    return kubeconfig_with(ambient_files(environ), context, path="cluster.kubeconfig")[1]


def _texts(files: Sequence[Path]) -> tuple[dict[Path, str], list[Path]]:
    """File -> text, and those that cannot be read."""
    found, missing = {}, []
    for file in files:
        try:
            found[file] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            missing.append(file)
    return found, missing


def _has(text: str, context: str) -> bool:
    return context in _contexts(text) if context else bool(_read(text).get("current-context"))


def _contexts(text: str) -> list[str]:
    return [str(one["name"]) for one in _rows(_read(text), "contexts") if one.get("name")]


def _rows(document: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    """Those of one of its lists."""
    listed = document.get(where)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _holders(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What names files and programs: its clusters and users."""
    for where, key in (("clusters", "cluster"), ("users", "user")):
        yield from (one[key] for one in _rows(document, where) if isinstance(one.get(key), dict))


def _read(text: str) -> Mapping[str, Any]:
    """Nothing of what is no kubeconfig: who uses it says so."""
    try:
        found = read_yaml(text, flavor="go")
    except Unreadable:
        return {}
    return found if isinstance(found, Mapping) else {}


def _document(text: str, path: str) -> Mapping[str, Any]:
    try:
        found = read_yaml(text, flavor="go")
    except Unreadable as error:
        raise Invalid(f"it is no kubeconfig: no YAML ({error.where})", path=path, hint=_NEXT) from None
    if not isinstance(found, Mapping) or not isinstance(found.get("clusters"), list):
        raise Invalid("it is no kubeconfig: it has no list of clusters", path=path, hint=_NEXT)
    return found


def with_absolute_paths(text: str, folder: Path) -> str:
    """The kubeconfig with the files that it names where they are, for a program that reads it from elsewhere; as it is
    where it names none, or cannot be read."""
    found = _read(text)
    named = False
    for holder in _holders(found):
        for field in _FILES:
            if holder.get(field) and not Path(str(holder[field])).is_absolute():
                holder[field], named = str(folder / str(holder[field])), True
    return json.dumps(found) if named else text


def refuse_machine(text: str, *, path: str) -> None:
    """Of a kubeconfig that comes from a cluster: whoever may write it there decides no program that runs on this
    machine, and no file of it that is read.

    Raises:
        Invalid: it is no kubeconfig, or names a program or a file.
    """
    for holder in _holders(_document(text, path)):
        named = [field for field in (*_FILES, "exec", "auth-provider") if holder.get(field)]
        if named:
            raise Invalid(
                f"the kubeconfig cannot be used: it names {named[0]}, and what comes from a cluster may name"
                " neither a program nor a file of this machine",
                path=path,
                hint="make it with a token, or with `kubectl config view --flatten`, which puts files into it",
            )


_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Mapping[str, Any]
    folder: Path | None
    path: str

    def access(self, context: str) -> Access:
        name = context or str(self.document.get("current-context") or "")
        if not name:
            raise self.invalid("it has no current context")
        chosen = self.named("contexts", name, "context")
        cluster = self.named("clusters", str(chosen.get("cluster") or ""), "cluster")
        user = self.named("users", str(chosen.get("user") or ""), "user") if chosen.get("user") else {}
        server = str(cluster.get("server") or "").rstrip("/")
        if not server.startswith(("https://", "http://")):
            raise self.invalid(f"its cluster {chosen.get('cluster')!r} has no server that begins with https://")
        user = {**user, **self.made_by_program(user)} if isinstance(user.get("exec"), Mapping) else user
        return Access(
            name=name,
            server=server,
            namespace=str(chosen.get("namespace") or "default"),
            trust=self.trust(cluster, user) if server.startswith("https://") else None,
            headers=self.headers(user),
            server_name=str(cluster.get("tls-server-name") or ""),
        )

    def invalid(self, what: str, hint: str = _NEXT) -> Invalid:
        return Invalid(f"the kubeconfig cannot be used: {what}", path=self.path, hint=hint)

    def named(self, where: str, name: str, key: str) -> Mapping[str, Any]:
        rows = _rows(self.document, where)
        for one in rows:
            if one.get("name") == name and isinstance(one.get(key), Mapping):
                found: Mapping[str, Any] = one[key]
                return found
        names = [str(one.get("name")) for one in rows] if key == "context" else []
        there = f"; its contexts: {', '.join(names[:_MOST_NAMED])}" if names else ""
        raise self.invalid(f"it has no {key} {name!r}{there}")

    def bytes_of(self, holder: Mapping[str, Any], key: str) -> bytes | None:
        """What `key-data` holds, or the file that `key` names."""
        if (inline := holder.get(f"{key}-data")) not in (None, ""):
            try:
                return base64.b64decode(str(inline), validate=True)
            except binascii.Error:
                raise self.invalid(f"its {key}-data is no base64") from None
        if (named := holder.get(key)) in (None, ""):
            return None
        return self.file(str(named)).encode()

    def file(self, named: str) -> str:
        file = Path(named).expanduser()
        if not file.is_absolute():
            if self.folder is None:
                raise self.invalid(f"it names the file {named} relative to a folder that nobody knows")
            file = self.folder / file
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise self.invalid(f"the file {file} that it names cannot be read: {why}") from error

    def trust(self, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
        try:
            context = self.believing(cluster)
            certificate, key = (self.bytes_of(user, f"client-{what}") for what in ("certificate", "key"))
            if certificate and key:
                with tempfile.NamedTemporaryFile(prefix="computenest-") as file:  # this user's alone, and gone again
                    file.write(certificate + b"\n" + key)
                    file.flush()
                    context.load_cert_chain(file.name)
        except (ssl.SSLError, UnicodeError, ValueError) as error:
            raise self.invalid("a certificate or key in it cannot be read") from error
        return context

    def believing(self, cluster: Mapping[str, Any]) -> ssl.SSLContext:
        if cluster.get("insecure-skip-tls-verify") is True:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        authority = self.bytes_of(cluster, "certificate-authority")
        if authority is None:
            return ssl.create_default_context()  # the machine's own authorities, which take 18 ms to read
        return ssl.create_default_context(cadata=authority.decode())

    def headers(self, user: Mapping[str, Any]) -> Mapping[str, Secret]:
        token = user.get("token")
        if not token and user.get("tokenFile"):
            token = self.file(str(user["tokenFile"])).strip()
        if token:
            return {"Authorization": Secret(f"Bearer {token}")}
        if user.get("username"):
            pair = base64.b64encode(f"{user['username']}:{user.get('password') or ''}".encode()).decode()
            return {"Authorization": Secret(f"Basic {pair}")}
        return {}

    def made_by_program(self, user: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the user's program says: a token, or a certificate with its key."""
        told: Mapping[str, Any] = user["exec"]
        listed = [one for one in told.get("args") or () if one is not None]
        command = [str(told.get("command") or ""), *map(str, listed)]
        environ = {str(one["name"]): str(one.get("value") or "") for one in told.get("env") or () if "name" in one}
        version = str(told.get("apiVersion") or "client.authentication.k8s.io/v1")
        about = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        environ["KUBERNETES_EXEC_INFO"] = json.dumps(about)
        wanted = str(told.get("installHint") or "").strip().replace("\n", " ")
        try:
            done = subprocess.run(  # noqa: S603  the program that the user's kubeconfig names
                command,
                env={**os.environ, **environ},
                cwd=self.folder,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=_PROGRAM_S,
                check=False,
            )
        except FileNotFoundError:
            hint = wanted or f"install {command[0]}, or use a kubeconfig with a token or a certificate"
            raise self.invalid(f"its program {command[0]!r}, which makes the credentials, is not here", hint) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self.invalid(f"its program {command[0]!r} did not answer: {type(error).__name__}") from None
        if done.returncode != 0:
            said = " ".join(done.stderr.split())[-300:]
            raise self.invalid(
                f"its program {command[0]!r} failed with exit code {done.returncode}: {said}", wanted or _NEXT
            )
        return self.credential(done.stdout, command[0])

    def credential(self, printed: str, program: str) -> Mapping[str, Any]:
        try:
            status = json.loads(printed)["status"]
            names = {"token": "token", "clientCertificateData": "client-certificate", "clientKeyData": "client-key"}
            found = {names[key]: str(value) for key, value in status.items() if key in names and value}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self.invalid(f"its program {program!r} printed no ExecCredential") from None
        for key in ("client-certificate", "client-key"):
            if key in found:
                found[f"{key}-data"] = base64.b64encode(found.pop(key).encode()).decode()
        return found
