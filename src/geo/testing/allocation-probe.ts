/**
 * Prints, as a JSON object, the octets of heap that a look-up takes, by what is looked up. Run by
 * src/dataplane/geo/locate.test.ts with a young generation that is never collected meanwhile.
 */
import { seededRandom } from "../../base/random.ts";
import { distanceMetres, modelledRttMicroseconds } from "../../dataplane/geo/great-circle.ts";
import { ADDRESS_FAMILY, locate, scopePrefixLength } from "../../dataplane/geo/locate.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import { locationTableOf } from "./location-table-of.ts";

const count = 100_000;
const attempts = 3;
const random = seededRandom(3);

const networks = Array.from({ length: 2_000 }, (_, i) => ({
  cidr:
    i % 2
      ? `${1 + (i % 200)}.${i % 251}.0.0/${12 + (i % 13)}`
      : `2${(i % 4096).toString(16).padStart(3, "0")}::/${20 + (i % 40)}`,
  country: ["KR", "US", "DE"][i % 3] as string,
  latitude: (i % 180) - 89.5,
  longitude: (i % 360) - 179.5,
}));
const view = new LocationView(locationTableOf(networks));
const addresses = new Uint8Array(1 << 16);
for (let i = 0; i < addresses.length; i++) addresses[i] = random.uint32();
// Half of the IPv6 addresses are among those that are handed out.
for (let i = 0; i < addresses.length; i += 32)
  addresses[i] = 0x20 | ((addresses[i] as number) & 31);
let sink = 0;

const works: Readonly<Record<string, (i: number) => void>> = {
  "an IPv4 address": (i) => {
    sink ^= locate(view, addresses, (i * 4) & 0xffff, 4, ADDRESS_FAMILY.IPV4);
  },
  "an IPv6 address": (i) => {
    sink ^= locate(view, addresses, (i * 16) & 0xffff, 16, ADDRESS_FAMILY.IPV6);
  },
  "a client subnet": (i) => {
    sink ^= locate(view, addresses, (i * 16) & 0xffff, i % 8, ADDRESS_FAMILY.IPV6);
  },
  "IPv4 and its scope": (i) => {
    sink ^= locate(view, addresses, (i * 4) & 0xffff, 4, ADDRESS_FAMILY.IPV4);
    sink ^= scopePrefixLength(view);
  },
  "IPv6 and its scope": (i) => {
    sink ^= locate(view, addresses, (i * 16) & 0xffff, 16, ADDRESS_FAMILY.IPV6);
    sink ^= scopePrefixLength(view);
  },
  "a distance": (i) => {
    const a = (i % view.countries.length) * 3;
    const b = ((i * 7) % view.countries.length) * 3;
    sink ^= modelledRttMicroseconds(distanceMetres(view.vectors, a, view.vectors, b));
  },
};

function run(work: (i: number) => void): void {
  for (let i = 0; i < count; i++) work(i);
}

const octets: Record<string, number> = {};
for (const [what, work] of Object.entries(works)) {
  run(work);
  octets[what] = Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run(work);
    const taken = (process.memoryUsage().heapUsed - before) / count;
    octets[what] = Math.min(octets[what] as number, Math.max(taken, 0));
  }
}
process.stdout.write(JSON.stringify({ ...octets, "what the sink takes": sink * 0 }));
