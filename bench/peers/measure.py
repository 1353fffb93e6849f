"""Runs a command, its output to nowhere, and prints what it used as one line of JSON.

usage: measure.py CORES COMMAND...
  CORES  how many of the processors it may use, the last ones of those allowed here; 0 for all
Node shows no child's resource usage, GNU time is not everywhere, and a shell's `times` knows no memory: wait4 has all, for
the child and those it waited for. The peak is that of the largest single process, and at least this one's (10 MB).
"""
import json, os, sys, time


def main():
    cores, command = int(sys.argv[1]), sys.argv[2:]
    pinned = cores > 0 and hasattr(os, "sched_setaffinity")
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        if pinned:
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    # Linux counts in KiB, macOS in bytes
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "exit": os.waitstatus_to_exitcode(status),
        "cpu": round(usage.ru_utime + usage.ru_stime, 4),
        "wall": round(wall, 4),
        "peak": usage.ru_maxrss * unit,
        "pinned": pinned,
    }))


main()
