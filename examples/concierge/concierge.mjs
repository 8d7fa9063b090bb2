import { setTimeout as wait } from 'node:timers/promises';
import { courses, formatCourse, parseGuests } from './menu.mjs';

const writingMs = 150;

/** Asks back until it knows the number of people, then streams its plan: what is yielded goes out as a chunk. */
export async function* planDinner(input, context) {
  const guests = parseGuests(input.guests) ?? (await askForGuests(context));
  yield `${input.text ?? 'Dinner'}, for ${guests}:\n`;
  for (const course of courses) {
    await wait(writingMs, undefined, { signal: context.signal });
    yield formatCourse(course, guests);
  }
}

async function askForGuests(context) {
  let question = 'For how many people?';
  for (;;) {
    const { text } = await context.ask(question);
    const guests = parseGuests(text);
    if (guests !== undefined) return guests;
    question = `I did not understand "${text ?? ''}". For how many people, in digits, from 1 to 100?`;
  }
}
