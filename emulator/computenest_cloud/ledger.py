"""Who made what and did not clean it up: the account book that a test reads at the end.

Counts what came into being through the API (a client's or Compute Nest's own), not what the catalogue or the control
plane put there. An empty ledger means: created minus deleted is nothing.
"""

from typing import Any

from computenest_cloud.cloud import Cloud
from computenest_cloud.services.oss.buckets import FILES
from computenest_cloud.store.records import Account, Image


def _image_rows(images: list[Image]) -> list[dict[str, str]]:
    return [
        {"image_id": image.image_id, "region": image.region, "name": image.name, "status": image.status}
        for image in images
    ]


def _account_rows(cloud: Cloud, account: Account) -> dict[str, Any]:
    store, mint = cloud.store, cloud.world.mint
    mine = [image for image in store.images if image.owner_uid == account.uid]
    made = [image for image in mine if not image.is_catalogue]
    regions = {image.image_id: image.region for image in mine}
    living = [a for a in store.artifacts if a.owner_uid == account.uid and a.deleted_at is None]
    return {
        "images_created": mint.total(f"created/{account.name}"),
        "images_deleted": mint.total(f"deleted/{account.name}"),
        "images_outstanding": _image_rows([image for image in made if image.role != "build"]),
        "build_images_outstanding": _image_rows([image for image in made if image.role == "build"]),
        "artifacts_outstanding": [{"artifact_id": a.artifact_id, "name": a.name} for a in living],
        "services_outstanding": [
            {"service_id": service.service_id}
            for service in store.services
            if service.owner_uid == account.uid and service.deleted_at is None
        ],
        "instances_outstanding": [
            {"instance_id": instance.instance_id, "region": instance.region, "status": instance.status}
            for instance in store.instances
            if instance.owner_uid == account.uid and instance.deleted_at is None
        ],
        "stacks_outstanding": [
            {"stack_id": stack.stack_id, "region": stack.region, "status": stack.status}
            for stack in store.stacks
            if stack.owner_uid == account.uid and stack.deleted_at is None
        ],
        **_storage_rows(cloud, account),
        "shares_outstanding": [
            {"image_id": share.image_id, "region": regions[share.image_id], "account": share.account_uid}
            for share in store.shares
            if share.image_id in regions
        ],
    }


def _storage_rows(cloud: Cloud, account: Account) -> dict[str, Any]:
    """What a registry holds counts for its owner: blobs that no repository needs any more would show there."""
    store = cloud.store
    registries = [instance for instance in store.registries if instance.owner_uid == account.uid]
    owned = {namespace.key for namespace in store.namespaces if namespace.owner_uid == account.uid}
    return {
        "repositories_outstanding": [
            {"repository_id": entry.repository_id, "name": f"{entry.namespace}/{entry.name}"}
            for entry in store.repositories
            if f"{entry.instance_id}/{entry.namespace}" in owned
        ],
        "blobs_outstanding": [
            {"bucket": instance.bucket, "name": found.name}
            for instance in registries
            for found in cloud.contents.blobs(instance)
        ],
        "files_outstanding": [
            {"bucket": found.bucket, "name": found.name}
            for found in store.objects
            if found.owner_uid == account.uid and found.bucket.startswith(FILES)
        ],
        "uploads_outstanding": [
            {"bucket": upload.bucket, "name": upload.name}
            for upload in store.uploads
            if upload.owner_uid == account.uid and upload.bucket.startswith(FILES)
        ],
    }


def report(cloud: Cloud) -> dict[str, Any]:
    accounts = {account.name: _account_rows(cloud, account) for account in cloud.store.accounts}
    return {
        "is_empty": not any(
            rows for account in accounts.values() for kind, rows in account.items() if kind.endswith("_outstanding")
        ),
        "accounts": accounts,
        "deliveries_in_flight": cloud.delivery.in_flight(),
        "deliveries_in_flight_peak": cloud.store.setting("deliveries_in_flight_peak", 0),
    }
