/**
 * Between what authors write and read and the parts on the wire.
 *
 * @typedef {{ filename?: string, mediaType?: string }} FileNames
 * @typedef {{ text: string } | { data: unknown } | FileNames & { url: string } | FileNames & { bytes: number }} WirePart
 * @typedef {{ parts: WirePart[], files: Uint8Array[] }} WireParts
 * @typedef {{ name?: string, type?: string, bytes: Uint8Array }} File
 */

/** Parts that carry nothing. @returns {WireParts} */
export function noParts() {
  return { parts: [], files: [] };
}

/**
 * Any value that an author returns, yields or sends, as parts: string → text, bytes or `{name, type, bytes}` → file,
 * `{parts}` → those parts, a list with files in it → a part for each, nothing → no parts, all else → data.
 *
 * @param {unknown} value
 * @returns {WireParts}
 */
export function partsOfValue(value) {
  const result = noParts();
  addValue(value, result);
  return result;
}

/** @param {unknown} value @param {WireParts} result */
function addValue(value, result) {
  if (value === undefined || value === null) return;
  if (typeof value === 'string') result.parts.push({ text: value });
  else if (isBytes(value)) addFile({ bytes: value }, result);
  else if (isFile(value)) addFile(value, result);
  else if (Array.isArray(value) && value.some(isFileLike)) for (const item of value) addValue(item, result);
  else if (hasParts(value)) for (const part of value.parts) addPart(part, result);
  else result.parts.push({ data: requireData(value) });
}

/** What JSON leaves out would be a part without anything in it. @param {unknown} value */
function requireData(value) {
  if (typeof value !== 'function' && typeof value !== 'symbol') return value;
  throw new TypeError(`a ${typeof value} is no value that can be sent: return what it gives, or an object`);
}

/**
 * A part as authors write it: `{text}`, `{data}`, `{url}`, `{bytes}`, with `filename` (or `name`), `mediaType` (or `type`).
 *
 * @param {any} part
 * @param {WireParts} result
 */
export function addPart(part, result) {
  if (typeof part !== 'object' || part === null || isBytes(part)) return addValue(part, result);
  const metadata = part.metadata === undefined ? {} : { metadata: part.metadata };
  if (typeof part.text === 'string') result.parts.push({ text: part.text, ...metadata });
  else if (part.bytes !== undefined) addFile(part, result, metadata);
  else if (typeof part.url === 'string') result.parts.push({ url: part.url, ...fileNames(part), ...metadata });
  else if ('data' in part) result.parts.push({ data: requireData(part.data ?? null), ...metadata });
  else throw new TypeError('a part needs one of text, data, bytes and url');
}

/** @param {any} file @param {WireParts} result @param {object} [metadata] */
function addFile(file, result, metadata = {}) {
  const bytes = typeof file.bytes === 'string' ? Buffer.from(file.bytes) : toBytes(file.bytes);
  const names = fileNames(file);
  result.parts.push({ bytes: bytes.byteLength, mediaType: 'application/octet-stream', ...names, ...metadata });
  result.files.push(bytes);
}

/** @param {any} part */
function fileNames(part) {
  const filename = part.filename ?? part.name;
  const mediaType = part.mediaType ?? part.type;
  return { ...(filename === undefined ? {} : { filename }), ...(mediaType === undefined ? {} : { mediaType }) };
}

/** @param {unknown} value @returns {value is Uint8Array | ArrayBuffer} */
function isBytes(value) {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** @param {any} value @returns {value is File} */
function isFile(value) {
  return typeof value === 'object' && value !== null && isBytes(value.bytes);
}

/** @param {unknown} value */
function isFileLike(value) {
  return isBytes(value) || isFile(value);
}

/** @param {any} value @returns {value is { parts: unknown[] }} */
function hasParts(value) {
  return typeof value === 'object' && Array.isArray(value.parts) && Object.keys(value).length === 1;
}

/** @param {any} bytes @returns {Uint8Array} */
function toBytes(bytes) {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  throw new TypeError('the bytes of a file must be a Uint8Array, an ArrayBuffer or a string');
}

/**
 * Parts from the wire as authors read them: text, data, url, or file with its bytes.
 *
 * @param {readonly any[]} parts
 * @param {readonly Uint8Array[]} files
 * @returns {any[]}
 */
export function readParts(parts, files) {
  let next = 0;
  return parts.map((part) => {
    if (part.bytes === undefined) return part;
    const bytes = files[next];
    next += 1;
    return { ...part, bytes };
  });
}

/**
 * What parts say together: all text, the data (objects merged into one), the files.
 *
 * @param {readonly any[]} parts as readParts gives them
 * @returns {{ text: string | undefined, data: any, files: any[] }}
 */
export function summarizeParts(parts) {
  const texts = parts.filter((part) => part.text !== undefined).map((part) => part.text);
  const values = parts.filter((part) => 'data' in part).map((part) => part.data);
  const files = parts.filter((part) => part.bytes !== undefined || part.url !== undefined).map(toFile);
  return { text: texts.length === 0 ? undefined : texts.join('\n'), data: mergeData(values), files };
}

/** @param {any} part */
function toFile({ filename, mediaType, bytes, url }) {
  const content = bytes === undefined ? { url } : { bytes };
  return { name: filename, type: mediaType, ...content };
}

/** @param {any[]} values */
function mergeData(values) {
  if (values.length > 1 && values.every(isPlainObject)) return Object.assign({}, ...values);
  return values.at(-1);
}

/**
 * The arguments of a handler: the data, the text as `text` unless the data has one, the files as `files`. An `action` that
 * only repeats the skill is left out.
 *
 * @param {readonly any[]} parts as readParts gives them
 * @param {string} skill
 * @returns {Record<string, any>}
 */
export function inputOf(parts, skill) {
  const { text, data, files } = summarizeParts(parts);
  /** @type {Record<string, any>} */
  const input = isPlainObject(data) ? { ...data } : data === undefined ? {} : { data };
  if (input.action === skill) delete input.action;
  if (text !== undefined) input.text ??= text;
  if (files.length > 0) input.files = files;
  return input;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
function isPlainObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
