import { formatIp } from "../../base/ip.ts";
import { writeIpv4, writeIpv6 } from "./address-fields.ts";
import type { RdataParser } from "./field.ts";
import { parseDecimal } from "./number-fields.ts";
import { formatBase64, writeBase64 } from "./octet-fields.ts";
import { quote } from "./text-fields.ts";

/** SvcParamKeys (IANA's registry of RFC 9460 §14.3). */
export const PARAM = {
  mandatory: 0,
  alpn: 1,
  noDefaultAlpn: 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
  ohttp: 8,
  invalid: 65_535,
} as const;

const keyValues = new Map<string, number>([
  ["mandatory", PARAM.mandatory],
  ["alpn", PARAM.alpn],
  ["no-default-alpn", PARAM.noDefaultAlpn],
  ["port", PARAM.port],
  ["ipv4hint", PARAM.ipv4hint],
  ["ech", PARAM.ech],
  ["ipv6hint", PARAM.ipv6hint],
  ["dohpath", PARAM.dohpath],
  ["ohttp", PARAM.ohttp],
]);
const keyTexts = new Map([...keyValues].map(([text, value]) => [value, text] as const));

/** The number of a key's name or of `keyNNNNN`, in any case; `undefined` if it is neither. */
export function paramKeyFromText(text: string): number | undefined {
  const lower = text.toLowerCase();
  const known = keyValues.get(lower);
  if (known !== undefined) return known;
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(lower)?.[1];
  return digits !== undefined && Number(digits) < PARAM.invalid ? Number(digits) : undefined;
}

export function paramKeyToText(key: number): string {
  return keyTexts.get(key) ?? `key${key}`;
}

/** How the value of one key is written; the value of any other key is opaque. */
export type ParamForm = {
  /** Appends the octets of the value's text, whose escapes are resolved; `check` comes later. */
  parse(from: RdataParser, text: Uint8Array): void;
  /** The text of a value that is not empty and has passed `check`. */
  format(value: Uint8Array, escapeRadix: 8 | 10): string;
  /** What is wrong with a value, or `undefined`. */
  check(value: Uint8Array): string | undefined;
};

const COMMA = 0x2c;
const BACKSLASH = 0x5c;

function asciiText(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}

function listItems(text: Uint8Array): string[] {
  return asciiText(text).split(",");
}

/** Keys in their order, none twice (RFC 9460 §8). */
const mandatoryForm: ParamForm = {
  parse(from, text) {
    const keys = listItems(text).map((item) => {
      const key = paramKeyFromText(item);
      if (key === undefined) throw from.error("BadSvcParam", "mandatory: unknown key", item);
      return key;
    });
    keys.sort((a, b) => a - b);
    for (const key of keys) from.u16(key);
  },
  format: (value) => readKeys(value).map(paramKeyToText).join(","),
  check(value) {
    if (value.length === 0 || value.length % 2 === 1) return "not a list of keys";
    const keys = readKeys(value);
    if (keys.includes(PARAM.mandatory)) return "mandatory itself cannot be listed";
    const ordered = keys.every((key, i) => i === 0 || key > (keys[i - 1] as number));
    return ordered ? undefined : "keys are not in order or listed twice";
  },
};

/** The keys in a value of `mandatory`. */
export function readKeys(value: Uint8Array): number[] {
  const keys: number[] = [];
  for (let i = 0; i + 1 < value.length; i += 2) {
    keys.push(((value[i] as number) << 8) | (value[i + 1] as number));
  }
  return keys;
}

