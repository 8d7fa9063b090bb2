const pricePerPiece = 2.5;

/** What so many pieces cost. */
export function quote({ pieces }) {
  return { pieces, price: pieces * pricePerPiece, version: '1.0.0' };
}
