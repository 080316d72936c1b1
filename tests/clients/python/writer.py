"""Appends numbered values through redis-py's Sentinel client and writes down what it was told about each, as LoadClient does; ends with its input."""
import argparse
import json
import os
import sys
import threading
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

TIMEOUT = 0.3
KEYS = 4

options = argparse.ArgumentParser()
for name in ("out", "prefix", "sentinels", "master"):
    options.add_argument("--" + name, required=True)
options = options.parse_args()
password = os.environ.get("REDIS_PASSWORD")

# A write that the library repeats by itself could be there twice: what failed is followed by the next number.
once = Retry(NoBackoff(), 0)
sentinels = Sentinel([address.rsplit(":", 1) for address in options.sentinels.split(",")],
                     sentinel_kwargs={"password": password, "socket_timeout": TIMEOUT, "retry": once})
master = sentinels.master_for(options.master, password=password, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=once)

stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()


def append(key, value):
    """The phase, the server that did it, and the error."""
    try:
        pipeline = master.pipeline(transaction=True)
        pipeline.rpush(key, value)
        pipeline.sadd(key + ":set", value)
        pipeline.info("server")
        return "ok", pipeline.execute()[2]["run_id"], ""
    except redis.exceptions.ResponseError as refused:
        return "fail", "", str(refused)
    except redis.exceptions.RedisError as broken:
        return "info", "", str(broken)


with open(options.out, "w", encoding="utf-8") as history:
    def record(side, key, value, phase, error):
        history.write(json.dumps({"t_ns": time.monotonic_ns(), "client": "d0-redis-py", "side": side, "op": "append", "key": key,
                                  "value": value, "phase": phase, "acks": -1, "error": error}) + "\n")

    value = acknowledged = 0
    while not stopped.is_set():
        value += 1
        key = f"{options.prefix}:{value % KEYS}"
        record("", key, value, "invoke", "")
        phase, side, error = append(key, value)
        record(side, key, value, phase, error)
        acknowledged += phase == "ok"
        if phase == "ok" and acknowledged == 3:
            print("flowing", flush=True)
        time.sleep(0.005)
