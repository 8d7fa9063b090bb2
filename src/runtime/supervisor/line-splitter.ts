import { StringDecoder } from 'node:string_decoder';

/** Longest line that is kept, in characters. */
export const maxLineLength = 8_192;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Gives out what is left without its line end. */
  end(): void;
}

/**
 * Cuts a byte stream into lines of UTF-8; bytes that are not UTF-8 become U+FFFD. Of a longer line only the first
 * `maxLineLength` characters are kept, marked with `…`.
 */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let open = '';
  let cut = false;

  const add = (text: string): void => {
    if (cut) return;
    open += text;
    cut = open.length > maxLineLength;
    if (cut) open = `${open.slice(0, maxLineLength)}…`;
  };
  const finish = (): void => {
    onLine(open.endsWith('\r') ? open.slice(0, -1) : open);
    open = '';
    cut = false;
  };
  const take = (text: string): void => {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      add(text.slice(from, at));
      finish();
      from = at + 1;
    }
    if (from < text.length) add(text.slice(from));
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (open !== '') finish();
    },
  };
}
