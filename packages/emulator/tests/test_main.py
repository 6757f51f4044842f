"""`sagemaker-tuning-emulator`, and its control interface under `/_emulator/`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .calling import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client, Connect

COMMAND = Path(sys.executable).parent / "sagemaker-tuning-emulator"


class TestProcess:
    """`sagemaker-tuning-emulator`, and its control interface under `/_emulator/`."""

    @pytest.fixture
    def process(self) -> Iterator[subprocess.Popen[str]]:
        """An emulator in a process of its own."""
        arguments = "--tuning-jobs 6 --trials 8 --start 2026-03-02T09:00:00Z --rate 0"
        with subprocess.Popen(  # noqa: S603 - ours
            [COMMAND, *arguments.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            yield running
            running.kill()

    def ask(self, url: str, method: str = "GET", **body: object) -> dict[str, Any]:
        """The JSON response of the process."""
        request = urllib.request.Request(  # noqa: S310 - the emulator's own URL
            url, json.dumps(body).encode(), method=method
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
            answered: dict[str, Any] = json.load(response)
        return answered

    def test_a_port_in_use_is_one_line(self, emulator: Emulator) -> None:
        """It names the port that is taken, and exits with 1."""
        port = emulator.url.rpartition(":")[2]
        done = subprocess.run(  # noqa: S603 - ours
            [COMMAND, "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr == f"Error: port {port}: Address already in use\n"

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_life(self, process: subprocess.Popen[str], number: signal.Signals) -> None:
        """It prints its URL, runs, can be controlled, and ends cleanly on a signal."""
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"] + "/_emulator"
        truth = self.ask(f"{url}/truth")[f"{ACCOUNT}/us-east-1"]
        statuses = {
            job["HyperParameterTuningJobStatus"] for job in truth["tuning_jobs"]
        }
        assert statuses == {"InProgress", "Completed"}
        instants = re.findall(r"2026-[-0-9T:.]+Z", json.dumps(truth))
        assert max(instants) <= "2026-03-02T09:00:00.000Z"
        state = self.ask(f"{url}/clock", "POST", seconds=3600)
        assert state["clock"] == "2026-03-02T10:00:00.000Z"
        fault = self.ask(f"{url}/faults", "POST", kind="latency", seconds=0.0)
        assert fault["kind"] == "latency"
        planned = self.ask(
            f"{url}/plan",
            "POST",
            account="222222222222",
            region="eu-west-1",
            name="asked",
            trials=3,
            parallel=1,
            chances={"failed": 1.0},
        )
        assert len(planned["trials"]) == 3
        other = self.ask(
            f"{url}/environment", "POST", account="222222222222", region="eu-west-1"
        )
        assert other["AWS_DEFAULT_REGION"] == "eu-west-1"
        assert self.ask(f"{url}/faults", "DELETE")["calls"] == 0
        assert self.ask(f"{url}/calls") == {"calls": []}
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert (out, err, process.returncode) == ("", "", 0)

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "nothing", {}, 404),
            ("POST", "clock", {}, 400),
            ("POST", "faults", {"kind": "earthquake"}, 400),
            ("POST", "plan", {"account": ACCOUNT}, 400),
        ],
    )
    def test_bad_requests(
        self,
        emulator: Emulator,
        method: str,
        path: str,
        body: dict[str, Any],
        status: int,
    ) -> None:
        """An invalid path or argument is reported as such."""
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.ask(f"{emulator.url}/_emulator/{path}", method, **body)
        with caught.value:
            assert caught.value.code == status
            assert "error" in json.load(caught.value)

    def test_state_in_process(self, emulator: Emulator, client: Client) -> None:
        """The state has the clock, the address and the number of calls; calls can be
        read."""
        client.list_hyper_parameter_tuning_jobs(MaxResults=5)
        base = f"{emulator.url}/_emulator"
        state = self.ask(f"{base}/state")
        calls = self.ask(f"{base}/calls")["calls"]
        assert (state["calls"], state["url"]) == (1, emulator.url)
        assert calls[0]["params"] == {"MaxResults": 5}
        assert self.ask(f"{base}/calls", "DELETE")["calls"] == 0

    def test_metrics_in_process(
        self, emulator: Emulator, scope: Scope, connect: Connect
    ) -> None:
        """The metrics can be read, and the state counts the requested ones."""
        scope.plan("churn", trials=3)
        emulator.clock.move(seconds=20_000)
        base = f"{emulator.url}/_emulator"
        found = self.ask(f"{base}/metrics")[f"{ACCOUNT}/us-east-1"]["churn"]
        assert found.keys() == {trial.name for trial in scope.job("churn").trials}
        series = next(iter(found.values()))
        assert series[0]["MetricName"] == "validation:auc"
        assert set(series[0]["Averages"]) == {"60", "300"}
        query = {"MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}}
        for count in (3, 4):
            connect("cloudwatch").get_metric_data(
                MetricDataQueries=[{"Id": f"m{n}", **query} for n in range(count)],
                StartTime=emulator.clock.now - timedelta(days=1),
                EndTime=emulator.clock.now,
            )
        assert self.ask(f"{base}/state")["metrics"] == 7

    def test_details_in_process(self, emulator: Emulator) -> None:
        """A plan can have definitions, and the details can be read."""
        base = f"{emulator.url}/_emulator"
        self.ask(
            f"{base}/plan",
            "POST",
            account=ACCOUNT,
            region="us-east-1",
            name="asked",
            trials=2,
            definitions=[
                {"definition_name": "a", "instance_type": "ml.p3.2xlarge"},
                {"definition_name": "b", "spot": True},
            ],
        )
        emulator.clock.move(seconds=20_000)
        details = self.ask(f"{base}/details")[f"{ACCOUNT}/us-east-1"]
        trials = details["trials"]["asked"]
        kinds = [each["ResourceConfig"]["InstanceType"] for each in trials]
        assert kinds == ["ml.p3.2xlarge", "ml.m5.xlarge"]
        prices = {each["instance_type"]: each for each in details["prices"]}
        assert prices["ml.p3.2xlarge"]["price_per_hour"] == "3.8250000000"
