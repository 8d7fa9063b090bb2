export function work(input) {
  return input.text;
}
