"""Sends one event by the vendor's own client: sender.py ADDRESS trigger|acknowledge|resolve

The routing key comes in the environment, so that it stands on no command line. Prints the key that the answer gives.
"""

import os
import sys

import pagerduty

address, action = sys.argv[1], sys.argv[2]
client = pagerduty.EventsApiV2Client(os.environ["ROUTING_KEY"], base_url=address)
if action == "trigger":
    key = client.trigger(
        "RAID degraded",
        "srv-01",
        dedup_key="raid-md0",
        severity="error",
        custom_details={"disks": {"failed": 1}},
        links=[{"href": "https://board.example/raid", "text": "board"}],
    )
elif action == "acknowledge":
    key = client.acknowledge("raid-md0")
else:
    key = client.resolve("raid-md0")
print(key)
