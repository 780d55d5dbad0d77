"""Scenarios: functions scenario_NAME(lab), found by their names. Each asserts what the controller
received, what the switch's flow table holds, and what the hosts saw.
"""

from network import wait_for


def needs(**what):
    """What the lab is to know before: bridges, seconds (time-out), slow (not run by default)."""

    def mark(function):
        function.needs = what
        return function

    return mark


def session(lab, policy, mode, vlan=None, **settings):
    """Everything started, and the DPAE joined; settings are those of its configuration."""
    lab.start_controller(policy, mode)
    lab.start_switch(vlan)
    lab.start_dpae(**settings)
    return lab.joined()


def settle(lab, seconds=2):
    """Waits until frames are returned: the tc state was answered a moment before."""
    wait_for(lambda: lab.ping(2) == (2, 2, 0), seconds, "pings through the DPAE")
