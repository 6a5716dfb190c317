import { TYPE } from "../wire/registries.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";
import { malformed } from "./field.ts";
import { u16Field } from "./number-fields.ts";
import type { RdataType } from "./rdata-type.ts";
import { PARAM, paramForm, paramKeyFromText, paramKeyToText, readKeys } from "./svc-params.ts";
import { nameField, quote, writeString } from "./text-fields.ts";
import { TOKEN } from "./token-list.ts";

type Param = { readonly key: number; readonly value: Uint8Array };

/** SvcParams (RFC 9460 §2.1, §2.2): `key=value` in any order, octets in the order of keys. */
const paramsField: Field = {
  name: "svc-params",
  parse(from) {
    const params: Param[] = [];
    while (from.hasMore()) params.push(parseParam(from));
    params.sort((a, b) => a.key - b.key);
    const wrong = checkParams(params);
    if (wrong !== undefined) throw from.error("BadSvcParam", wrong, "");
    for (const { key, value } of params) {
      from.makeRoom(value.length + 4);
      from.u16(key);
      from.u16(value.length);
      from.append(value);
    }
  },
  format(from) {
    const params: Param[] = [];
    while (from.remaining() > 0) params.push({ key: from.u16(), value: from.take(from.u16()) });
    const wrong = checkParams(params);
    if (wrong !== undefined) throw malformed(wrong);
    return params.map((param) => formatParam(param, from)).join(" ");
  },
};

function parseParam(from: RdataParser): Param {
  const token = from.take();
  const equals = token.indexOf("=");
  const keyText = equals < 0 ? token : token.slice(0, equals);
  const key = from.takenKind() === TOKEN.quoted ? undefined : paramKeyFromText(keyText);
  if (key === undefined) throw from.error("BadSvcParam", `unknown key ${keyText}`, token);
  const start = from.size;
  if (equals >= 0) writeString(from, unquoted(from, token.slice(equals + 1)));
  const decoded = takeBack(from, start);
  const isGeneric = /^key/i.test(keyText);
  const form = isGeneric ? undefined : paramForm(key);
  if (!form) return { key, value: decoded };
  form.parse(from, decoded);
  return { key, value: takeBack(from, start) };
}

/** Removes and returns what was appended since `start`. */
function takeBack(from: RdataParser, start: number): Uint8Array {
  const octets = from.octets.slice(start, from.size);
  from.size = start;
  return octets;
}

function unquoted(from: RdataParser, value: string): string {
  if (from.takenKind() !== TOKEN.pair) return value;
  if (value.startsWith('"')) return value.slice(1, -1);
  throw from.error("BadSvcParam", "quotation mark within the value", value);
}

function formatParam({ key, value }: Param, from: RdataReader): string {
  const isGeneric = from.portable && key > PARAM.ipv6hint;
  const keyText = isGeneric ? `key${key}` : paramKeyToText(key);
  if (value.length === 0) return keyText;
  const form = isGeneric ? undefined : paramForm(key);
  const radix = from.escapeRadix;
  return `${keyText}=${form ? form.format(value, radix) : quote(value, radix)}`;
}

/**
 * Checks parameters sorted by key: order (RFC 9460 §2.2), each value, and that they agree with
 * each other (RFC 9460 §2.4.3).
 * @returns what is wrong, or `undefined`
 */
function checkParams(params: readonly Param[]): string | undefined {
  let previous = -1;
  for (const { key, value } of params) {
    const text = paramKeyToText(key);
    if (key === previous) return `${text}: given twice`;
    if (key < previous) return `${text}: keys are not in order`;
    if (key === PARAM.invalid) return `${text}: reserved`;
    const wrong = paramForm(key)?.check(value);
    if (wrong !== undefined) return `${text}: ${wrong}`;
    previous = key;
  }
  const keys = new Set(params.map((param) => param.key));
  const mandatory = params[0]?.key === PARAM.mandatory ? readKeys(params[0].value) : [];
  const missing = mandatory.find((key) => !keys.has(key));
  if (missing !== undefined) return `mandatory: ${paramKeyToText(missing)} is not given`;
  const lacksAlpn = keys.has(PARAM.noDefaultAlpn) && !keys.has(PARAM.alpn);
  return lacksAlpn ? "no-default-alpn: alpn is not given" : undefined;
}

/** RFC 9460 §2. */
export const svcbType: RdataType = {
  type: TYPE.SVCB,
  fields: [u16Field("priority"), nameField("target"), paramsField],
};

/** RFC 9460 §9. */
export const httpsType: RdataType = { ...svcbType, type: TYPE.HTTPS };
