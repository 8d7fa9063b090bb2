const maxGuests = 100;

/** The courses in their order; amounts are for one person. */
export const courses = [
  {
    name: 'Tomato soup',
    amounts: [
      ['tomatoes', 250, 'g'],
      ['basil', 5, 'g'],
    ],
  },
  {
    name: 'Mushroom risotto',
    amounts: [
      ['rice', 80, 'g'],
      ['mushrooms', 120, 'g'],
      ['stock', 300, 'ml'],
    ],
  },
  {
    name: 'Pears in red wine',
    amounts: [
      ['pears', 1, ''],
      ['red wine', 100, 'ml'],
    ],
  },
];

/** The first number in an answer such as "we are 4"; undefined when there is none that makes sense. */
export function parseGuests(text) {
  const guests = Number(/\d+/.exec(text ?? '')?.[0]);
  return guests >= 1 && guests <= maxGuests ? guests : undefined;
}

/** One course with what to buy for that many people. */
export function formatCourse({ name, amounts }, guests) {
  const items = amounts.map(([item, amount, unit]) => `${amount * guests}${unit && ` ${unit}`} ${item}`);
  return `- ${name} (${items.join(', ')})\n`;
}
