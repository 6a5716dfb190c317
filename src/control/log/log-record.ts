import { hash } from "node:crypto";
import { crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { logEntryPlainSizeMax } from "../../base/limits.ts";
import type { LogEntry, StoredMutation } from "../model/mutation.ts";

/** One log entry as it is stored, in the `log` table and in the journal. */
export type LogRecord = {
  seq: number;
  /** Sequence number of the entry before this one of the same subject, 0 where it is the first. */
  prev: number;
  subject: string;
  action: string;
  at: string;
  /** How `bytes` holds the mutations. */
  encoding: Encoding;
  bytes: Uint8Array;
  /** Running hash of the subject up to and including this entry, `chainSize` octets. */
  chain: Uint8Array;
};

export const encodings = { json: 0, zstdJson: 1 } as const;
export type Encoding = (typeof encodings)[keyof typeof encodings];

/** Half a SHA-256: this guards against accidents, signatures guard against people. */
export const chainSize = 16;
export const noChain: Uint8Array = new Uint8Array(chainSize);

/** The end of a subject's chain; what the next entry continues. */
export type SubjectHead = { seq: number; chain: Uint8Array };
export const noHead: SubjectHead = { seq: 0, chain: noChain };

export type RecordParts = {
  seq: number;
  subject: string;
  action: string;
  at: string;
  /** Mutations as JSON. */
  json: string;
};

export function makeRecord(parts: RecordParts, head: SubjectHead): LogRecord {
  const { seq, subject, action, at, json } = parts;
  const plain = json.length < logEntryPlainSizeMax;
  const encoding = plain ? encodings.json : encodings.zstdJson;
  const bytes = plain ? Buffer.from(json) : zstdCompressSync(json);
  const prev = head.seq;
  const record = { seq, prev, subject, action, at, encoding, bytes, chain: noChain };
  record.chain = chainOf(record, head.chain);
  return record;
}

/** @param before the chain of the subject's previous entry, `noChain` for the first */
export function chainOf(record: LogRecord, before: Uint8Array): Uint8Array {
  const text = Buffer.concat([before, Buffer.from(recordHead(record)), record.bytes]);
  return hash("sha256", text, "buffer").subarray(0, chainSize);
}

export function recordCrc(record: LogRecord): number {
  return crc32(record.chain, crc32(record.bytes, crc32(recordHead(record))));
}

function recordHead(record: LogRecord): string {
  const { seq, prev, subject, action, at, encoding } = record;
  return `${seq}\0${prev}\0${subject}\0${action}\0${at}\0${encoding}\0`;
}

/** @throws where the bytes are not what an intact record holds */
export function entryOfRecord(record: LogRecord): LogEntry {
  const { seq, subject, action, at, encoding, bytes } = record;
  const json = encoding === encodings.json ? bytes : zstdDecompressSync(bytes);
  const mutations = JSON.parse(Buffer.from(json).toString()) as StoredMutation[];
  return { seq, subject, action, at, mutations };
}

/** The record as one run of octets: size of the head (u32), head (JSON), bytes. */
export function encodeRecord(record: LogRecord): Buffer {
  const { seq, prev, subject, action, at, encoding, bytes, chain } = record;
  const chainText = Buffer.from(chain).toString("hex");
  const head = Buffer.from(JSON.stringify([seq, prev, subject, action, at, encoding, chainText]));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  return Buffer.concat([size, head, bytes]);
}

/** The inverse of `encodeRecord`, for octets whose checksum holds. */
export function decodeRecord(octets: Buffer): LogRecord {
  const headEnd = 4 + octets.readUInt32LE(0);
  const head = JSON.parse(octets.toString("utf8", 4, headEnd)) as RecordHead;
  const [seq, prev, subject, action, at, encoding, chainText] = head;
  const bytes = octets.subarray(headEnd);
  const chain = Buffer.from(chainText, "hex");
  return { seq, prev, subject, action, at, encoding, bytes, chain };
}

type RecordHead = [number, number, string, string, string, Encoding, string];
