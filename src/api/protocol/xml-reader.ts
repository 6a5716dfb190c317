import { xmlAttributeCountMax, xmlElementCountMax } from "../../base/limits.ts";

/** A document is not XML; the words are those of the parser behind AWS's APIs (Xerces). */
export class XmlSyntaxError extends Error {
  override readonly name = "XmlSyntaxError";
}

/** A document is XML, but has text or elements where its reader takes none. */
export class XmlContentError extends Error {
  override readonly name = "XmlContentError";
}

/** A start tag that has been read; its content comes next. */
export type XmlStartTag = {
  /** As written, prefix included; the end tag must repeat it. */
  readonly name: string;
  /** Without the prefix. */
  readonly localName: string;
  readonly attributes: ReadonlyMap<string, string> | undefined;
  /** `<a/>`: there is no content and no end tag. */
  readonly empty: boolean;
};

const nameStart = ":A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF";
const nameStartMore = "\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF";
const nameTail = "\\uFDF0-\\uFFFD";
const namePattern = new RegExp(
  `[${nameStart}${nameStartMore}${nameTail}][-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040` +
    `${nameStart}${nameStartMore}${nameTail}]*`,
  "y",
);
const instructionXml = /^<\?xml[ \t\n?]/i;
const encodingPattern = /\sencoding\s*=\s*["']([^"']{1,40})["']/;
const spacePattern = /[ \t\r\n]+/y;
/** What XML 1.0 §2.2 leaves out of Char; a lone surrogate cannot come out of UTF-8. */
// oxlint-disable-next-line no-control-regex -- the characters to be refused
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;
const referencePattern = /&(?:#x([0-9A-Fa-f]{1,8})|#([0-9]{1,9})|([^;&<\s]{1,64}));/y;
const namedCharacters: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/**
 * A pull reader of XML 1.0 for messages: UTF-8, no document type, hence no entities of its own and
 * no outside references. It holds no tree and does not recurse, so a document costs what its reader
 * asks for.
 */
export class XmlReader {
  readonly #text: string;
  #at = 0;
  #elementCount = 0;
  /** The next `<` and `&` at or after `#at`, once looked for: each octet is searched once. */
  #tagAt = -1;
  #referenceAt = -1;

  /** @throws XmlSyntaxError where `bytes` is not UTF-8 or holds what XML does not allow */
  constructor(bytes: Uint8Array) {
    this.#text = decodeUtf8(bytes).replace(/\r\n?/g, "\n"); // XML 1.0 §2.11
    const bad = forbidden.exec(this.#text);
    if (bad) {
      const code = bad[0].charCodeAt(0).toString(16);
      throw new XmlSyntaxError(
        `An invalid XML character (Unicode: 0x${code}) was found in the document.`,
      );
    }
  }

  /** The start tag of the root element. */
  root(): XmlStartTag {
    this.#skipDeclaration();
    this.#skipMisc();
    if (this.#at >= this.#text.length) throw new XmlSyntaxError("Premature end of file.");
    if (this.#text.startsWith("<!DOCTYPE", this.#at)) {
      throw new XmlSyntaxError("DOCTYPE is disallowed.");
    }
    if (this.#text[this.#at] !== "<") {
      throw new XmlSyntaxError("Content is not allowed in prolog.");
    }
    return this.#startTag();
  }

  /** The next child of `parent`, or `undefined` after its end tag; text between is refused. */
  child(parent: XmlStartTag): XmlStartTag | undefined {
    if (parent.empty) return undefined;
    this.#skipMisc();
    if (this.#text[this.#at] !== "<" || this.#text.startsWith("<![CDATA[", this.#at)) {
      this.#refuseEnd();
      throw new XmlContentError(
        `cvc-complex-type.2.3: Element '${parent.name}' cannot have character [children], ` +
          "because the type's content type is element-only.",
      );
    }
    if (this.#text[this.#at + 1] !== "/") return this.#startTag();
    this.#endTag(parent);
    return undefined;
  }

  /** The text of `element` up to and with its end tag; elements inside are refused. */
  textOf(element: XmlStartTag): string {
    if (element.empty) return "";
    let text = "";
    for (;;) {
      const markup = this.#nextMarkup();
      text += this.#text.slice(this.#at, markup);
      this.#at = markup;
      if (this.#text[markup] === "&") text += this.#reference();
      else if (this.#text.startsWith("<![CDATA[", markup)) text += this.#characterData();
      else if (this.#skipCommentOrInstruction()) continue;
      else if (this.#text[markup + 1] === "/") break;
      else {
        throw new XmlContentError(
          `cvc-type.3.1.2: Element '${element.name}' is a simple type, so it must have no ` +
            "element information item [children].",
        );
      }
    }
    this.#endTag(element);
    return text;
  }

  /** States that nothing but comments and space follows the root element. */
  end(): void {
    this.#skipMisc();
    if (this.#at >= this.#text.length) return;
    throw new XmlSyntaxError(
      this.#text[this.#at] === "<"
        ? "The markup in the document following the root element must be well-formed."
        : "Content is not allowed in trailing section.",
    );
  }

  #startTag(): XmlStartTag {
    this.#at++;
    if (++this.#elementCount > xmlElementCountMax) {
      throw new XmlSyntaxError(`The document has more than ${xmlElementCountMax} elements.`);
    }
    const name = this.#name();
    let attributes: Map<string, string> | undefined;
    for (;;) {
      const spaced = this.#skipSpace();
      const next = this.#text[this.#at];
      if (next === ">" || (next === "/" && this.#text[this.#at + 1] === ">")) break;
      if (!spaced) {
        this.#refuseEnd();
        throw new XmlSyntaxError(
          `Element type "${name}" must be followed by either attribute specifications, ` +
            '">" or "/>".',
        );
      }
      attributes ??= new Map();
      if (attributes.size >= xmlAttributeCountMax) {
        throw new XmlSyntaxError(
          `Element "${name}" has more than ${xmlAttributeCountMax} attributes.`,
        );
      }
      this.#attribute(name, attributes);
    }
    const empty = this.#text[this.#at] === "/";
    this.#at += empty ? 2 : 1;
    return { name, localName: name.slice(name.indexOf(":") + 1), attributes, empty };
  }

  #attribute(element: string, attributes: Map<string, string>): void {
    const name = this.#name();
    this.#skipSpace();
    const quote = this.#text[this.#at] === "=" ? this.#quoteAfterEquals() : undefined;
    const end = quote === undefined ? -1 : this.#text.indexOf(quote, this.#at);
    if (end < 0) {
      throw new XmlSyntaxError(`The value of attribute "${name}" of "${element}" is not quoted.`);
    }
    const value = this.#attributeValue(end);
    if (value.includes("<") || attributes.has(name)) {
      throw new XmlSyntaxError(
        attributes.has(name)
          ? `Attribute "${name}" was already specified for element "${element}".`
          : `The value of attribute "${name}" associated with an element type "${element}" ` +
              "must not contain the '<' character.",
      );
    }
    attributes.set(name, value);
  }

  #quoteAfterEquals(): string | undefined {
    this.#at++;
    this.#skipSpace();
    const quote = this.#text[this.#at];
    this.#at++;
    return quote === '"' || quote === "'" ? quote : undefined;
  }

  #attributeValue(end: number): string {
    let value = "";
    while (this.#at < end) {
      const stop = Math.min(end, this.#nextReference());
      value += this.#text.slice(this.#at, stop);
      this.#at = stop;
      if (stop < end) value += this.#reference();
    }
    this.#at = end + 1;
    return value;
  }

  #endTag(element: XmlStartTag): void {
    const after = this.#at + 2 + element.name.length;
    const same = this.#text.startsWith(element.name, this.#at + 2);
    this.#at = after;
    this.#skipSpace();
    if (!same || this.#text[this.#at] !== ">") {
      throw new XmlSyntaxError(
        `The element type "${element.name}" must be terminated by the matching end-tag ` +
          `"</${element.name}>".`,
      );
    }
    this.#at++;
  }

  #name(): string {
    let end = this.#at;
    while (isAsciiLetter(this.#text.charCodeAt(end))) end++;
    const delimiter = this.#text[end];
    if (end > this.#at && (delimiter === ">" || delimiter === " " || delimiter === "/")) {
      const name = this.#text.slice(this.#at, end);
      this.#at = end;
      return name;
    }
    return this.#anyName();
  }

  #anyName(): string {
    namePattern.lastIndex = this.#at;
    const name = namePattern.exec(this.#text)?.[0];
    if (name === undefined) {
      this.#refuseEnd();
      throw new XmlSyntaxError(
        "The content of elements must consist of well-formed character data or markup.",
      );
    }
    this.#at += name.length;
    return name;
  }

  #reference(): string {
    referencePattern.lastIndex = this.#at;
    const match = referencePattern.exec(this.#text);
    if (!match) throw new XmlSyntaxError("A reference must end with the ';' delimiter.");
    this.#at += match[0].length;
    const [whole, hex, decimal, name] = match;
    if (name !== undefined) {
      const character = Object.hasOwn(namedCharacters, name) ? namedCharacters[name] : undefined;
      if (character !== undefined) return character;
      throw new XmlSyntaxError(`The entity "${name}" was referenced, but not declared.`);
    }
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    const character = code <= 0x10ffff && !surrogate ? String.fromCodePoint(code) : "\0";
    if (!forbidden.test(character)) return character;
    throw new XmlSyntaxError(`Character reference "${whole}" is an invalid XML character.`);
  }

  #characterData(): string {
    const start = this.#at + "<![CDATA[".length;
    this.#skipPast("]]>");
    return this.#text.slice(start, this.#at - "]]>".length);
  }

  /** Index of the next `<` or `&`. */
  #nextMarkup(): number {
    if (this.#tagAt < this.#at) this.#tagAt = this.#text.indexOf("<", this.#at);
    if (this.#tagAt < 0) this.#refuseCut();
    return Math.min(this.#tagAt, this.#nextReference());
  }

  /** Index of the next `&`; the text's end where there is none. */
  #nextReference(): number {
    if (this.#referenceAt < this.#at) {
      const found = this.#text.indexOf("&", this.#at);
      this.#referenceAt = found < 0 ? this.#text.length : found;
    }
    return this.#referenceAt;
  }

  #skipDeclaration(): void {
    if (!instructionXml.test(this.#text.slice(0, 6))) return;
    this.#skipPast("?>");
    const encoding = encodingPattern.exec(this.#text.slice(0, this.#at))?.[1] ?? "UTF-8";
    if (!/^(?:utf-8|us-ascii)$/i.test(encoding)) {
      throw new XmlSyntaxError(`The encoding "${encoding}" is not supported.`);
    }
  }

  #skipMisc(): void {
    do this.#skipSpace();
    while (this.#skipCommentOrInstruction());
  }

  #skipCommentOrInstruction(): boolean {
    if (this.#text.startsWith("<!--", this.#at)) {
      this.#at += 4;
      this.#skipPast("--");
      if (this.#text[this.#at] !== ">") {
        throw new XmlSyntaxError('The string "--" is not permitted within comments.');
      }
      this.#at++;
      return true;
    }
    if (!this.#text.startsWith("<?", this.#at)) return false;
    if (instructionXml.test(this.#text.slice(this.#at, this.#at + 6))) {
      throw new XmlSyntaxError(
        'The processing instruction target matching "[xX][mM][lL]" is not allowed.',
      );
    }
    this.#skipPast("?>");
    return true;
  }

  #skipPast(end: string): void {
    const found = this.#text.indexOf(end, this.#at);
    if (found < 0) this.#refuseCut();
    this.#at = found + end.length;
  }

  #skipSpace(): boolean {
    if (this.#text.charCodeAt(this.#at) > 0x20) return false;
    spacePattern.lastIndex = this.#at;
    const space = spacePattern.exec(this.#text)?.[0];
    this.#at += space?.length ?? 0;
    return space !== undefined;
  }

  #refuseEnd(): void {
    if (this.#at >= this.#text.length) this.#refuseCut();
  }

  #refuseCut(): never {
    throw new XmlSyntaxError("XML document structures must start and end within the same entity.");
  }
}

function isAsciiLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new XmlSyntaxError("Invalid byte sequence: the document is not UTF-8.");
  }
}
