"""The main policy as the controller keeps it, and the optimised rules that it derives."""

import yaml

STATIC = ("eth_src", "eth_dst", "ip_src", "ip_dst", "tcp_src", "tcp_dst", "eth_type")
CLASSIFIERS = ("payload", "statistical")


class Policy:
    """A policy that was read from a YAML file. Immutable: a change makes a new one."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.main = yaml.safe_load(file)
        self.mode = next(iter(self.main["tc_policies"].values()))["mode"]
        self.identity = self.main["identity"]
        self.rules = list(self._optimise())

    def queue(self, treatment):
        """The switch queue of a treatment; KeyError for one that does not exist."""
        return self.main["qos_treatment"][treatment]

    def _optimise(self):
        # As in the original: the first stanza of each rule only, and nothing for match_type "all".
        ruleset = next(iter(self.main["tc_rules"].values()))
        for rule in ruleset:
            stanza = rule["conditions_list"][0]
            if stanza["match_type"] != "any":
                continue
            for condition, value in stanza.items():
                if condition != "match_type":
                    yield self._item(condition, value, rule["actions"])

    def _item(self, condition, value, actions):
        item = {"condition": condition, "value": value, "instruction": "none"}
        if condition in CLASSIFIERS:
            item.update(
                type=condition,
                install_type="to_dpae",
                match="any",
                table="ft_tc",
                action="parser.OFPActionOutput(dpae_port)",
                instruction="apply actions, gototable +1",
            )
            return item
        item.update(
            type="static" if condition in STATIC else "identity",
            install_type="immediate" if condition in STATIC else "on_identity",
            match={condition: value},
            table="ft_tt",
            action={"Set-Queue": self.queue(actions["set_qos"])},
        )
        return item
