/**
 * The key by which Route 53 lists names: labels reversed, joined by dots, trailing dot kept.
 * `www.example.com.` gives `com.example.www.`. Applying it twice gives the name back.
 * @param name escaped, with its trailing dot; a dot inside a label is `\056` or `\.`
 */
export function nameSortKey(name: string): string {
  if (name === ".") return name;
  const text = name.slice(0, -1);
  const labels = text.includes("\\") ? splitEscaped(text) : text.split(".");
  return `${labels.reverse().join(".")}.`;
}

/** The inverse of `nameSortKey`. */
export function nameOfSortKey(sortKey: string): string {
  return nameSortKey(sortKey);
}

/** Splits at dots that no backslash escapes (RFC 1035 §5.1). */
function splitEscaped(text: string): string[] {
  const labels: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ".") {
      labels.push(text.slice(start, i));
      start = i + 1;
    }
  }
  labels.push(text.slice(start));
  return labels;
}
