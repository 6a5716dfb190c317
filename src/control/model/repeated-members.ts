import { memberPath } from "./traffic-policy-object.ts";

/** An object or a list that the scan is in. */
type Frame = {
  path: string;
  /** Names that the object has so far; a list has none. */
  names: Set<string> | undefined;
  /** Where the next value stands: a member's path, or the list's element. */
  at: string;
  count: number;
  expectsName: boolean;
};

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Members that an object has once more, which JSON.parse() passes over in silence (RFC 8259 §4
 * wants names to be unique): the path of each, `$.Rules.start`.
 * @param text valid JSON
 */
export function repeatedMembers(text: string): string[] {
  const repeated: string[] = [];
  const stack: Frame[] = [];
  for (const [token] of text.matchAll(tokens)) {
    const frame = stack.at(-1);
    if (token === "{" || token === "[") stack.push(frameOf(token, frame));
    else if (token === "}" || token === "]") stack.pop();
    else if (token === "," && frame) nextValue(frame);
    else if (frame?.names && frame.expectsName) {
      const name = JSON.parse(token) as string;
      frame.at = memberPath(frame.path, name);
      frame.expectsName = false;
      if (frame.names.has(name)) repeated.push(frame.at);
      frame.names.add(name);
    }
  }
  return repeated;
}

function frameOf(token: "{" | "[", parent: Frame | undefined): Frame {
  const path = parent?.at ?? "$";
  const isObject = token === "{";
  return {
    path,
    names: isObject ? new Set() : undefined,
    at: isObject ? path : `${path}[0]`,
    count: 0,
    expectsName: isObject,
  };
}

function nextValue(frame: Frame): void {
  frame.expectsName = frame.names !== undefined;
  if (!frame.names) frame.at = `${frame.path}[${++frame.count}]`;
}
