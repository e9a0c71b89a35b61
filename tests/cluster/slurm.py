"""A whole Slurm on this machine: munged, slurmctld and slurmd as children of this process, everything in one folder."""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = {"munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client",
            "scontrol": "slurm-client", "squeue": "slurm-client"}
os.environ["PATH"] += ":/usr/sbin:/sbin"


def missing_packages():
    return sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})


def die_with_parent():
    """However the test ends, its daemons end with it (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


class Slurm:
    """Use as a context. No cgroups, no accounting, no file outside `folder`, no address but loopback."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.conf = self.folder / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        self.daemons = []

    def __enter__(self):
        try:
            self.start()
            return self
        except BaseException:
            self.__exit__()
            print(self.logs())
            raise

    def __exit__(self, *_):
        if len(self.daemons) == 3:
            self.command("scancel", "--full", "--user", str(os.getuid()), check=False)
            try:
                wait_for("jobs to end", lambda: not self.command("squeue", "--noheader", check=False), 20)
            except AssertionError:
                pass  # what is left over ends with the daemons
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def start(self):
        munge, key = self.folder / "munge", self.folder / "munge/key"
        for name in ("munge", "state", "spool", "log"):
            (self.folder / name).mkdir(parents=True)
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self.write_configuration(munge / "socket")
        self.daemon("munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={key}",
                    f"--pid-file={munge}/pid", f"--seed-file={munge}/seed", f"--log-file={self.folder}/log/munged.log")
        wait_for("munged", (munge / "socket").exists)
        self.daemon("slurmctld", "-D", "-f", self.conf)
        self.daemon("slurmd", "-D", "-f", self.conf, "-N", "node")
        wait_for("an idle node", lambda: "idle" in self.command("sinfo", "--noheader", "--format=%t", check=False))

    def write_configuration(self, munge_socket):
        controller, node = free_ports(2)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        log = self.folder / "log"
        self.conf.write_text(f"""\
ClusterName=loopback
SlurmctldHost={socket.gethostname().split(".")[0]}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={munge_socket}
CredType=cred/munge
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldLogFile={log}/slurmctld.log
SlurmdLogFile={log}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
JobRequeue=1
ReturnToService=2
KillWait=5
NodeName=node NodeAddr=127.0.0.1 NodeHostname={socket.gethostname().split(".")[0]} Port={node} CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")

        # Nothing here uses cgroups, but slurmd looks for them, also where there are none, unless told otherwise. Those
        # before version 23 cannot be told so: the first plugin looks only once it is used.
        version = int(self.command("slurmd", "-V").split()[-1].split(".")[0])
        plugin = "disabled" if version >= 23 else "cgroup/v1"
        (self.folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\nCgroupMountpoint={self.folder}\n")

    def daemon(self, *command):
        with open(self.folder / "log" / f"{command[0]}.out", "wb") as out:
            self.daemons.append(subprocess.Popen([str(word) for word in command], stdout=out, stderr=out,
                                                 stdin=subprocess.DEVNULL, env=self.environment,
                                                 preexec_fn=die_with_parent))

    def command(self, *command, check=True):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=self.environment,
                              timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def logs(self):
        return "\n".join(f"---- {path.name}\n" + path.read_text(errors="replace")[-4000:]
                         for path in sorted((self.folder / "log").glob("*")))
