"""The console page as people see it, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alibabacloud_computenest20210601 import models as user
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from emulator import offers
from emulator.browser import Page, open_browser
from emulator.harness import GOLDEN_2, REGIONS, Cloud
from emulator.offers import CONTROL_REGION, metadata, relation

pytestmark = pytest.mark.wire

HOSTILE = "\"><script>document.title='x'</script><img src=x onerror=\"document.title='x'\">&amp;"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory, _no_proxy: None) -> Iterator[Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: Chrome, cloud: Cloud) -> Page:
    return Page(driver, cloud.handle["endpoint"], cloud.handle["console_token"]).enter()


def _offer(cloud: Cloud, artifact_id: str, **more: str) -> str:
    service_id = offers.save(cloud, metadata(relation(artifact_id), offers.upload(cloud)), share_type="Public", **more)
    offers.publish(cloud, service_id)
    return service_id


def _deploy(cloud: Cloud, service_id: str, region: str, name: str = "mine") -> str:
    request = user.CreateServiceInstanceRequest(
        region_id=CONTROL_REGION, service_id=service_id, name=name, parameters={"RegionId": region}
    )
    return cloud.user().create_service_instance(request).body.service_instance_id


def test_an_empty_cloud_says_so(page):
    page.look()
    assert page.driver.title == "Embedded cloud"
    assert all(page.says_nothing(table) for table in ("packages", "services", "instances"))
    assert page.complaints() == []


def test_the_printed_address_opens_it_and_its_token_goes_from_the_bar(page):
    assert page.driver.current_url == page.address
    page.driver.delete_all_cookies()
    page.look()
    assert "computenest cloud status" in page.driver.page_source
    assert page.driver.find_elements(By.TAG_NAME, "table") == []


def test_a_page_whose_name_is_made_to_mean_this_machine_gets_no_keys(cloud, page):
    """DNS rebinding: evil.example means 127.0.0.1 to this browser, so the page is of one origin with the server."""
    ask = """
        const done = arguments[0];
        const headers = {"x-cloud-control": "1", "content-type": "application/json"};
        const sts = {method: "POST", headers, body: JSON.stringify({account: "hub"})};
        Promise.all([["/_cloud/sts", sts], ["/console", {}]].map(([path, how]) => fetch(path, how).then(
            answer => answer.text().then(text => [answer.status, text])))).then(done);
    """
    page.driver.get(f"http://evil.example:{cloud.handle['port']}/")
    (keys, said), (console, text) = page.driver.execute_async_script(ask)
    assert (keys, console) == (403, 403)
    assert "access_key" not in said
    assert "Embedded cloud" not in text


def test_packages_services_and_instances(cloud, page):
    artifact_id = cloud.released()
    service_id = _offer(cloud, artifact_id)
    instance_id = _deploy(cloud, service_id, "cn-beijing")
    cloud.advance(61)
    delivered = cloud.versions(artifact_id)[0].image_delivery
    page.look()
    assert page.rows("packages") == [
        [f"web\n{artifact_id}", "1", region, "Available", delivered[region], "public"] for region in sorted(REGIONS)
    ]
    assert page.rows("services") == [[f"web\n{service_id}", "1", "Online", "Public", "image_web → web 1"]]
    ((name, account, region, service, status, runs),) = page.rows("instances")
    assert (name, account, region, service) == (f"mine\n{instance_id}", "customer", "cn-beijing", "web 1")
    assert status == "Deployed"
    assert runs.startswith(f"Server runs {delivered['cn-beijing']} (web 1)\ni-")
    page.driver.find_element(By.CSS_SELECTOR, "#instances a").click()
    assert page.driver.find_element(By.CSS_SELECTOR, "td:target").text == delivered["cn-beijing"]
    assert page.complaints() == []


def test_it_follows_a_delivery_and_a_deployment(cloud, page):
    cloud.fault({"kind": "fail_copy", "message": "No room."}, match={"region": "cn-shanghai"})
    artifact_id = cloud.released("web", regions=("cn-beijing",))
    service_id = _offer(cloud, artifact_id)
    cloud.draft(artifact_id=artifact_id, source=GOLDEN_2)
    cloud.release(artifact_id)
    cloud.advance(30 + 240 * 1.1 + 60)
    running = {row[2]: row[3] for row in page.look().rows("packages") if row[1] == "draft"}
    assert running["cn-beijing"].startswith("Creating ")
    assert running["cn-beijing"].rstrip().endswith("%")
    cloud.advance(3600)
    done = {row[2]: row[3] for row in page.look().rows("packages") if row[1] == "draft"}
    assert done["cn-shanghai"] == "Failed\nInternalError: No room."
    assert done["cn-hangzhou"] == "Available"
    _deploy(cloud, service_id, "cn-beijing", "one")
    cloud.advance(1)
    assert [row[4] for row in page.look().rows("instances")] == ["Deploying"]
    _deploy(cloud, service_id, "cn-shenzhen", "two")
    cloud.advance(61)
    one, two = page.look().rows("instances")
    assert one[4] == "Deployed"
    assert cloud.versions(artifact_id)[1].image_delivery["cn-beijing"] in one[5]
    assert two[4].startswith("DeployedFailed\nArtifactNotInRegion: ")
    assert two[5] == "—"


def test_it_follows_the_cloud_by_itself(cloud, page):
    page.look()
    assert page.says_nothing("packages")
    page.driver.execute_script("window.isTheSame = true")
    search = page.driver.find_element(By.NAME, "q")
    search.send_keys("we")
    cloud.draft("web")
    wait = WebDriverWait(page.driver, 20, ignored_exceptions=(StaleElementReferenceException, NoSuchElementException))
    wait.until(lambda _: [row[0].split("\n")[0] for row in page.rows("packages")][:1] == ["web"])
    assert page.driver.execute_script("return window.isTheSame"), "nothing was loaded anew"
    assert search.get_attribute("value") == "we", "what somebody is typing stays"
    assert page.complaints() == []


@pytest.mark.parametrize("width", [420, 700, 1300])
def test_no_page_scrolls_sideways(cloud, page, width):
    artifact_id = cloud.released("a package with a rather long name")
    service_id = _offer(cloud, artifact_id)
    _deploy(cloud, service_id, "cn-beijing")
    cloud.draft(artifact_id=artifact_id, source=GOLDEN_2)
    cloud.release(artifact_id)
    cloud.advance(30 + 240 * 1.1 + 60)
    cloud.fault({"kind": "throttle"}, match={"action": "CopyImage"})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for name in ("", "/matrix", "/distribution", "/images", "/reviews", "/faults", "/calls"):
            page.look(name)
            assert page.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"), name
            wide = page.driver.execute_script(
                "return [...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1)"
                ".map(e => e.firstElementChild.id)"
            )
            assert width > 600 or set(wide) <= {"matrix"}, f"{name}: on a telephone a table is a list"
            if name:
                assert page.driver.find_element(By.CSS_SELECTOR, "nav [aria-current]").is_displayed()
        assert page.complaints() == []
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_are_text(cloud, page):
    """Every text that somebody can choose: none of it becomes part of the page, and no script could run anyhow."""
    artifact_id = cloud.released(HOSTILE)
    text = metadata(relation(artifact_id, literal=HOSTILE), offers.upload(cloud))
    service_id = offers.save(cloud, text, share_type="Public", name=HOSTILE)
    offers.publish(cloud, service_id)
    _deploy(cloud, service_id, "cn-beijing", HOSTILE[:64])
    cloud.fault({"kind": "fail_service", "message": HOSTILE})
    offers.update(cloud, offers.save(cloud, text, name="other"), deploy_metadata=text)
    cloud.advance(61)
    page.look()
    assert page.driver.title == "Embedded cloud"
    assert page.driver.find_elements(By.CSS_SELECTOR, "main script, body > script ~ script, img, [onerror]") == []
    assert {row[0].split("\n")[0] for row in page.rows("packages")} == {HOSTILE}
    named, failed = page.rows("services")
    assert named[0].startswith(HOSTILE)
    assert named[4] == f"{HOSTILE} → {HOSTILE} 1"
    assert HOSTILE in failed[2]
    assert page.rows("instances")[0][0].startswith(HOSTILE[:64])
    assert page.complaints() == []