/** Protocol ids of 1–255 octets, each after its length (RFC 9460 §7.1.1). */
const alpnForm: ParamForm = {
  parse(from, text) {
    for (const id of splitList(text)) {
      if (id.length === 0 || id.length > 255) {
        throw from.error("BadSvcParam", "alpn: protocol id of 1–255 octets expected", "");
      }
      from.makeRoom(id.length + 1);
      from.u8(id.length);
      from.append(Uint8Array.from(id));
    }
  },
  format(value, escapeRadix) {
    const items: number[] = [];
    for (let at = 0; at < value.length; at += (value[at] as number) + 1) {
      if (at > 0) items.push(COMMA);
      for (const octet of value.subarray(at + 1, at + 1 + (value[at] as number))) {
        if (octet === COMMA || octet === BACKSLASH) items.push(BACKSLASH);
        items.push(octet);
      }
    }
    return quote(Uint8Array.from(items), escapeRadix);
  },
  check(value) {
    let at = 0;
    while (at < value.length && value[at] !== 0) at += (value[at] as number) + 1;
    return value.length > 0 && at === value.length ? undefined : "not a list of protocol ids";
  },
};

/** Splits at commas; `\,` and `\\` stand for the characters themselves (RFC 9460 appendix A.1). */
function splitList(text: Uint8Array): number[][] {
  let item: number[] = [];
  const items = [item];
  for (let i = 0; i < text.length; i++) {
    const octet = text[i] as number;
    if (octet === COMMA) items.push((item = []));
    else if (octet === BACKSLASH && i + 1 < text.length) item.push(text[++i] as number);
    else item.push(octet);
  }
  return items;
}

/** Keys that have no value. */
const emptyForm: ParamForm = {
  parse: (from, text) => from.append(text),
  format: () => "",
  check: (value) => (value.length === 0 ? undefined : "takes no value"),
};

/** RFC 9460 §7.2. */
const portForm: ParamForm = {
  parse: (from, text) => from.u16(parseDecimal(from, asciiText(text), 0xffff)),
  format: (value) => String(readKeys(value)[0]),
  check: (value) => (value.length === 2 ? undefined : "not a port"),
};

/** RFC 9460 §7.3. */
const ipv4hintForm = addressListForm(4, writeIpv4);
const ipv6hintForm = addressListForm(16, writeIpv6);

function addressListForm(
  size: number,
  write: (from: RdataParser, text: string) => void,
): ParamForm {
  return {
    parse(from, text) {
      for (const item of listItems(text)) {
        from.makeRoom(size);
        write(from, item);
      }
    },
    format(value) {
      const count = value.length / size;
      const addresses = Array.from({ length: count }, (_, i) =>
        formatIp(value.subarray(i * size, (i + 1) * size)),
      );
      return addresses.join(",");
    },
    check(value) {
      const whole = value.length > 0 && value.length % size === 0;
      return whole ? undefined : "not a list of addresses";
    },
  };
}

/** An ECHConfigList, opaque here (RFC 9848 §3). */
const echForm: ParamForm = {
  parse: (from, text) => writeBase64(from, asciiText(text)),
  format: (value) => formatBase64(value),
  check: (value) => (value.length > 0 ? undefined : "value is missing"),
};

const DNS_VARIABLE = /\{[?&/.#;+]?([^{}]*,)?dns([,:*][^{}]*)?\}/;

/** A relative URI template with a variable `dns` (RFC 9461 §5). */
const dohpathForm: ParamForm = {
  parse: (from, text) => from.append(text),
  format: (value, escapeRadix) => quote(value, escapeRadix),
  check(value) {
    const template = String.fromCharCode(...value.subarray(0, 4_096));
    const valid = template.startsWith("/") && DNS_VARIABLE.test(template);
    return valid ? undefined : "not a relative URI template with a variable dns";
  },
};

const forms = new Map<number, ParamForm>([
  [PARAM.mandatory, mandatoryForm],
  [PARAM.alpn, alpnForm],
  [PARAM.noDefaultAlpn, emptyForm],
  [PARAM.port, portForm],
  [PARAM.ipv4hint, ipv4hintForm],
  [PARAM.ech, echForm],
  [PARAM.ipv6hint, ipv6hintForm],
  [PARAM.dohpath, dohpathForm],
  [PARAM.ohttp, emptyForm],
]);

export function paramForm(key: number): ParamForm | undefined {
  return forms.get(key);
}
