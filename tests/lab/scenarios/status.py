"""The status page: what an operator and Prometheus see of all this."""

from network import wait_for
from scenarios import session


def labels(**what):
    return frozenset({"interface": "dp0", **what}.items())


def treatments(lab, classifier):
    """How many flows it has told a treatment of."""
    return sum(
        value
        for (name, pairs), value in lab.metrics().items()
        if name == "dpae_treatments_total" and ("classifier", classifier) in pairs
    )


def scenario_status_of_a_session(lab):
    """A session comes up, advises, is lost with the controller and comes back."""
    session(lab, "both", "active")
    wait_for(lambda: lab.health() == (200, "ok\n"), 5, "a good health")
    status = lab.status()
    [interface] = status["interfaces"]
    [worker] = interface["workers"]
    assert (status["state"], status["reasons"]) == ("ok", []), status
    assert (interface["name"], interface["mode"]) == ("dp0", "active")
    assert interface["policy"] == "in force" and interface["promiscuity"] >= 1
    assert interface["session"]["up"] and interface["session"]["phase"] == "up"
    assert [worker["pid"]] == lab.workers() and worker["up"]

    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)
    wait_for(
        lambda: lab.metrics()["dpae_advice_sent_total", labels()] >= 1, 3, "advice that was sent"
    )
    wait_for(
        lambda: lab.metrics()["dpae_injected_total", labels(worker="0")] >= 1, 3, "frames returned"
    )
    wait_for(lambda: treatments(lab, "payload_uri_1") >= 1, 3, "a treatment that was counted")
    metrics = lab.metrics()
    assert metrics["dpae_session_up", labels()] == 1
    assert metrics["dpae_sessions_total", labels()] == 1

    lab.controller.kill()
    wait_for(lambda: lab.health()[0] == 503, 15, "a bad health")
    assert "dp0: no session with the controller for " in lab.health()[1]
    [interface] = lab.status()["interfaces"]
    assert not interface["session"]["up"] and interface["session"]["note"]
    assert lab.metrics()["dpae_degraded", frozenset()] == 1

    lab.start_controller()
    wait_for(lambda: lab.health()[0] == 200, 30, "a good health again")
    assert lab.metrics()["dpae_sessions_total", labels()] == 2
