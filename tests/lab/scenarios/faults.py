"""A controller that fails in every way: the DPAE recovers, and never believes an error."""

import time

from network import wait_for
from scenarios import needs, session

JOINING = ("create", "read", "send_conf_packet", "main_policy", "opt_rules", "tc_state")
KINDS = (
    {"kind": "status", "status": 400},
    {"kind": "status", "status": 500, "body": "Traceback (most recent call last): ..."},
    {"kind": "close"},
    {"kind": "garbage"},
    {"kind": "body", "body": '"{\\"half\\": '},
    {"kind": "body", "body": "[]"},
)


def join_despite(lab, calls, faults, **settings):
    """Starts the DPAE anew under each fault of each call; it has to join all the same."""
    lab.start_controller("both", "passive")
    lab.start_switch()
    for call in calls:
        for fault in faults:
            lab.order("clear")
            lab.order("fault", call=call, count=2, **fault)
            started = time.time()
            lab.start_dpae(controller_timeout=2, **settings)
            try:
                lab.joined(seconds=25, since=started)
                lab.await_calls("keepalive", since=started, status=200, seconds=10)
            except AssertionError as error:
                raise AssertionError(f"{call} with {fault}: {error}") from None
            lab.dpae.kill()


@needs(seconds=400)
def scenario_errors_while_joining(lab):
    """400, 500, closed connections, garbage, wrong and cut objects for each call of the join."""
    join_despite(lab, [call for call in JOINING if call != "send_conf_packet"], KINDS)


@needs(seconds=180)
def scenario_errors_at_the_confirmation(lab):
    """The same for the call whose answer means little: what counts is the frame."""
    join_despite(lab, ["send_conf_packet"], KINDS, phase3_queue_reads=1, phase3_sniff_dc_timeout=1)


@needs(seconds=300)
def scenario_endless_while_joining(lab):
    """A reply that never ends, or never comes, to each call of the join."""
    join_despite(lab, JOINING, ({"kind": "endless"}, {"kind": "hang"}))


def scenario_slow_controller(lab):
    """A slow controller is not a broken one."""
    lab.start_controller("payload", "passive")
    lab.order("fault", call="*", kind="delay", seconds=0.5)
    lab.start_switch()
    lab.start_dpae()
    lab.joined(seconds=15)
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)
    assert len(lab.calls("create")) == 1


def scenario_keepalive_is_behind_nothing(lab):
    """While advice and a policy wait for a controller that hangs, keepalives go on."""
    session(lab, "payload", "passive", controller_timeout=4, policy_poll_interval=0.5)
    lab.order("fault", call="classify", kind="delay", seconds=3)
    lab.order("fault", call="main_policy", kind="hang", count=1)
    asked = lab.await_calls("main_policy", since=time.time())[0]
    ports = [lab.curl("/static/index.html")[2] for _ in range(5)]
    since = time.time()
    beats = [call.t for call in lab.await_calls("keepalive", since=since, count=6, seconds=9)]
    assert all(later - earlier < 1.6 for earlier, later in zip(beats, beats[1:])), beats
    lab.order("clear")
    lab.await_calls("main_policy", since=asked.t + 4, seconds=8, status=200)
    for port in ports:
        lab.await_advice("treatment", port, seconds=15)
    assert len(lab.calls("create")) == 1


@needs(seconds=180)
def scenario_keepalive_failures(lab):
    """Fewer failures in a row than keepalive_retries do nothing; as many end the session."""
    session(lab, "payload", "passive", keepalive_interval=0.5)
    lab.order("fault", call="keepalive", kind="status", status=500, count=2)
    lab.await_calls("keepalive", status=500, count=2)
    since = time.time()
    lab.await_calls("keepalive", status=200, since=since, count=3)
    assert len(lab.calls("create")) == 1
    for fault in KINDS[:4]:
        since = time.time()
        # Without a count: a connection that closes at once is tried a second time by HTTP clients.
        lab.order("fault", call="keepalive", **fault)
        [again] = lab.await_calls("create", since=since, status=201)
        lab.order("clear")
        lab.joined(since=again.t)
        assert len(lab.calls("create", since=since)) == 1


@needs(seconds=180)
def scenario_advice_errors(lab):
    """Advice that is refused is given up; advice that got no answer is offered again."""
    session(lab, "payload", "passive", controller_timeout=2)
    lab.order("fault", call="classify", advice="treatment", kind="status", status=500, count=1)
    _, _, refused = lab.curl("/static/index.html")
    lab.await_calls("classify", status=500)
    for fault in ({"kind": "close"}, {"kind": "garbage"}, {"kind": "hang"}, {"kind": "endless"}):
        lab.order("clear")
        lab.order("fault", call="classify", advice="treatment", count=1, **fault)
        _, _, port = lab.curl("/static/index.html")
        wait_for(
            lambda port=port: lab.calls(
                "classify",
                status=200,
                where=lambda body: port in (body.get("tp_A"), body.get("tp_B"))
                and "treatment" in body["type"],
            ),
            10,
            f"the advice after {fault}",
        )
    for call in lab.calls("classify", where=lambda body: refused in body.values()):
        assert call.status == 500 or "treatment" not in call.body["type"], "a refusal was not taken"
    assert len(lab.calls("create")) == 1


def scenario_policy_faults(lab):
    """A policy that does not validate is reported and asked for again; the old one goes on."""
    session(lab, "payload", "passive", policy_poll_interval=1)
    lab.order("fault", call="main_policy", kind="body", body='{"tc_policies": {}}')
    since = time.time()
    lab.await_calls("main_policy", since=since, count=3, seconds=10)
    _, _, port = lab.curl("/static/index.html")
    lab.await_advice("treatment", port)
    assert len(lab.calls("create")) == 1
    assert "tc_policies" in lab.dpae.log.read_text(), "the log was to say what is wrong"
