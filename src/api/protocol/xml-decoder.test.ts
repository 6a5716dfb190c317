import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ServiceError } from "./service-error.ts";
import { changeRequest, decodeChanges, decodeRoute53 } from "./testing/decode-route53.ts";

const namespace = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';
const create = (body: string) => decodeRoute53("POST", "hostedzone", body);
const request = (members: string) =>
  `<CreateHostedZoneRequest ${namespace}>${members}</CreateHostedZoneRequest>`;
const named = (name: string) => request(`<Name>${name}</Name><CallerReference>r</CallerReference>`);

const accepted: [name: string, body: string, zone: string][] = [
  ["plain text", named("example.com"), "example.com"],
  ["an XML declaration", `<?xml version="1.0" encoding="UTF-8"?>${named("a")}`, "a"],
  ["a byte order mark", `\uFEFF${named("a")}`, "a"],
  ["the five entities", named("&lt;&gt;&amp;&quot;&apos;"), "<>&\"'"],
  ["character references", named("&#x1F600;&#128512;&#65;"), "😀😀A"],
  ["character data sections", named("a<![CDATA[<&]]>b"), "a<&b"],
  ["comments and instructions", named("a<!-- <x> -->b<?pi x?>c"), "abc"],
  ["ends of line", named("a\r\nb\rc&#13;"), "a\nb\nc\r"],
  ["space kept", named("  a b "), "  a b "],
  ["an empty element", named("").replace("<Name></Name>", "<Name/>"), ""],
  [
    "space between elements",
    request("\n <Name>a</Name>\n <CallerReference>r</CallerReference>"),
    "a",
  ],
  ["another order", request("<CallerReference>r</CallerReference><Name >a</Name\n>"), "a"],
  ["comments around", `<!-- a --> ${named("a")} <!-- b --> <?c?>\n`, "a"],
  ["no namespace", named("a").replace(` ${namespace}`, ""), "a"],
  [
    "a prefix",
    named("a")
      .replaceAll(/(<\/?)(?=\w)/g, "$1r:")
      .replace("xmlns=", "xmlns:r="),
    "a",
  ],
];

for (const [name, body, zone] of accepted) {
  test(`XmlDecoder takes ${name}`, () => assert.equal(create(body)["Name"], zone));
}

const bomb =
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' +
  named("&b;");
const refused: [name: string, body: string | Uint8Array, code: string, message: RegExp][] = [
  ["no element", " ", "MalformedInput", /^Invalid XML ; Premature end of file\.$/],
  ["plain text", "hello", "MalformedInput", /^Invalid XML ; Content is not allowed in prolog\.$/],
  [
    "another root",
    `<Name ${namespace}>a</Name>`,
    "MalformedInput",
    /^Name is not valid, expected CreateHostedZoneRequest$/,
  ],
  [
    "another namespace",
    named("a").replace("2013-04-01", "2012-12-12"),
    "InvalidInput",
    /^Invalid XML ; cvc-elt\.1: Cannot find the declaration of element 'CreateHosted/,
  ],
  ["a document type", bomb, "MalformedInput", /DOCTYPE is disallowed/],
  [
    "an entity of its own",
    named("&b;"),
    "MalformedInput",
    /entity "b" was referenced, but not declared/,
  ],
  ["Object's members as entities", named("&constructor;"), "MalformedInput", /not declared/],
  ["a bare ampersand", named("a & b"), "MalformedInput", /must end with the ';' delimiter/],
  ["a reference to no character", named("&#0;"), "MalformedInput", /"&#0;" is an invalid XML char/],
  ["half a surrogate pair", named("&#xD800;"), "MalformedInput", /is an invalid XML character/],
  [
    "a reference past Unicode",
    named("&#x110000;"),
    "MalformedInput",
    /is an invalid XML character/,
  ],
  ["a control character", named("a\u0001"), "MalformedInput", /Unicode: 0x1/],
  ["what is not UTF-8", Buffer.from(named("é"), "latin1"), "MalformedInput", /not UTF-8/],
  [
    "another encoding",
    `<?xml version="1.0" encoding="UTF-16"?>${named("a")}`,
    "MalformedInput",
    /encoding "UTF-16" is not supported/,
  ],
  ["a declaration after space", ` <?xml version="1.0"?>${named("a")}`, "MalformedInput", /target/],
  ["a second root", named("a") + named("b"), "MalformedInput", /following the root element/],
  ["text after the root", `${named("a")}x`, "MalformedInput", /not allowed in trailing section/],
  [
    "an end cut off",
    named("a").slice(0, -5),
    "MalformedInput",
    /terminated by the matching end-tag/,
  ],
  ["an element cut off", named("a").slice(0, 100), "MalformedInput", /Invalid XML ; /],
  ["crossed tags", request("<Name>a</CallerReference>"), "MalformedInput", /"<\/Name>"/],
  [
    "an attribute twice",
    named("a").replace("<Name", '<Name a="1" a="2"'),
    "MalformedInput",
    /already/,
  ],
  [
    "an attribute unquoted",
    named("a").replace("<Name", "<Name a=1"),
    "MalformedInput",
    /not quoted/,
  ],
  ["two dashes in a comment", named("<!-- a -- b -->"), "MalformedInput", /"--" is not permitted/],
  [
    "an unknown element",
    named("a").replace("<Name>", "<Nam>"),
    "InvalidInput",
    /'Nam'\. One of '\{"https:\/\/route53\.amazonaws\.com\/doc\/2013-04-01\/":Name, /,
  ],
  [
    "an element twice",
    request("<Name>a</Name><Name>b</Name>"),
    "InvalidInput",
    /starting with element 'Name'/,
  ],
  [
    "a member that belongs in the path",
    request("<Id>a</Id>").replaceAll("CreateHostedZoneRequest", "UpdateHostedZoneCommentRequest"),
    "MalformedInput",
    /expected CreateHostedZoneRequest$/,
  ],
  ["an element in a text", named("<b>a</b>"), "InvalidInput", /'Name' is a simple type/],
  ["text between elements", request("a<Name>b</Name>"), "InvalidInput", /character \[children\]/],
  [
    "a boolean that is none",
    request("<HostedZoneConfig><PrivateZone>yes</PrivateZone></HostedZoneConfig>"),
    "InvalidInput",
    /^Invalid XML ; cvc-datatype-valid\.1\.2\.1: 'yes' is not a valid value for 'boolean'\.$/,
  ],
];

