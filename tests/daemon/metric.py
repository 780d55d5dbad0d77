"""Reads metrics from standard input, prints the sum of those: metric.py NAME [LABEL=VALUE]."""

import sys

from prometheus_client.parser import text_string_to_metric_families

name = sys.argv[1]
wanted = dict(argument.split("=", 1) for argument in sys.argv[2:])
families = list(text_string_to_metric_families(sys.stdin.read()))
found = [
    sample.value
    for family in families
    for sample in family.samples
    if sample.name == name and wanted.items() <= sample.labels.items()
]
if not found:
    sys.exit(f"there is no {name} with {wanted}")
print(int(sum(found)))
