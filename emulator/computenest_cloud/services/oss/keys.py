"""Whose key a request for an object is signed with. fact: oss-001, oss-002, oss-007"""

from dataclasses import replace

from computenest_cloud.clock import wall_now
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.oss.buckets import Signer
from computenest_cloud.services.oss.signing import SKEW_S, Claim, SignedRequest, claim_of
from computenest_cloud.world import World


def signer_of(world: World, request: SignedRequest, region: str) -> Signer | None:
    """None: nobody signed. `region`: the bucket's, "" where there is none yet.

    Raises `ServiceError` where the signature is not good.
    """
    claim = claim_of(request)
    if claim is None:
        return None
    signer, secret = _key(world, claim)
    if claim.region and region and claim.region != region:
        raise ServiceError(403, "InvalidArgument", "Invalid signing region in Authorization header.")
    if not claim.matches(secret):
        raise ServiceError(403, "SignatureDoesNotMatch", "The signature does not match the one calculated.")
    if claim.expires_at is not None and claim.expires_at < world.clock.lifetime_now():
        raise ServiceError(403, "AccessDenied", "Request has expired.")
    if claim.dated_at is not None and abs(claim.dated_at - wall_now()) > SKEW_S:
        raise ServiceError(403, "RequestTimeTooSkewed", "The request's time and the server's differ too much.")
    return replace(signer, region=claim.region)


def _key(world: World, claim: Claim) -> tuple[Signer, str]:
    store = world.store
    for account in store.accounts:
        if account.access_key_id == claim.key_id:
            return Signer.of(account), account.access_key_secret
    session = store.sessions.get(claim.key_id)
    if session is None:
        raise ServiceError(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.")
    if claim.security_token != session.security_token:
        raise ServiceError(403, "InvalidSecurityToken", "The security token is not valid.")
    now_s = world.clock.lifetime_now() if session.object_key else world.now
    if session.expires_at <= now_s:
        raise ServiceError(403, "SecurityTokenExpired", "The security token has expired.")
    return Signer.of(world.account(session.account), session), session.access_key_secret
