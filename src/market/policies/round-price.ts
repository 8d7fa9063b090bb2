/** A computed price without the noise of binary fractions: to a ten-thousandth. */
export function roundPrice(price: number): number {
  return Math.round(price * 10_000) / 10_000;
}
