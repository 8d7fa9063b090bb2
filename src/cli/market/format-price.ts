/** `at 75`; null and undefined: no price was named. */
export function formatPrice(price: number | null | undefined): string {
  return price === null || price === undefined ? 'at no price' : `at ${Math.round(price * 100) / 100}`;
}
