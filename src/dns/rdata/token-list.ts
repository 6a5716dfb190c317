/** How a token was written. */
export const TOKEN = {
  /** Without quotation marks. */
  plain: 0,
  /** Wholly in quotation marks, which are not part of its text. */
  quoted: 1,
  /** `key="value"`; the quotation marks are part of its text. */
  pair: 2,
} as const;

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** The text ended before the entry did. */
export const INCOMPLETE = -1;

/**
 * The tokens of one master-file entry, or of one value. Escapes are left as written.
 * One list is made once and used again for each entry.
 */
export class TokenList {
  /** Valid: indexes 0 to count − 1. */
  readonly texts: string[] = [];
  /** One of TOKEN; valid like `texts`. */
  readonly kinds: number[] = [];
  count = 0;
  /** The next token to be taken: 0 to count. */
  next = 0;

  /** Line ends that the entry took, set by `readEntry`. */
  lines = 0;
  /** What is wrong with the entry as a whole, set by both readers; empty if nothing is. */
  problem = "";

  #depth = 0;

  #begin(): void {
    this.count = 0;
    this.next = 0;
    this.lines = 0;
    this.problem = "";
    this.#depth = 0;
  }

  #push(text: string, kind: number): void {
    this.texts[this.count] = text;
    this.kinds[this.count++] = kind;
  }

  /** Splits one value at blanks and quotation marks; no character else is special. */
  readValue(text: string): void {
    this.#begin();
    const end = text.length;
    let at = 0;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code === SPACE || code === TAB) at++;
      else if (code === QUOTE) at = this.#readQuoted(text, at, end);
      else at = this.#readPlain(text, at, false);
    }
  }

  /**
   * Splits the master-file entry that begins at `start` (RFC 1035 §5.1): up to a line end outside
   * of parentheses. Comments are dropped.
   * @param final whether the text goes no further
   * @returns the offset of the next entry, or INCOMPLETE
   */
  readEntry(text: string, start: number, final: boolean): number {
    this.#begin();
    const end = text.length;
    let at = start;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code === SPACE || code === TAB) at++;
      else if (code === NEWLINE || code === RETURN) {
        const next = lineEnd(text, at, final);
        if (next === INCOMPLETE) return INCOMPLETE;
        at = next;
        this.lines++;
        if (this.#depth === 0) return at;
      } else if (code === SEMICOLON) at = skipComment(text, at);
      else if (code === QUOTE) at = this.#readQuoted(text, at, end);
      else if (code === OPEN || code === CLOSE) at = this.#readParenthesis(code, at);
      else at = this.#readPlain(text, at, true);
    }
    if (!final) return INCOMPLETE;
    if (this.#depth > 0) this.problem ||= "parenthesis not closed";
    return end;
  }

  #readParenthesis(code: number, at: number): number {
    this.#depth += code === OPEN ? 1 : -1;
    if (this.#depth < 0) {
      this.problem ||= "closing parenthesis without an opening one";
      this.#depth = 0;
    }
    return at + 1;
  }

  #readQuoted(text: string, start: number, end: number): number {
    const close = closingQuote(text, start + 1);
    this.#push(text.slice(start + 1, close), TOKEN.quoted);
    if (close < end && text.charCodeAt(close) === QUOTE) return close + 1;
    this.problem ||= "quotation mark not closed";
    return close;
  }

  #readPlain(text: string, start: number, entry: boolean): number {
    const end = text.length;
    let at = start;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code > BACKSLASH) continue;
      if (code === SPACE || code === TAB || code === QUOTE) break;
      if (entry && endsPlain(code)) break;
      if (code === BACKSLASH && at + 1 < end && !isLineEnd(text.charCodeAt(at + 1))) at++;
    }
    if (at < end && at > start && isPairQuote(text, at)) return this.#readPair(text, start, at);
    this.#push(text.slice(start, at), TOKEN.plain);
    return at;
  }

  #readPair(text: string, start: number, quote: number): number {
    const close = closingQuote(text, quote + 1);
    if (close >= text.length || text.charCodeAt(close) !== QUOTE) {
      this.problem ||= "quotation mark not closed";
      this.#push(text.slice(start, close), TOKEN.plain);
      return close;
    }
    this.#push(text.slice(start, close + 1), TOKEN.pair);
    return close + 1;
  }
}

function endsPlain(code: number): boolean {
  return (
    code === NEWLINE || code === RETURN || code === SEMICOLON || code === OPEN || code === CLOSE
  );
}

function isLineEnd(code: number): boolean {
  return code === NEWLINE || code === RETURN;
}

function isPairQuote(text: string, at: number): boolean {
  return text.charCodeAt(at) === QUOTE && text.charCodeAt(at - 1) === EQUALS;
}

/** The offset of the quotation mark that closes, or of the line end or text end before it. */
function closingQuote(text: string, start: number): number {
  const end = text.length;
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE || code === NEWLINE || code === RETURN) return at;
    if (code === BACKSLASH && at + 1 < end && !isLineEnd(text.charCodeAt(at + 1))) at++;
  }
  return at;
}

/** The offset after LF, CR LF or a CR alone. */
function lineEnd(text: string, at: number, final: boolean): number {
  if (text.charCodeAt(at) === NEWLINE) return at + 1;
  if (at + 1 === text.length) return final ? at + 1 : INCOMPLETE;
  return text.charCodeAt(at + 1) === NEWLINE ? at + 2 : at + 1;
}

function skipComment(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineEnd(text.charCodeAt(at))) at++;
  return at;
}
