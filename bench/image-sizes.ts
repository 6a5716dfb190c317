import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { ImageShape } from "./image-shape.ts";
import { publish } from "./report.ts";

/** How much is measured. */
export type ImageSizesOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Names of the largest shape; the others have as many, or a tenth. */
  readonly nameCount: number;
};

const run = promisify(execFile);

/** Memory and speed of images: one big zone, many small ones. */
export async function measureImageSizes({ nameCount, results }: ImageSizesOptions): Promise<void> {
  const shapes = [
    [1, nameCount / 10],
    [1, nameCount],
    [nameCount / 100, 100],
    [nameCount / 10, 10],
  ] as const;
  const rows: string[][] = [];
  for (const [zones, names] of shapes) rows.push(rowOf(await measureShape(zones, names)));
  publish(
    {
      name: "image-sizes",
      title: "Memory and speed of zone images",
      method:
        "A records in zones of several sizes, built in one process without API and database. " +
        "Image: octets by name, headroom for patches included. Resident: memory that the process " +
        "takes for the images, by zone; and what each answering thread takes more to find them. " +
        "CPU time of a query inside the process, 65,536 different ones drawn at random.",
      columns: [
        ...["zones", "names each", "build, s", "image, octets/name"],
        ...["resident, octets/zone", "thread, octets/zone", "resident, MiB", "ns/query"],
      ],
      rows,
    },
    results,
  );
}

async function measureShape(zones: number, names: number): Promise<ImageShape> {
  const script = join(import.meta.dirname, "image-shape.ts");
  const flags = [
    "--expose-gc",
    "--max-old-space-size=16384",
    "--disable-warning=ExperimentalWarning",
  ];
  const words = [...flags, script, String(zones), String(names)];
  const { stdout } = await run(process.execPath, words, { maxBuffer: 1 << 20 });
  console.error(stdout.trim());
  return JSON.parse(stdout) as ImageShape;
}

function rowOf(shape: ImageShape): string[] {
  const { zones, names, buildSeconds, imageOctets, residentOctets, threadOctets } = shape;
  return [
    String(zones),
    String(names),
    buildSeconds.toFixed(1),
    (imageOctets / (zones * names)).toFixed(0),
    (residentOctets / zones).toFixed(0),
    (threadOctets / zones).toFixed(0),
    (residentOctets / 2 ** 20).toFixed(0),
    shape.nsPerQuery.toFixed(0),
  ];
}
