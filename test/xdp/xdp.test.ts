/** AF_XDP over a veth pair between two network namespaces: what it takes, what it leaves. */
import assert from "node:assert/strict";
import { after, before, suite } from "node:test";
import { udpQuerySizeMax } from "../../src/base/limits.ts";
import { echoOf, messageOf } from "../../src/dataplane/server/test-clients.ts";
import { BlockingClient, FrameSocket } from "./namespace-sockets.ts";
import * as f from "./frames.ts";
import { openVethPair, showLink, whyNot, xdpTest } from "./veth-pair.ts";
import type { VethPair } from "./veth-pair.ts";
import { startAt } from "./xdp-server.ts";
import type { XdpServer } from "./xdp-server.ts";

const packets = "signpost_xdp_packets_total";
const dropped = "signpost_xdp_dropped_total";

suite("XDP on one queue", () => {
  let pair: VethPair;
  let dns: XdpServer;
  const sockets: { close(): void }[] = [];

  before(async () => {
    if (whyNot() !== undefined) return;
    pair = openVethPair();
    dns = await startAt(pair, { udpPayloadSizeMax: 4096 });
  });
  after(async () => {
    for (const socket of sockets) socket.close();
    await dns?.server.stop();
    pair?.close();
  });
  function open<T extends { close(): void }>(socket: T): T {
    sockets.push(socket);
    return socket;
  }
  const client = (family: 4 | 6, protocol?: "tcp") =>
    open(new BlockingClient(pair.client.namespace, family === 4 ? dns.ipv4 : dns.ipv6, protocol));
  const route = () => ({
    from: pair.client,
    to: pair.server,
    fromPort: 40_000,
    toPort: dns.ipv4.port,
  });

  for (const family of [4, 6] as const) {
    xdpTest(`answers IPv${family} of every size that fits into a packet`, () => {
      const asker = client(family);
      const before = dns.metric(packets);
      // 1452: what an IPv6 packet of 1500 octets holds.
      const sizes = [12, 13, 14, 15, 16, 63, 64, 511, 512, 513, 1231, 1232, 1451, 1452];
      for (const size of sizes) {
        const message = messageOf(size, size);
        assert.deepEqual(asker.ask(message), echoOf(message), `${size} octets`);
      }
      assert.equal(dns.metric(packets) - before, sizes.length);
      assert.equal(dns.metric(dropped), 0);
    });
  }

  xdpTest("leaves fragments and TCP to the kernel, whose sockets answer", () => {
    const before = dns.metric(packets);
    for (const family of [4, 6] as const) {
      const message = messageOf(1, 3_000);
      assert.deepEqual(client(family).ask(message), echoOf(message));
      const long = messageOf(2, udpQuerySizeMax);
      assert.deepEqual(client(family).ask(long), echoOf(long));
      assert.deepEqual(client(family, "tcp").ask(message), echoOf(message));
    }
    assert.equal(dns.metric(packets), before);
  });

  xdpTest("takes exactly the queries, and the kernel gets all else", () => {
    const sender = open(new FrameSocket(pair.client));
    const kernel = open(new FrameSocket(pair.server));
    for (const { name, frame, isTaken } of steeringCases(route())) {
      const marker = frame.slice(-8);
      const before = dns.metric(packets);
      sender.send(frame);
      // Longer: what the client's kernel says of an answer that it has not asked for, by ICMP.
      const isMarked = (seen: Uint8Array) =>
        seen.length <= frame.length && seen.slice(-8).every((octet, i) => octet === marker[i]);
      const isPassed = kernel.waitFor(
        (seen) => isMarked(seen) && !isFrom(seen, pair.server.mac),
        isTaken ? 50 : 5_000,
      );
      assert.equal(isPassed !== undefined, !isTaken, `${name}: passed to the kernel`);
      assert.equal(dns.metric(packets) - before, isTaken ? 1 : 0, `${name}: taken`);
    }
  });

  xdpTest("answers of TTL 64 go back to the MAC address that asked, with right checksums", () => {
    const socket = open(new FrameSocket(pair.client));
    const message = messageOf(0x4242, 33);
    for (const family of [4, 6] as const) {
      const asked = { ...route(), fromPort: 40_001 + family };
      socket.send(f.udpFrame(asked, family, message));
      const answer = socket.waitFor((seen) => isAnswer(seen, route()), 5_000);
      const { from, to, fromPort, toPort } = asked;
      const back = { from: to, to: from, fromPort: toPort, toPort: fromPort };
      const want = f.udpFrame(back, family, echoOf(message));
      // The number of an IPv4 packet is free; its checksum covers it.
      if (answer && family === 4) {
        assert.equal(f.checksumOf(answer.slice(14, 34)), 0);
        for (const at of [18, 19, 24, 25]) answer[at] = want[at] as number;
      }
      assert.deepEqual(answer, want, `IPv${family}`);
    }
  });

  xdpTest("drops malformed packets, each counted by its reason", () => {
    const sender = open(new FrameSocket(pair.client));
    const answers = open(new FrameSocket(pair.client));
    for (const { name, frame, reason } of malformedCases(route())) {
      const before = dns.metric(dropped, `reason="${reason}"`);
      sender.send(frame);
      const answer = answers.waitFor((seen) => isAnswer(seen, route()), 20);
      assert.equal(answer, undefined, `${name}: no answer`);
      assert.equal(dns.metric(dropped, `reason="${reason}"`) - before, 1, `${name}: counted`);
    }
  });

  xdpTest("takes a datagram without checksum in IPv4, and padding after a short one", () => {
    const socket = open(new FrameSocket(pair.client));
    const message = messageOf(3, 20);
    const bare = f.udp(route(), 4, message);
    bare.set([0, 0], 6);
    const frames = [
      f.ethernet(route(), f.ETHERTYPE.IPV4, f.ipv4(route(), f.PROTOCOL.UDP, bare)),
      f.concat(f.udpFrame(route(), 4, message), new Uint8Array(6)),
      f.ethernet(
        route(),
        f.ETHERTYPE.IPV4,
        f.ipv4(route(), f.PROTOCOL.UDP, f.concat(f.udp(route(), 4, message), [1, 2, 3])),
      ),
    ];
    for (const frame of frames) {
      socket.send(frame);
      const answer = socket.waitFor((seen) => isAnswer(seen, route()), 5_000);
      assert.deepEqual(answer?.slice(42), echoOf(message));
    }
  });

  xdpTest("answers ping as before", () => {
    const socket = open(new FrameSocket(pair.client));
    const ping = f.concat([8, 0, 0, 0, 0, 1, 0, 1], messageOf(5, 24));
    ping.set(f.u16(f.checksumOf(ping)), 2);
    socket.send(f.ethernet(route(), f.ETHERTYPE.IPV4, f.ipv4(route(), f.PROTOCOL.ICMP, ping)));
    const isReply = (seen: Uint8Array) => isFrom(seen, pair.server.mac) && seen[23] === 1;
    assert.deepEqual(socket.waitFor(isReply, 5_000)?.slice(42), messageOf(5, 24));
  });

  xdpTest("is attached by a link that names it", () => {
    assert.match(showLink(pair.server), /prog\/xdp.*name signpost_dns/);
    const line = dns.log.find(({ msg }) => msg.startsWith("XDP answers"));
    assert.equal(line?.mode, "driver");
  });
});

