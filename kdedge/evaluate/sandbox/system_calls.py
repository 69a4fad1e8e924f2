"""The system calls a running program needs, and their numbers; everything else is denied.

A list of what is allowed, not of what is forbidden: a call that a newer kernel adds stays shut.
"""

SYSTEM_CALLS: dict[str, tuple[int | None, int | None]] = {
    # input and output on what is open already
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "close": (3, 57), "lseek": (8, 62),
    "fstat": (5, 80), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "pipe": (22, None), "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72), "ftruncate": (77, 46), "fsync": (74, 82),
    "fdatasync": (75, 83), "fadvise64": (221, 223), "flock": (73, 32), "close_range": (436, 436),
    "sendfile": (40, 71), "copy_file_range": (326, 285), "fstatfs": (138, 44),
    # files, which Landlock watches over
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "getdents64": (217, 61),
    "unlink": (87, None), "unlinkat": (263, 35), "mkdir": (83, None), "mkdirat": (258, 34),
    "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "truncate": (76, 45), "umask": (95, 166), "statfs": (137, 43),
    # memory
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216),
    "madvise": (28, 233), "brk": (12, 214), "mincore": (27, 232), "msync": (26, 227),
    # locks, signals to itself by timers, clocks, rest
    "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
    "membarrier": (324, 283), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "pause": (34, None),
    "alarm": (37, None), "setitimer": (38, 103), "getitimer": (36, 102),
    "restart_syscall": (219, 128), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "gettimeofday": (96, 169),
    "time": (201, None), "sched_yield": (24, 124),
    # questions about itself and the machine
    "times": (100, 153), "getrusage": (98, 165), "getrlimit": (97, 163), "getpid": (39, 172),
    "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148),
    "getresgid": (120, 150), "getpgrp": (111, None), "getpgid": (121, 155), "getsid": (124, 156),
    "uname": (63, 160), "sysinfo": (99, 179), "getrandom": (318, 278),
    "sched_getaffinity": (204, 123), "getcpu": (309, 168), "arch_prctl": (158, None),
    # the end
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
"""Name: number on (x86_64, aarch64); ``None`` where the architecture has no such call."""

FCNTL = (72, 25)
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
"""Duplicate, flags and locks; not F_SETOWN and F_SETSIG, which signal other processes."""

IOCTL = (16, 29)
IOCTL_REQUESTS = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)
"""Is it a terminal, its size, non-blocking, close on exec: what ``open`` and ``dup`` ask."""

PRLIMIT = (302, 261)
"""Reading limits of the process itself; with another process's id it is denied."""

CLONE3 = (435, 435)
"""Answered as unknown rather than denied, so that the C library falls back to a plain refusal."""
