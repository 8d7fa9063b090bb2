const maxLength = 64 * 1024;

/**
 * Text for a log line or an error, which no author means to be long: cut after 64 k characters, and it says so.
 *
 * @param {string} text
 */
export function limitText(text) {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length - maxLength} characters cut)`;
}