function isFrom(frame: Uint8Array, mac: Uint8Array): boolean {
  return mac.every((octet, i) => frame[6 + i] === octet);
}

/** From the server's port; neighbour discovery and the like are not. */
function isAnswer(frame: Uint8Array, { to, toPort }: f.Route): boolean {
  const udp = frame[12] === 8 ? 34 : 54;
  return isFrom(frame, to.mac) && frame[udp] === toPort >> 8 && frame[udp + 1] === (toPort & 255);
}

function steeringCases(route: f.Route): { name: string; frame: Uint8Array; isTaken: boolean }[] {
  let id = 0x100;
  const message = () => messageOf(++id, 40);
  const v4 = (header: Parameters<typeof f.ipv4>[3]) =>
    f.ethernet(
      route,
      f.ETHERTYPE.IPV4,
      f.ipv4(route, f.PROTOCOL.UDP, f.udp(route, 4, message()), header),
    );
  const v6 = (protocol: number, extension: readonly number[]) =>
    f.ethernet(
      route,
      f.ETHERTYPE.IPV6,
      f.ipv6(route, protocol, f.concat(extension, f.udp(route, 6, message()))),
    );
  const tagged = (type: number, tag: readonly number[]) => {
    const frame = f.udpFrame(route, 4, message());
    return f.concat(frame.slice(0, 12), f.u16(type), tag, frame.slice(12));
  };
  const otherMac = { ...route.to, mac: Uint8Array.from([2, 0, 0, 0, 0, 9]) };
  const otherPort = { ...route, toPort: route.toPort === 9 ? 10 : 9 };
  const pass = { isTaken: false };
  return [
    { name: "IPv4", frame: f.udpFrame(route, 4, message()), isTaken: true },
    { name: "IPv6", frame: f.udpFrame(route, 6, message()), isTaken: true },
    { name: "Don't Fragment", frame: v4({ flags: 0x4000 }), isTaken: true },
    { name: "VLAN", frame: tagged(0x8100, [0, 5]), ...pass },
    { name: "two VLAN tags", frame: tagged(0x88a8, [0, 5, 0x81, 0, 0, 6]), ...pass },
    { name: "IPv4 options", frame: v4({ options: Uint8Array.from([1, 1, 1, 0]) }), ...pass },
    { name: "first fragment", frame: v4({ flags: 0x2000 }), ...pass },
    { name: "last fragment", frame: v4({ flags: 0x0010 }), ...pass },
    {
      name: "IPv6 extension",
      frame: v6(f.PROTOCOL.HOP_BY_HOP, [17, 0, 1, 4, 0, 0, 0, 0]),
      ...pass,
    },
    { name: "IPv6 fragment", frame: v6(f.PROTOCOL.FRAGMENT, [17, 0, 0, 1, 0, 0, 0, 1]), ...pass },
    { name: "other port", frame: f.udpFrame(otherPort, 4, message()), ...pass },
    { name: "other port, IPv6", frame: f.udpFrame(otherPort, 6, message()), ...pass },
    {
      name: "other address",
      frame: f.udpFrame({ ...route, to: { ...route.to, ipv4: "10.77.0.9" } }, 4, message()),
      ...pass,
    },
    {
      name: "other address, IPv6",
      frame: f.udpFrame({ ...route, to: { ...route.to, ipv6: "fd77::9" } }, 6, message()),
      ...pass,
    },
    { name: "other MAC", frame: f.udpFrame({ ...route, to: otherMac }, 4, message()), ...pass },
    {
      name: "broadcast",
      frame: f.udpFrame(
        { ...route, to: { ...route.to, mac: new Uint8Array(6).fill(255) } },
        4,
        message(),
      ),
      ...pass,
    },
    {
      name: "TCP to our port",
      frame: f.ethernet(
        route,
        f.ETHERTYPE.IPV4,
        f.ipv4(route, f.PROTOCOL.TCP, f.concat(f.u16(40_000), f.u16(route.toPort), message())),
      ),
      ...pass,
    },
    { name: "ARP", frame: f.ethernet(route, f.ETHERTYPE.ARP, messageOf(++id, 46)), ...pass },
    {
      name: "too short for UDP",
      frame: f.ethernet(route, f.ETHERTYPE.IPV4, messageOf(++id, 24)),
      ...pass,
    },
  ];
}

