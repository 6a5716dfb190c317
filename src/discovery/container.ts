import { constants } from "node:os";

export type ContainerHealth = "none" | "starting" | "healthy" | "unhealthy";

export type NetworkAddress = { ipv4: string; ipv6: string };
export type PublishedPort = { port: string; hostIp: string; hostPort: number };

/** What the Docker Engine says of a container, as far as discovery asks. */
export type Container = {
  /** 64 hexadecimal digits. */
  id: string;
  /** Without the engine's leading slash. */
  name: string;
  labels: Readonly<Record<string, string>>;
  /** Wall time of the engine; 0: never started. */
  startedAtMs: number;
  isRunning: boolean;
  isPaused: boolean;
  /** `none`: the container has no HEALTHCHECK. */
  health: ContainerHealth;
  /** The network it was started on, or `host`, `none`, `container:ID`. */
  networkMode: string;
  /** Addresses by the name of the network; "" where there is none. */
  networks: ReadonlyMap<string, NetworkAddress>;
  /** Such as `80/tcp`, in the order of the engine. */
  exposedPorts: readonly string[];
  published: readonly PublishedPort[];
  /** What `docker stop` sends first. */
  stopSignal: number;
};

/** The members of the answer to `GET /containers/ID/json` that are read. */
export type InspectAnswer = {
  Id: string;
  Name?: string;
  State?: {
    Running?: boolean;
    Paused?: boolean;
    Restarting?: boolean;
    StartedAt?: string;
    Health?: { Status?: string } | null;
  };
  HostConfig?: { NetworkMode?: string };
  Config?: {
    Labels?: Record<string, string> | null;
    ExposedPorts?: Record<string, unknown> | null;
    StopSignal?: string;
  };
  NetworkSettings?: {
    Ports?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null;
    Networks?: Record<string, { IPAddress?: string; GlobalIPv6Address?: string }> | null;
  };
};

/** https://docs.docker.com/reference/api/engine/ : ContainerInspect. */
export function readContainer(answer: InspectAnswer): Container {
  const { State: state = {}, Config: config = {}, NetworkSettings: settings = {} } = answer;
  return {
    id: answer.Id,
    name: (answer.Name ?? "").replace(/^\//, ""),
    labels: config.Labels ?? {},
    startedAtMs: Math.max(0, Date.parse(state.StartedAt ?? "") || 0),
    // One that waits for its next start is "running" to the engine.
    isRunning: state.Running === true && state.Restarting !== true,
    isPaused: state.Paused === true,
    health: readHealth(state.Health?.Status),
    networkMode: answer.HostConfig?.NetworkMode ?? "",
    networks: readNetworks(settings.Networks ?? {}),
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    published: readPublished(settings.Ports ?? {}),
    stopSignal: signalNumber(config.StopSignal || "SIGTERM"),
  };
}

function readHealth(status: string | undefined): ContainerHealth {
  if (status === "starting" || status === "healthy" || status === "unhealthy") return status;
  return "none";
}

function readNetworks(
  networks: Record<string, { IPAddress?: string; GlobalIPv6Address?: string }>,
): Map<string, NetworkAddress> {
  const addresses = Object.entries(networks).map(([name, network]) => {
    const address = { ipv4: network.IPAddress ?? "", ipv6: network.GlobalIPv6Address ?? "" };
    return [name, address] as const;
  });
  return new Map(addresses);
}

function readPublished(
  ports: Record<string, { HostIp?: string; HostPort?: string }[] | null>,
): PublishedPort[] {
  return Object.entries(ports).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => {
      return { port, hostIp: HostIp ?? "", hostPort: Number(HostPort) };
    }),
  );
}

/** As Docker reads `STOPSIGNAL`: a number, a name with or without SIG, or SIGRTMIN+n. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  const realTime = /^SIGRTMIN(?:\+(\d+))?$/.exec(name);
  if (realTime) return 34 + Number(realTime[1] ?? 0);
  const signals: Record<string, number> = constants.signals;
  return signals[name] ?? constants.signals.SIGTERM;
}
