"""Who sent a request: its signature verified the way the real gateway does, permanent and temporary credentials.

One order for every way to sign: the key and its token, then the signature, then date and nonce. Never logs or returns
a secret.
"""

import hmac
from collections import OrderedDict

from computenest_cloud.clock import parse_time
from computenest_cloud.errors import ServiceError
from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Account
from computenest_cloud.wire.claim import Claim

DATE_TOLERANCE_S = 900.0
NONCE_LIMIT = 100_000


class Verifier:
    """fact: wire-003 to wire-009, wire-032."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def account_of(self, claim: Claim, *, now_s: float, wall_s: float) -> Account:
        account, secret = self._credentials(claim, now_s)
        if not hmac.compare_digest(claim.sign(secret).encode(), claim.signature.encode()) or not claim.is_body_intact:
            # The classic SDK reads what comes after the colon, and fails itself where there is none.
            message = "Specified signature is not matched with our calculation. server string to sign is:"
            raise ServiceError(400, "SignatureDoesNotMatch", f"{message}{claim.text}")
        self._check_freshness(claim, wall_s)
        return account

    def _credentials(self, claim: Claim, now_s: float) -> tuple[Account, str]:
        key_id, token = claim.key_id, claim.security_token
        for account in self._store.accounts:
            if account.access_key_id == key_id:
                if token:
                    message = "Specified SecurityToken mismatch with the AccessKey: the key is not a temporary one."
                    raise ServiceError(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
                return account, account.access_key_secret
        session = self._store.sessions.get(key_id)
        if session is None or session.object_key:  # an upload's credentials are for object storage only
            raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if not token:
            raise ServiceError(400, "MissingSecurityToken", "The SecurityToken is mandatory for temporary credentials.")
        if not hmac.compare_digest(token.encode(), session.security_token.encode()):
            raise ServiceError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        if now_s >= session.expires_at:
            raise ServiceError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
        owner = self._store.accounts.get(session.account)
        if owner is None:
            raise ServiceError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        return owner, session.access_key_secret

    def _check_freshness(self, claim: Claim, wall_s: float) -> None:
        date_s = parse_time(claim.date)
        if date_s is None or abs(wall_s - date_s) > DATE_TOLERANCE_S:
            raise ServiceError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        if claim.nonce in self._nonces:
            raise ServiceError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        if claim.nonce:
            self._nonces[claim.nonce] = None
            if len(self._nonces) > NONCE_LIMIT:
                self._nonces.popitem(last=False)
