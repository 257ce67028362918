"""Reads OpenMetrics from stdin by the library that Prometheus' own project keeps for Python: strict, as scrapers are.

Prints every sample as JSON: [name, labels, value]. Ends with an error at the first thing that is not OpenMetrics.
"""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

samples = []
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family.name
    samples += [[sample.name, sample.labels, sample.value] for sample in family.samples]
print(json.dumps(samples))
