import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const dockerd = "/usr/sbin/dockerd";
/** Debian's busybox-static. */
const busybox = "/bin/busybox";

/** A Docker Engine of a test's own, with one image (`busybox`) and one network (`front`). */
export type RealDocker = {
  socketPath: string;
  /** Runs `docker WORDS…` and returns what it prints. */
  docker(...words: string[]): string;
  stop(): Promise<void>;
};

/**
 * Starts dockerd in a network namespace of its own, so that nothing of the machine's network
 * changes, with everything it keeps in a new directory.
 * @returns why there is none, where this machine cannot run one
 */
export async function startRealDocker(): Promise<RealDocker | string> {
  if (process.getuid?.() !== 0) return "only root can run a Docker Engine";
  for (const path of [dockerd, busybox]) {
    if (!existsSync(path)) return `needs ${path}: run tools/install-test-peers`;
  }
  const directory = mkdtempSync(join(tmpdir(), "signpost-dockerd-"));
  const socketPath = join(directory, "docker.sock");
  const child = spawn(
    "unshare",
    [
      ...["--net", dockerd, "--host", `unix://${socketPath}`],
      ...["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")],
      ...["--pidfile", join(directory, "pid"), "--storage-driver", "vfs", "--bridge", "none"],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const ended = once(child, "exit");
  ended.catch(() => {});
  const docker = (...words: string[]): string =>
    execFileSync("docker", ["--host", `unix://${socketPath}`, ...words], {
      encoding: "utf8",
      timeout: 60_000,
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await Promise.race([ended, delay(15_000, undefined, { ref: false })]);
    if (child.exitCode === null) child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilUp(() => child.exitCode !== null, socketPath);
    importBusybox(directory, docker);
    docker("network", "create", "--subnet", "172.31.77.0/24", "front");
    return { socketPath, docker, stop };
  } catch (error) {
    await stop();
    return `dockerd does not run here: ${(error as Error).message}\n${log}`;
  }
}

async function untilUp(hasEnded: () => boolean, socketPath: string): Promise<void> {
  for (let i = 0; i < 200 && !hasEnded(); i += 1) {
    if (existsSync(socketPath)) return;
    await delay(100);
  }
  throw new Error("it has ended, or is silent for 20 s");
}

/** No registry is asked: the image is one static program of this machine. */
function importBusybox(directory: string, docker: RealDocker["docker"]): void {
  const root = join(directory, "image");
  mkdirSync(join(root, "bin"), { recursive: true });
  mkdirSync(join(root, "tmp"));
  copyFileSync(busybox, join(root, "bin/busybox"));
  for (const applet of ["sh", "sleep", "test", "touch", "rm"]) {
    symlinkSync("busybox", join(root, "bin", applet));
  }
  const archive = join(directory, "image.tar");
  execFileSync("tar", ["-C", root, "-cf", archive, "."]);
  docker("import", archive, "busybox");
}
