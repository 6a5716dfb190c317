import { exitCodes } from "../base/exit-codes.ts";
import { forgetHost } from "../discovery/forget-host.ts";
import { RegistryError } from "../discovery/registry.ts";
import { cloudMapOf } from "./discover.ts";
import { readDiscoverSettings } from "./discover-settings.ts";
import { SettingsError } from "./setting-values.ts";

/** `signpost discover forget HOST`: for a machine that is gone, and its watcher with it. */
export async function forget(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(help);
    return;
  }
  const [host, ...options] = args;
  try {
    if (host === undefined || host.startsWith("-")) throw new SettingsError("HOST is missing");
    const { registry, client } = cloudMapOf(readDiscoverSettings(options, env));
    const count = await forgetHost(registry, host);
    client.destroy();
    process.stdout.write(`forgot ${host}: ${count} instances\n`);
  } catch (error) {
    const isUsage = error instanceof SettingsError;
    if (!isUsage && !(error instanceof RegistryError)) throw error;
    process.stderr.write(`${error.message}\n${isUsage ? `\n${help}` : ""}`);
    const isAway = !isUsage && error.kind === "unreachable";
    process.exitCode = exitCodes[isUsage ? "usage" : isAway ? "unreachable" : "refused"];
  }
}

const help = [
  "Deregisters all containers of a machine that is gone for good.",
  "",
  "Usage: bin/signpost discover forget HOST [--url URL] [--data DIR] [--credentials FILE]",
  "",
  "HOST is what `discover docker` said when it started there: host=HOST. While a watcher runs",
  "there, it registers its containers again.",
  "",
  "Example: bin/signpost discover forget docker-7 --data /var/lib/signpost",
  "",
].join("\n");
