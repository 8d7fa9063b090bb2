/** What moves a cursor, colours, or turns the direction of a text: control characters, and those of bidirectional text. */
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const unsafeButLines = /(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Foreign text as one line that does nothing to the terminal that shows it: what would is written as in JSON. */
export function plainText(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

/** The same over several lines: ends of lines and tabs stay. */
export function plainLines(text: string): string {
  return text.replace(unsafeButLines, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
