#!/usr/bin/env python3
"""A thermometer with an LED: publishes a reading every two seconds, and switches the LED when it is told to.

Usage: device.py [HOST [PORT]]
"""

import random
import signal
import sys
import threading

import paho.mqtt.client as mqtt

ID = "python-thermometer"
BASE = f"devices/{ID}"
HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 1883


def on_connect(client, userdata, flags, reason_code, properties):
    # After every connect, also when the library has connected again by itself.
    if reason_code != 0:
        print(f"Refused: {reason_code}", file=sys.stderr, flush=True)
        return
    print(f"Connected to {HOST}:{PORT}.", flush=True)
    client.subscribe(f"{BASE}/led", qos=1)
    client.publish(f"{BASE}/status", "online", qos=1, retain=True)


def on_message(client, userdata, message):
    state = message.payload.decode()
    print(f"LED {state}", flush=True)
    client.publish(f"{BASE}/led/state", state, qos=1, retain=True)


def new_client():
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=ID, protocol=mqtt.MQTTv5)
    return mqtt.Client(client_id=ID, protocol=mqtt.MQTTv5)


stop = threading.Event()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: stop.set())

client = new_client()
client.username_pw_set("demo", "demo")
# The broker publishes this when the device disappears without a goodbye.
client.will_set(f"{BASE}/status", "offline", qos=1, retain=True)
client.on_connect = on_connect
client.on_message = on_message
client.connect(HOST, PORT, keepalive=30)
client.loop_start()

while not stop.is_set():
    client.publish(f"{BASE}/temperature", f"{random.uniform(20, 25):.1f}", qos=1)
    stop.wait(2)

client.publish(f"{BASE}/status", "offline", qos=1, retain=True).wait_for_publish(5)
client.disconnect()
client.loop_stop()
