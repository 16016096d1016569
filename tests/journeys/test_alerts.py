"""A browser asks to be alerted: the worker of web push runs under our content security policy and shows its line.

Chromium has no push service here (nothing outside this machine is called), so the subscription is refused and the page
says so; what a push service and a browser do with one is shown by tests/server/push and tests/notifications/test_push.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.clinic import Clinic
from tests.journeys.story import staff_page
from tests.parts.browsers import Browsers
from tests.parts.ports import wait_until

ACTIVE = "return navigator.serviceWorker.getRegistration('/').then((one) => one?.active?.state ?? 'none')"
SHOWN = """
  return navigator.serviceWorker.getRegistration('/').then(async (one) => {
    await one.showNotification('You have an update', { tag: 'careroom' });
    return (await one.getNotifications()).map((shown) => shown.title);
  });
"""


@pytest.mark.timeout(180)
def test_the_worker_runs_under_our_policy_and_a_failure_is_said(clinic: Clinic, tmp_path: Path) -> None:
    with Browsers() as browsers:
        page = staff_page(browsers, clinic, "provider", permissions=["notifications"])
        page.press("button", "^Alert this device$")
        wait_until(lambda: page.run(ACTIVE) in {"activating", "activated"}, 20, "the worker of web push")
        assert page.run(SHOWN) == ["You have an update"]
        page.wait("alert", "")
        assert page.has("button", "^Alert this device$"), "what failed does not look as if it were on"
