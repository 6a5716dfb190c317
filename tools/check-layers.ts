/**
 * Checks that imports follow the layering of layers.ts, and prints one line per fault: an import of
 * a folder that may not be imported, an outside package where none may be, a folder missing from
 * the table, a table that points upwards. Exits 1 if there was any.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { layers } from "./layers.ts";
import type { Layer } from "./layers.ts";

const importStatement =
  /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bnew URL\(\s*["'](\.[^"']+\.ts)["']/gm;

/** The layer a path relative to `src` belongs to: the longest folder that holds it. */
export function layerOf(path: string): Layer | undefined {
  const folder = dirname(path);
  return layers
    .filter((layer) => folder === layer.folder || folder.startsWith(`${layer.folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

/** Faults of one source file; `path` is relative to `src`. */
export function importFaults(path: string, source: string): string[] {
  const from = layerOf(path);
  if (!from) return [`src/${path}: its folder is not in tools/layers.ts`];
  const faults: string[] = [];
  for (const match of source.matchAll(importStatement)) {
    const target = match[1] ?? match[2] ?? match[3] ?? "";
    const fault = importFault(from, path, target);
    if (fault) faults.push(`src/${path}: ${fault}`);
  }
  return faults;
}

function importFault(from: Layer, path: string, target: string): string | undefined {
  if (!target.startsWith(".")) {
    return from.outside ? undefined : `${from.folder} must not import ${target}`;
  }
  const to = layerOf(normalize(join(dirname(path), target)));
  if (!to) return `${target} is in no layer`;
  const allowed = to.folder === from.folder || from.mayImport.includes(to.folder);
  return allowed ? undefined : `${from.folder} must not import ${to.folder} (${target})`;
}

/** Faults of the table itself: a layer may only import those above it in the list. */
export function tableFaults(): string[] {
  const rank = new Map(layers.map((layer, index) => [layer.folder, index]));
  return layers.flatMap((layer, index) =>
    layer.mayImport
      .filter((target) => (rank.get(target) ?? Infinity) >= index)
      .map((target) => `tools/layers.ts: ${layer.folder} may not list ${target}: not below it`),
  );
}

if (import.meta.main) {
  const paths = globSync("**/*.ts", { cwd: "src" }).filter((path) => !path.endsWith(".test.ts"));
  const faults = [
    ...tableFaults(),
    ...paths.flatMap((path) => importFaults(path, readFileSync(join("src", path), "utf8"))),
  ];
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  const files = `${layers.length} layers, ${paths.length} files`;
  process.stdout.write(
    `layers: ${faults.length === 0 ? "ok" : `${faults.length} faults`}, ${files}\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
