import { present } from "../../src/base/assert.ts";
import { LocationView } from "../../src/dataplane/geo/location-view.ts";
import { packPlaceCode } from "../../src/dataplane/geo/place-code.ts";
import type { SetReference } from "../../src/dataplane/image/image-rrset.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import { StatusTable } from "../../src/dataplane/policy/status-table.ts";
import { RangeColumns } from "../../src/geo/table/range-columns.ts";
import type { LocationRow } from "../../src/geo/table/location-set.ts";
import { writeTable } from "../../src/geo/table/write-table.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import { formatName, parseName } from "../../src/dns/wire/name.ts";
import { EDNS_OPTION, TYPE } from "../../src/dns/wire/registries.ts";
import { NameServerUnderTest, apexRecords, rrsetsOf } from "../support/zone-under-test.ts";
import { clientPlaces } from "./random-tree.ts";
import type { RoutingCase } from "./random-tree.ts";
import type { World } from "./reference-evaluator.ts";
import type { Network, Place } from "./reference-places.ts";
import type { WorldState } from "./compare.ts";

const apex = "z.test.";

/** The set at a position of a random case. */
export function referenceTo(position: number): SetReference {
  return { owner: parseName(`s${position}.${apex}`), type: TYPE.A };
}

export function positionOf({ owner }: SetReference): number {
  return Number(/^s(\d+)\./.exec(formatName(owner))?.[1]);
}

export type RoutingAnswer = {
  /** The addresses, as text. */
  labels: string[];
  ttls: number[];
  scope: number | undefined;
  rcode: number;
};

/** The packet path over the image of one random case, without sockets. */
export class RoutingServer {
  readonly status = new StatusTable();
  readonly server: NameServerUnderTest;

  constructor({ sets }: RoutingCase, randomSeed: number) {
    this.server = new NameServerUnderTest({ randomSeed, status: this.status });
    const image = buildZoneImage(parseName(apex), [
      ...rrsetsOf(apex, apexRecords),
      ...sets.map((node, position) => {
        const { owner, type } = referenceTo(position);
        return routedSet(owner, type, node);
      }),
    ]);
    this.server.zones.set(1, image);
    this.server.context.locations = locations;
  }

  /** The answer for the set at a position. */
  ask({ client, up, loads, atMs }: World & WorldState, position = 0): RoutingAnswer {
    up.forEach((isUp, slot) => slot > 0 && this.status.setHealthy(slot, isUp));
    loads.forEach((load, slot) => this.status.setLoad(slot, load));
    this.server.context.timeMinutes = Math.floor(atMs / 60_000);
    return this.askAs(client.network, position);
  }

  askAs(network: Network, position = 0): RoutingAnswer {
    const response = this.server.process(queryOf(network, position));
    const { answer, edns, rcode } = decodeMessage(present(response, "a response"));
    const subnet = edns?.options.find(({ code }) => code === EDNS_OPTION.CLIENT_SUBNET);
    return {
      labels: answer.map(({ rdata }) => rdata.join(".")),
      ttls: answer.map(({ ttl }) => ttl),
      scope: subnet?.data[3],
      rcode,
    };
  }
}

/** A query for an address with a client subnet option (RFC 7871 §6), octet by octet. */
function queryOf({ address, prefixLength }: Network, position: number): Uint8Array {
  const name = referenceTo(position).owner;
  const octets = address.subarray(0, (prefixLength + 7) >> 3);
  const family = address.length === 4 ? 1 : 2;
  const size = octets.length + 4;
  return Uint8Array.of(
    ...[0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, ...name, 0, TYPE.A, 0, 1],
    ...[0, 0, TYPE.OPT, 4, 208, 0, 0, 0, 0, 0, size + 4],
    ...[0, EDNS_OPTION.CLIENT_SUBNET, 0, size, 0, family, prefixLength, 0, ...octets],
  );
}

const locations = locationsOfClients();

/** The location table in which the clients of random trees are at the places they should be. */
function locationsOfClients(): LocationView {
  const ipv4 = new RangeColumns();
  ipv4.append(0, 0, 0);
  for (let first = 1; first <= 3; first++) {
    clientPlaces.forEach((_, place) => ipv4.append((first << 24) | (place << 16), 0, place));
    ipv4.append((first << 24) | (clientPlaces.length << 16), 0, 0);
  }
  const ipv6 = new RangeColumns();
  ipv6.append(0x2000_0000, 0, 0);
  for (let third = 0; third < 2; third++) {
    const high = 0x2400_0000 | (third << 8);
    for (let place = 0; place < 4; place++) ipv6.append(high | place, 0, place);
    ipv6.append(high | 4, 0, 0);
  }
  const texts = ["places of a test", ...clientPlaces.map(({ city }) => `${city ?? ""}\nRegion`)];
  const rows = clientPlaces.map((place, index) => rowOf(place, index + 1));
  const content = { ipv4, ipv6, locations: rows, texts, madeAtSeconds: 0 };
  return new LocationView(writeTable(content));
}

function rowOf(place: Place, index: number): LocationRow {
  const { continent, country, subdivision, city, latitude, longitude } = place;
  return {
    continent: packPlaceCode(continent ?? ""),
    country: packPlaceCode(country ?? ""),
    subdivision: packPlaceCode(subdivision ?? ""),
    latitude: latitude === undefined ? undefined : latitude * 100,
    longitude: longitude === undefined ? undefined : longitude * 100,
    city: city ? index : 0,
  };
}
