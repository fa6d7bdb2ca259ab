"""The console page by plain HTTP: packages by region, services with associations, what instances run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from alibabacloud_computenest20210601 import models as user

from emulator import offers
from emulator.harness import REGIONS
from emulator.offers import CONTROL_REGION, metadata, relation


class _Rows(HTMLParser):
    """The data-* attributes of each row, with its text."""

    def __init__(self):
        super().__init__()
        self.rows = []
        self.is_inside = False

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.is_inside = bool(attrs)
            if attrs:
                self.rows.append({"text": "", **{name.removeprefix("data-"): value for name, value in attrs}})

    def handle_endtag(self, tag):
        if tag == "tr":
            self.is_inside = False

    def handle_data(self, data):
        if self.is_inside:
            self.rows[-1]["text"] += data + " "


def _fetch(cloud, path="/console"):
    cookie = f"computenest-console-{cloud.handle['port']}={cloud.handle['console_token']}"
    answer = cloud.send("GET", path, headers={"Cookie": cookie})
    return answer, answer.body.decode()


def _rows(cloud, path="/console"):
    answer, text = _fetch(cloud, path)
    assert answer.status == 200
    parser = _Rows()
    parser.feed(text)
    return parser.rows


def test_an_empty_cloud(cloud):
    answer, text = _fetch(cloud)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(re.findall("None\\.", text)) == 4, "packages, services, instances, container groups"


def test_packages_services_and_instances(cloud):
    artifact_id = cloud.released()
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)), share_type="Public")
    offers.publish(cloud, service_id)
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, name="mine", parameters={"RegionId": "cn-beijing"}
    )
    instance_id = cloud.user().create_service_instance(request).body.service_instance_id
    cloud.advance(61)
    rows = _rows(cloud)
    delivered = cloud.versions(artifact_id)[0].image_delivery
    assert {row["region"]: row["image"] for row in rows if "package" in row} == delivered
    assert all("Available" in row["text"] and "public" in row["text"] for row in rows if "package" in row)
    service = next(row for row in rows if "service" in row)
    assert (service["service"], service["version"], service["status"]) == (service_id, "1", "Online")
    assert "image_web → web 1" in " ".join(service["text"].split())
    instance = next(row for row in rows if "instance" in row)
    assert (instance["instance"], instance["region"], instance["status"]) == (instance_id, "cn-beijing", "Deployed")
    assert delivered["cn-beijing"] in instance["text"]
    assert "customer" in instance["text"]


def test_a_running_and_a_failed_delivery(cloud):
    cloud.fault({"kind": "fail_copy", "message": "No room."}, match={"region": "cn-beijing"})
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(30 + 240 * 1.1 + 60)
    running = {row["region"]: row["text"] for row in _rows(cloud)}
    assert sorted(running) == sorted(REGIONS)
    assert re.search(r"Creating \d+%", running["cn-shanghai"])
    cloud.advance(3600)
    assert "Failed" in next(row["text"] for row in _rows(cloud) if row["region"] == "cn-beijing")


def test_texts_are_escaped_and_secrets_absent(cloud):
    cloud.draft("<script>alert(1)</script>")
    _, text = _fetch(cloud)
    assert "<script>" not in text
    assert text.count("<script") == 1, "the page's own, by its nonce"
    assert "&lt;script&gt;" in text
    for account in cloud.handle["accounts"].values():
        assert account["access_key_secret"] not in text
        assert account["access_key_id"] not in text


def test_every_page_has_an_address_and_nothing_is_a_page_that_is_none(cloud):
    assert _fetch(cloud, "/console/nothing")[0].status == 404
    for name in ("matrix", "distribution", "images", "reviews", "faults", "calls"):
        answer, text = _fetch(cloud, f"/console/{name}")
        assert answer.status == 200
        assert re.search(rf'href="/console/{name}" aria-current="page"', text)
        nonce = re.search(r"script-src 'nonce-([^']+)'", answer.headers["content-security-policy"])[1]
        assert f'<script nonce="{nonce}">' in text
        assert nonce not in _fetch(cloud)[1], "another one each time"


def test_a_distribution_on_a_line_of_time_and_by_region(cloud):
    artifact_id = cloud.draft().artifact_id
    cloud.release(artifact_id)
    cloud.advance(30 + 240 * 1.1 + 60)
    rows = {row["region"]: row for row in _rows(cloud, "/console/images") if row["status"] == "Creating"}
    assert sorted(rows) == ["cn-beijing", "cn-shanghai"], "the hub's own is there, and is copied on"
    _, text = _fetch(cloud, "/console/distribution")
    copies = re.findall(r'<li data-image="(.*?)" data-from="(.*?)" data-region="(.*?)" data-status="(.*?)">', text)
    assert {(source, region) for _, source, region, status in copies if status == "Creating"} == {
        ("cn-hangzhou", region) for region in rows
    }
    percent = int(re.search(r"Creating (\d+)%", text)[1])
    assert 0 < percent < 100
    tile = re.search(r'aria-label="cn-beijing: (.*?)"', text)[1]
    assert tile == "0 copies there, 1 running, 0 waiting, 0 failed"
    cloud.advance(3600)
    _, text = _fetch(cloud, "/console/distribution")
    assert "1 copies there, 0 running" in re.search(r'aria-label="cn-beijing: (.*?)"', text)[1]
    bars = re.findall(r'<rect class="runs good" x="(.*?)%" width="(.*?)%"', text)
    assert len(bars) == len(copies)
    assert all(float(width) > 0 and float(x) + float(width) <= 100.01 for x, width in bars)


def test_rows_are_found_by_text_and_come_in_pages(cloud):
    for number in range(70):
        body = {"account": "supplier", "region": "cn-hangzhou", "name": f"mine-{number:02}"}
        cloud.control("POST", "images", body)
    names = [row["text"].split()[0] for row in _rows(cloud, "/console/images?q=mine-")]
    assert names == [f"mine-{number:02}" for number in range(69, 19, -1)]
    rest = [row["text"].split()[0] for row in _rows(cloud, "/console/images?q=mine-&page=2")]
    assert rest == [f"mine-{number:02}" for number in range(19, -1, -1)]
    assert _rows(cloud, "/console/images?q=mine-&page=99") == _rows(cloud, "/console/images?q=mine-&page=2")
    assert [row["text"].split()[0] for row in _rows(cloud, "/console/images?q=mine-07")] == ["mine-07"]
    assert _rows(cloud, "/console/images?q=nowhere") == []


def test_calls_faults_and_reviews(cloud):
    cloud.fault({"kind": "throttle"}, match={"action": "CopyImage"})
    cloud.draft()
    assert "CreateArtifact" in {row["action"] for row in _rows(cloud, "/console/calls")}
    (fault,) = [row for row in _rows(cloud, "/console/faults") if "kind" in row]
    assert (fault["kind"], "action CopyImage" in fault["text"]) == ("throttle", True)
    artifact_id = cloud.released("other")
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)), share_type="Public")
    offers.publish(cloud, service_id)
    (review,) = _rows(cloud, "/console/reviews")
    assert review["status"] in {"Submitted", "Approved", "Executed"}