function malformedCases(route: f.Route): { name: string; frame: Uint8Array; reason: string }[] {
  const message = messageOf(77, 40);
  const changed = (family: 4 | 6, at: number, octets: readonly number[]) => {
    const frame = f.udpFrame(route, family, message);
    frame.set(octets, at);
    return frame;
  };
  /** With the checksum of its header right again. */
  const summed = (frame: Uint8Array) => {
    frame.set([0, 0], 24);
    frame.set(f.u16(f.checksumOf(frame.slice(14, 34))), 24);
    return frame;
  };
  const from = (source: string) =>
    f.ethernet(
      route,
      f.ETHERTYPE.IPV4,
      f.ipv4(
        route,
        f.PROTOCOL.UDP,
        f.udp({ ...route, from: { ...route.from, ipv4: source } }, 4, message),
        {
          source,
        },
      ),
    );
  const from6 = (ipv6: string) =>
    f.udpFrame({ ...route, from: { ...route.from, ipv6 } }, 6, message);
  return [
    { name: "IPv4 longer than it is", frame: summed(changed(4, 16, [1, 0])), reason: "length" },
    { name: "IPv4 without UDP", frame: summed(changed(4, 16, [0, 20])), reason: "length" },
    { name: "IPv4 with half of UDP", frame: summed(changed(4, 16, [0, 27])), reason: "length" },
    { name: "UDP longer than IPv4", frame: changed(4, 38, [0, 49]), reason: "length" },
    { name: "UDP shorter than itself", frame: changed(4, 38, [0, 7]), reason: "length" },
    { name: "UDP of length 0", frame: changed(4, 38, [0, 0]), reason: "length" },
    { name: "IPv6 longer than it is", frame: changed(6, 18, [1, 0]), reason: "length" },
    { name: "IPv6 of no payload", frame: changed(6, 18, [0, 0]), reason: "length" },
    { name: "UDP longer than IPv6", frame: changed(6, 58, [0, 49]), reason: "length" },
    { name: "UDP of length 0 in IPv6", frame: changed(6, 58, [0, 0]), reason: "length" },
    { name: "IPv6 that says version 5", frame: changed(6, 14, [0x50]), reason: "length" },
    { name: "IPv4 checksum", frame: changed(4, 24, [1, 2]), reason: "ip_checksum" },
    { name: "TTL changed on the way", frame: changed(4, 22, [63]), reason: "ip_checksum" },
    { name: "UDP checksum", frame: changed(4, 40, [1, 2]), reason: "udp_checksum" },
    { name: "payload changed on the way", frame: changed(4, 60, [1]), reason: "udp_checksum" },
    { name: "UDP checksum in IPv6", frame: changed(6, 60, [1, 2]), reason: "udp_checksum" },
    { name: "no checksum in IPv6", frame: changed(6, 60, [0, 0]), reason: "udp_checksum" },
    { name: "from loopback", frame: from("127.0.0.1"), reason: "source" },
    { name: "from nowhere", frame: from("0.0.0.0"), reason: "source" },
    { name: "from a group", frame: from("224.0.0.1"), reason: "source" },
    { name: "from everybody", frame: from("255.255.255.255"), reason: "source" },
    { name: "from IPv6 loopback", frame: from6("::1"), reason: "source" },
    { name: "from IPv6 nowhere", frame: from6("::"), reason: "source" },
    { name: "from an IPv6 group", frame: from6("ff02::1"), reason: "source" },
    {
      name: "from port 0",
      frame: f.udpFrame({ ...route, fromPort: 0 }, 4, message),
      reason: "source",
    },
  ];
}