for (const [name, body, code, message] of refused) {
  test(`XmlDecoder refuses ${name}`, () => {
    assert.throws(
      () => decodeRoute53("POST", "hostedzone", body),
      (error) => {
        assert.ok(error instanceof ServiceError, String(error));
        assert.match(error.message, message);
        assert.equal(error.code, code);
        return true;
      },
    );
  });
}

const withTtl = (ttl: string) =>
  decodeChanges(
    "<Change><Action>UPSERT</Action><ResourceRecordSet><Name>a</Name><Type>A</Type>" +
      `<TTL>${ttl}</TTL></ResourceRecordSet></Change>`,
  );

test("XmlDecoder reads whole numbers as XML Schema writes them", () => {
  for (const text of ["300", " 300 ", "+300", "0300"]) {
    assert.match(JSON.stringify(withTtl(text)), /"TTL":300/);
  }
  for (const text of ["abc", "", "1.5", "1e3", "0x10", "--1", "NaN", "9".repeat(30)]) {
    assert.throws(() => withTtl(text), {
      code: "InvalidInput",
      message: `Invalid XML ; cvc-datatype-valid.1.2.1: '${text}' is not a valid value for 'long'.`,
    });
  }
});

test("XmlDecoder refuses a document however deep without recursion", () => {
  const deep = "<a>".repeat(300_000);
  assert.throws(() => create(deep), { code: "MalformedInput" });
  assert.throws(() => create(named(deep)), { code: "InvalidInput" });
});

const seed = changeRequest(
  "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type>" +
    "<TTL>300</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1 &#x1F600; é</Value>" +
    "</ResourceRecord></ResourceRecords></ResourceRecordSet></Change>",
);
const pieces = [
  ["<", ">", "&", ";", '"', "'", "/", "!", "?", "[", "]", "-", "=", " ", "\n", "\0"],
  ["<!--", "-->", "<![CDATA[", "]]>", "<?xml", "&#x", "<!DOCTYPE", "</", "/>", "xmlns"],
  ["<Change>", "</Changes>", "<TTL>", "<Weight>1</Weight>", "&#1114112;", "\uFFFF", "e9"],
].flat();
const piece = fc.nat(pieces.length - 1).map((index) => pieces[index] ?? "");
const edit = fc.record({
  at: fc.nat(seed.length),
  cut: fc.nat(12),
  put: fc.oneof(piece, fc.string({ maxLength: 4 })),
});

test("XmlDecoder costs what a document is long, whatever it holds", { timeout: 20_000 }, () => {
  const size = 4_000_000;
  const text = (content: string) => `<Change><Action>${content}</Action></Change>`;
  const fillings = [
    text("&lt;".repeat(size / 4)),
    text("&".repeat(size)),
    text("<![CDATA[]]>".repeat(size / 12)),
    "<!---->".repeat(size / 7),
    " ".repeat(size),
    `<Change ${Array.from({ length: size / 16 }, (_, i) => `a${i}="x"`).join(" ")}/>`,
    `<Change a="${"&lt;".repeat(size / 4)}"/>`,
    "<Change/>".repeat(size / 9),
    "<".repeat(size),
  ];
  for (const filling of fillings) refuseOrTake(Buffer.from(changeRequest(filling)));
  refuseOrTake(Buffer.from(`<${"a".repeat(size)}`));
});

test("XmlDecoder answers a mutated document or refuses it, nothing else", () => {
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
    let body = seed;
    for (const { at, cut, put } of edits) body = body.slice(0, at) + put + body.slice(at + cut);
    refuseOrTake(Buffer.from(body));
  });
  fc.assert(property, { numRuns: 3_000 });
});

test("XmlDecoder answers mutated octets or refuses them, nothing else", () => {
  const octets = Buffer.from(seed);
  const flip = fc.record({ at: fc.nat(octets.length - 1), octet: fc.nat(255) });
  const property = fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
    const body = Buffer.from(octets);
    for (const { at, octet } of flips) body[at] = octet;
    refuseOrTake(body);
  });
  fc.assert(property, { numRuns: 3_000 });
});

function refuseOrTake(body: Uint8Array): void {
  try {
    decodeRoute53("POST", "hostedzone/Z1/rrset", body);
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    assert.ok(["MalformedInput", "InvalidInput"].includes(error.code), error.code);
  }
}
