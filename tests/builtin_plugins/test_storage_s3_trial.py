"""Trying settings of S3 before they are saved: one sentence for each way in which they can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from faceforge_builtins.storage_s3.settings import Patience, Target
from faceforge_builtins.storage_s3.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_builtins.storage_s3.settings import S3Settings
    from faceforge_sdk import TrialReport

ACCESS_KEY, SECRET_KEY = "TESTACCESSKEY0001", "testsecretkey-0123456789abcdef"
KEYS = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}


def configured(settings: S3Settings) -> Target:
    return Target(settings.endpoint_url or "", settings.region, settings.access_key, settings.secret_key)


def attempt(url: str, stored: Mapping[str, Any] = KEYS, **config: Any) -> TrialReport:
    quick = Patience(probe_connect=1.0, probe_read=2.0)
    report = Trial(configured, quick).attempt({"endpoint_url": url, "bucket": "faceforge", **config}, stored)
    said = f"{report.summary} {report.advice} {report.values}"
    assert ACCESS_KEY not in said
    assert SECRET_KEY not in said
    return report


def sentence(report: TrialReport) -> str:
    return report.summary % report.values


def test_a_bucket_that_is_missing_is_made_and_nothing_else_is_left_behind(moto_server: Any) -> None:
    found = attempt(moto_server.url, bucket="trial-fresh")
    assert found.status == "ok"
    assert sentence(found).endswith("The bucket trial-fresh was not there and has been made.")
    again = attempt(moto_server.url, bucket="trial-fresh")
    assert sentence(again) == f"{moto_server.url} answers, and takes files into the bucket trial-fresh."
    assert "Contents" not in moto_server.client.list_objects_v2(Bucket="trial-fresh")


def test_a_bucket_that_can_not_be_made_is_named(weed: Any) -> None:
    found = attempt(weed.url, bucket="x..y")
    assert found.status == "error"
    assert "letters, digits, dots" in sentence(found)
    found = attempt(weed.url, bucket="Not_Allowed")
    assert (found.status, found.values["bucket"]) == ("error", "Not_Allowed")
    assert "could not be made (400 InvalidBucketName)" in sentence(found)


def test_nobody_listens(find_free_ports: Callable[[int], list[int]]) -> None:
    url = f"http://127.0.0.1:{find_free_ports(1)[0]}"
    found = attempt(url)
    assert (found.status, sentence(found)) == ("error", f"Nobody answers at {url}.")


@pytest.mark.parametrize(
    ("mode", "said"),
    [("silent", "does not answer in time"), ("garbage", "is no S3 server"), (500, "answered 500")],
)
def test_what_answers_is_not_what_it_should_be(
    moto_server: Any, start_proxy: Callable[[int], Any], mode: Any, said: str
) -> None:
    proxy = start_proxy(moto_server.port)
    proxy.fail(mode)
    found = attempt(proxy.url)
    assert found.status == "error"
    assert said in sentence(found)


def test_https_where_there_is_none(moto_server: Any) -> None:
    found = attempt(moto_server.url.replace("http://", "https://"))
    assert "No encrypted connection" in sentence(found)


def test_keys_are_refused_each_for_its_own_reason(weed: Any) -> None:
    wrong = attempt(weed.url, access_key="NOBODYSKEY", secret_key=SECRET_KEY)
    assert sentence(wrong) == f"{weed.url} does not know this access key."
    wrong = attempt(weed.url, secret_key="another")
    assert "the secret key is not the right one" in sentence(wrong)
    wrong = attempt(weed.url, stored={})
    assert sentence(wrong) == f"{weed.url} wants keys, and there are none."
    assert attempt(weed.url, bucket="shared").status == "ok"  # with the stored keys, none typed


def test_what_does_not_fit_is_told_without_asking_anybody() -> None:
    found = attempt("ftp://x")
    assert (found.status, found.values) == ("error", {})
    assert "http://127.0.0.1:8333" in found.summary


def test_a_trial_does_not_touch_what_is_there(moto_server: Any) -> None:
    moto_server.client.create_bucket(Bucket="trial-kept")
    moto_server.client.put_object(Bucket="trial-kept", Key="assets/aa/x", Body=b"kept")
    assert attempt(moto_server.url, bucket="trial-kept").status == "ok"
    [held] = moto_server.client.list_objects_v2(Bucket="trial-kept")["Contents"]
    assert held["Key"] == "assets/aa/x"
    with pytest.raises(ClientError):
        moto_server.client.head_object(Bucket="trial-kept", Key="faceforge-connection-test")
