# What bench/cases/iptc.mjs compares with: python-iptables, found by PYTHONPATH. Prints milliseconds as JSON.
import json
import sys
import time

import iptc


def milliseconds(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def add():
    for i in range(1000):
        iptc.easy.add_rule('filter', 'INPUT', {'protocol': 'tcp', 'tcp': {'dport': str(i + 1)}, 'target': 'ACCEPT'})


works = {'dump': lambda: iptc.easy.dump_table('filter'), 'add': add}
json.dump(milliseconds(works[sys.argv[1]]), sys.stdout)
